"""Checks of a batch's observations: their shape, values and errors, and that some of them were observed."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import (
    channel_range,
    channels_with_errors,
    check_errors,
    check_shape,
    check_takes_errors,
    hardly_told_apart,
    unread_names,
)
from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.likelihoods import observed_values
from gpvae_tf.models.masks import checked_mask, entries_of

FAR = 1e3  # from 0; standardised observations do not come that far


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
      TypeError: if the batch has ragged or sparse tensors.
      ValueError: naming the entry of the batch, what it has and what was expected.
    """
    check_is_batch(batch)
    check_dense("batch", batch)
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
    check_values(values, entries, check)
    if batch.get("errors") is not None:
        check_errors_of(batch, takes_errors)
    if observations.dtype == tf.float64:  # float32 has nothing more to lose
        _check_digits(values, entries)


def check_values(
    values: np.ndarray, entries: np.ndarray | None, check: Callable[[np.ndarray, np.ndarray | None], None]
) -> None:
    """Refuses observed values that are not finite, or that a likelihood cannot have.

    Args:
      values: observations as the likelihood sees them.
      entries: boolean of their shape, True = observed; None for all.
      check: the likelihood's own check.

    Raises:
      ValueError: saying which.
    """
    bad = np.count_nonzero(~np.isfinite(observed_values(values, entries)))
    if bad:
        raise ValueError(
            f"observations has {bad} values that are not finite and are observed: say what is missing by a mask, False "
            'there, which data.from_arrays(missing="nan") makes'
        )
    check(values, entries)


def check_dense(name: str, parts: Mapping[str, Any]) -> None:
    """Refuses ragged and sparse tensors among what models read.

    Args:
      name: what messages call the batch or the data.
      parts: tensors of a batch, or their specs in a dataset, by name.

    Raises:
      TypeError: naming the first one.
    """
    for part in sorted(set(parts) & {"observations", "inputs", "mask", "errors", "context"}):
        kind = type(parts[part]).__name__.removesuffix("Spec")
        if kind in ("RaggedTensor", "SparseTensor"):
            raise TypeError(
                f"{name} has {part!r} in a {kind}; expected dense tensors: pad sequences of unequal lengths, False "
                "for the padding in a 'mask', as data.from_arrays does with lists of arrays"
            )


def check_is_batch(batch: Any) -> None:
    """Refuses what is no dictionary of arrays with observations among them.

    Raises:
      ValueError: saying what came.
    """
    if not isinstance(batch, Mapping):
        kind = type(batch).__name__
        raise ValueError(f"batch is of type {kind}; expected a dictionary, such as {{'observations': images}}")
    if "observations" not in batch:
        raise ValueError(f"batch has {', '.join(map(repr, batch))}; expected 'observations'")


def errors_of(batch: Mapping[str, Any], event_ndims: int, takes_errors: bool | np.ndarray) -> Any:
    """The errors of a batch, or None; checked if executed eagerly.

    Args:
      batch: with "observations" and maybe "errors" and a "mask".
      event_ndims: axes of one observation.
      takes_errors: the likelihood's.

    Raises:
      ValueError: see `check_errors_of`, or if the mask does not fit.
    """
    if batch.get("errors") is not None and tf.executing_eagerly():
        shape = tf.convert_to_tensor(batch["observations"]).shape
        if batch.get("mask") is not None:
            checked_mask(batch["mask"], shape[:-event_ndims], shape)
        check_errors_of(batch, takes_errors)
    return batch.get("errors")


def check_errors_of(batch: Mapping[str, Any], takes_errors: bool | np.ndarray | None) -> None:
    """Refuses errors of another shape than the observations', that cannot be, or of channels that take none.

    Args:
      batch: with "observations", "errors" and maybe a "mask", which fits; of arrays or eager tensors.
      takes_errors: the likelihood's.

    Raises:
      ValueError: naming what is wrong.
    """
    errors = np.asarray(batch["errors"])
    check_shape("errors", errors, list(np.shape(batch["observations"])))
    known = entry_mask(batch.get("mask"), errors.shape)
    check_errors(errors, known)
    check_takes_errors(channels_with_errors(errors, known), takes_errors)


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
