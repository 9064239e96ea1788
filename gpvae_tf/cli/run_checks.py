"""Whether a file fits a run: its times, its inputs, the shape of its observations and their errors."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from gpvae_tf.checks import channels_with_errors
from gpvae_tf.cli.reading import columns_of
from gpvae_tf.data import SequenceData
from gpvae_tf.data.layout import DATES, DATES_IN_UTC
from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.input_roles import InputRoles
from gpvae_tf.training.run_record import DATA


def check_time_kind(name: str, found: str | None, expected: str | None) -> None:
    """Refuses times of another kind than a run's: numbers would be taken for seconds since 1970 beside dates.

    Args:
      name: what has the times.
      found, expected: see `data.layout.Layout`.

    Raises:
      ValueError: with both.
    """
    if found and expected and not _is_same_kind(found, expected):
        raise ValueError(f"{name} has times that are {found}; expected {expected}, as the run's data have")


def _is_same_kind(found: str, expected: str) -> bool:
    """Whether times are of one kind; dates in UTC may be either kind of dates."""
    dates = found.startswith(DATES) and expected.startswith(DATES)
    return found == expected or (dates and DATES_IN_UTC in (found, expected))


def check_input_dim(name: str, found: int, expected: int) -> None:
    """Refuses inputs of another number of columns than a run's, which would broadcast.

    Args:
      name: what has the inputs.
      found, expected: D of both.

    Raises:
      ValueError: with both.
    """
    if found != expected:
        raise ValueError(
            f"{name} has {found} inputs at every time; the run has {expected}: times, covariates, conditions, exposures"
        )


def check_event_shape(name: str, sequences: SequenceData, expected: tuple[int, ...]) -> None:
    """Refuses observations of another shape than a run's.

    Args:
      name: what has the sequences.
      sequences: what was read of it.
      expected: the shape of one observation of the run.

    Raises:
      ValueError: with both, and the columns or variables that were read.
    """
    if sequences.event_shape != tuple(expected):
        columns = columns_of(sequences).get("values")
        read = f" ({', '.join(map(repr, columns))})" if columns else ""
        raise ValueError(
            f"{name} has observations of shape {sequences.event_shape}{read} at every time; the run has "
            f"{tuple(expected)}"
        )


def check_has_errors(name: str, sequences: SequenceData, expected: bool | None) -> None:
    """Refuses values with errors of known size for a run whose data had none, and the other way round.

    Such a run has taken the errors for noise, which they would be added to.

    Args:
      name: what has the sequences.
      sequences: what was read of it.
      expected: whether the run's data had errors; None where that is not recorded.

    Raises:
      ValueError: saying what to do.
    """
    if expected and sequences.errors is None:
        raise ValueError(
            f"{name} has no errors of its values, and the run's data have: name their columns by --errors, or "
            "give an .npz the array errors, of the shape of observations; 0 is a value without one"
        )
    if expected is False and sequences.errors is not None:
        known = entry_mask(sequences.mask, sequences.errors.shape)
        if channels_with_errors(sequences.errors, known).any():
            raise ValueError(
                f"{name} has errors of its values, and the run's data have none: the noise that it has learned has "
                "them in it already. Leave out --errors, or the array errors of an .npz, or fit a run with errors"
            )


def with_roles(name: str, sequences: SequenceData, roles: InputRoles) -> SequenceData:
    """Sequences whose columns of inputs have the roles that a run's have, which arrays in a file do not say.

    Args:
      name: what has the sequences.
      sequences: what was read of it.
      roles: of the run's model.

    Raises:
      ValueError: if the file's columns have other ones.
    """
    if sequences.roles and sequences.roles != roles:
        read, expected = (each.in_words(sequences.input_names) for each in (sequences.roles, roles))
        raise ValueError(f"{name} was read with {read}; the run has {expected}: leave out --conditions and --exposure")
    return dataclasses.replace(sequences, roles=roles)


def tell_of_other_data(digests: Mapping[str, list[int]], before: Mapping[str, Any]) -> None:
    """Prints that a run goes on with other sequences than those that it began with.

    Args:
      digests: `run_files.data_digest` of the data that are there now.
      before: the record of the run; empty for a new one.
    """
    begun_with = before.get(DATA, {}).get("series")
    if begun_with is not None and begun_with != digests["series"]:
        new = len(set(digests["series"]) - set(begun_with))
        print(
            f"the data are not those that the run began with: {new} of {len(digests['series'])} sequences are new or "
            "have changed. Scaling and likelihood stay, and those that are held out now may have been trained on"
        )
