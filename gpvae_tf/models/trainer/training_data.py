"""What `fit` trains on: one clear sentence for what is no data of a model, before any work is lost."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import (
    channel_range,
    check_errors,
    check_shape,
    check_takes_errors,
    hardly_told_apart,
    unread_names,
)
from gpvae_tf.likelihoods import observed_values
from gpvae_tf.models.masks import checked_mask, entries_of

ENOUGH_STEPS, NOTHING_SAID = 100, 1e-3  # steps after which a regulariser of the bound below so many nats is told of
FAR = 1e3  # from 0; standardised observations do not come that far
_EXPECTED = 'a tf.data.Dataset of batches {"observations": ..., "inputs": ..., ...}, as data.from_arrays makes them'


def training_dataset(x: Any, y: Any = None, needs: Sequence[str] = ("observations",)) -> Any:
    """The dataset in what was given to `fit`: a `tf.data.Dataset`, or an object that has one as `dataset`.

    Args:
      x: what was given as data. A mapping of arrays, which Keras cuts into batches, passes as it is.
      y: what was given as targets; these models have none.
      needs: what batches must have.

    Raises:
      TypeError: if it is something else, or its elements are no mappings.
      ValueError: if the batches lack something.
    """
    if y is not None:
        raise TypeError("fit takes no targets y: a model is trained on the observations in x alone")
    x = dataset_of(x)
    elements = x if isinstance(x, Mapping) else getattr(x, "element_spec", None)
    if elements is None:
        raise TypeError(f"x is {_a(x)}; expected {_EXPECTED}")
    if not isinstance(elements, Mapping):
        raise TypeError(f"x has elements of type {type(elements).__name__}; expected {_EXPECTED}")
    if lacks := [name for name in needs if name not in elements]:
        hint = ": what was called 'images' is called 'observations'" if "images" in elements else ""
        found, lacking = (", ".join(map(repr, names)) for names in (elements, lacks))
        raise ValueError(f"x has batches of {found}; expected also {lacking}{hint}")
    return x


def dataset_of(data: Any) -> Any:
    """The dataset of an object that has one as `dataset`, such as `data.SequenceData`; anything else as it is."""
    return getattr(data, "dataset", data)


def first_rows(arrays: Mapping[str, Any], num: int = 32) -> dict[str, Any]:
    """The first rows of arrays, as a batch that can be checked."""
    return {name: array[:num] for name, array in arrays.items()}


def check_length(dataset: tf.data.Dataset, steps_per_epoch: int | None, epochs: int) -> None:
    """Refuses a dataset that is known to be empty or to end before training does, which Keras only warns of.

    Raises:
      ValueError: with both numbers of batches.
    """
    batches = int(dataset.cardinality())
    if batches == 0:
        raise ValueError("x has no batches: fewer data than one batch with drop_remainder=True, or none")
    if steps_per_epoch is None or batches < 0:  # infinite or unknown
        return
    if batches < steps_per_epoch * epochs:
        raise ValueError(
            f"x has {batches} batches; steps_per_epoch={steps_per_epoch} in {epochs} epochs need "
            f"{steps_per_epoch * epochs}: repeat the dataset, or leave steps_per_epoch out"
        )


def check_steps(taken: int, wanted: int) -> None:
    """Warns of a dataset of unknown length that ended before training did."""
    if taken < wanted:
        warnings.warn(
            f"x ended after {taken} batches of {wanted}: training took {taken} steps. Repeat the dataset, or leave "
            "steps_per_epoch out",
            stacklevel=3,
        )


def check_informed(regularizers: Sequence[float], steps: int) -> None:
    """Warns of latents that say nothing of the data: the bound has no regulariser left after many steps.

    Args:
      regularizers: the bound's, nats per data set, one per epoch.
      steps: that were taken.
    """
    if steps >= ENOUGH_STEPS and len(regularizers) and abs(regularizers[-1]) < NOTHING_SAID:
        warnings.warn(
            f"after {steps:,} steps the regularizer of the bound is {regularizers[-1]:.1e} nats per data set: the "
            "latents say nothing of the data (posterior collapse), and predictions are the same for all of it. An "
            "encoder that gives the same for every observation does that, as one with a dead ReLU; so do a learning "
            "rate that is too large at first and a beta that is",
            stacklevel=3,
        )


def check_observations(
    batch: Mapping[str, Any],
    axes: tuple[str, ...],
    event_shape: tuple[int, ...],
    scaled: Callable[[tf.Tensor], tf.Tensor],
    check: Callable[[np.ndarray, np.ndarray | None], None],
    takes_errors: bool | np.ndarray | None = None,
) -> None:
    """Refuses a batch whose observations, mask or errors are not those of a model.

    Args:
      batch: the batch, of arrays or eager tensors.
      axes: names of the axes in front of the event's, ("B",) or ("B", "n").
      event_shape: the event's.
      scaled: observations as the likelihood sees them.
      check: the likelihood's own check.
      takes_errors: the likelihood's; None for a model that reads no errors.

    Raises:
      ValueError: naming the entry of the batch, what it has and what was expected.
    """
    if "observations" not in batch:
        raise ValueError(f"batch has {', '.join(map(repr, batch))}; expected 'observations'")
    if unread := unread_names(batch, ("mask", "context", *(["errors"] if takes_errors is not None else []))):
        raise ValueError(
            f"batch has {', '.join(map(repr, unread))}, which the model does not read: what is missing is said by "
            "'mask', True = observed, what an embedding may read by 'context', how far values of a latent-GP model may "
            "be off by 'errors', standard deviations, and data sets have no weights"
        )
    observations, mask, entries = tf.convert_to_tensor(batch["observations"]), batch.get("mask"), None
    check_shape("observations", observations, (*axes, *event_shape))
    if mask is not None:
        points = [observations.shape[: len(axes)]] if len(axes) > 1 else []
        entries = entries_of(checked_mask(mask, *points, observations.shape), observations).numpy()
        _check_something_observed(entries, of_sequences=len(axes) > 1)
    values = np.asarray(scaled(observations))
    bad = np.count_nonzero(~np.isfinite(observed_values(values, entries)))
    if bad:
        raise ValueError(
            f"observations has {bad} values that are not finite and are observed: say what is missing by a mask, False "
            'there, which data.from_arrays(missing="nan") makes'
        )
    check(values, entries)
    if batch.get("errors") is not None:
        _check_errors(np.asarray(batch["errors"]), observations.shape, entries, takes_errors)
    if observations.dtype == tf.float64:  # float32 has nothing more to lose
        _check_digits(values, entries)


def _check_errors(
    errors: np.ndarray, shape: tf.TensorShape, entries: np.ndarray | None, takes_errors: bool | np.ndarray | None
) -> None:
    """Refuses errors of another shape than the observations', that cannot be, or of channels that take none.

    Raises:
      ValueError: naming what is wrong.
    """
    check_shape("errors", errors, list(shape))
    known = np.broadcast_to(True if entries is None else entries, errors.shape)
    check_errors(errors, known)
    check_takes_errors(np.any(known & (errors > 0.0), axis=tuple(range(errors.ndim - 1))), takes_errors)


def _check_digits(values: np.ndarray, entries: np.ndarray | None) -> None:
    """Refuses scaled observations far from 0 whose differences a network in float32 loses.

    Raises:
      ValueError: naming the channel and its values.
    """
    least, most = channel_range(values, True if entries is None else entries)
    lost = hardly_told_apart(least, most) & (abs(least) > FAR)  # near 0 it may be the calm start of what varies
    if lost.any():
        channel = int(np.argmax(lost))
        raise ValueError(
            f"observations, channel {channel} of the last axis, lie between {least[channel]:.10g} and "
            f"{most[channel]:.10g}, which float32 can hardly tell apart: give the model scaling=data.standardized, "
            "which takes out an offset (data.from_arrays computes it), or subtract one first"
        )


def _check_something_observed(entries: np.ndarray, *, of_sequences: bool) -> None:
    """Refuses a mask [B, ...] that hides everything, or, of sequences, one of them whole.

    Raises:
      ValueError: saying which sequence.
    """
    seen = entries.reshape(len(entries), -1).any(axis=1)
    if not seen.any():
        raise ValueError("mask hides every observation of the batch: there is nothing to train on. True is observed")
    if of_sequences and not seen.all():
        raise ValueError(f"mask leaves nothing observed in sequence {np.argmin(seen)} of the batch; leave it out")


def _a(value: Any) -> str:
    kind = type(value)
    return f"{kind.__name__}" if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
