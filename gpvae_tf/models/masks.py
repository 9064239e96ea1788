"""What of a batch was observed: whole points ("mask" [B, n]) or single entries of them ("mask" [B, n, *event]).

And how well: "errors" [B, n, *event] are the standard deviations of what instruments add to the values.
"""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.entry_masks import over_events
from gpvae_tf.gp.gaussians import masked_sum
from gpvae_tf.models.input_checks import as_tensor
from gpvae_tf.types import Batch, Bound


class Observed(NamedTuple):
    """Observations with 0 where nothing was observed, and where that is.

    Attributes:
      values: [..., n, *event]; 0 where nothing was observed.
      points: boolean [..., n], True where a point has an observed entry; None for all.
      entries: boolean [..., n, *event], True where an entry was observed; None if points are observed whole or not.
      errors: [..., n, *event], standard deviations of what was measured of the values; None for values as they are.
      exposure: > 0, what stood behind counts, broadcasts against the values; None where all count alike.
    """

    values: tf.Tensor
    points: tf.Tensor | None
    entries: tf.Tensor | None
    errors: tf.Tensor | None = None
    exposure: tf.Tensor | None = None

    @property
    def mask(self) -> tf.Tensor | None:
        """Boolean [..., n, *event], True where an entry was observed; None for all."""
        mask = self.points if self.entries is None else self.entries
        return None if mask is None else entries_of(mask, self.values)

    @property
    def reliability(self) -> tf.Tensor:
        """1 where an entry was observed, 1 / (1 + 10 error) where with an error, else 0; [..., n, *event].

        Errors are in units of a channel's standard deviation where data are standardised, so a tenth of it counts half.
        A count with exposure e has 2 e / (1 + e) times that, where 1 is the data's mean exposure.
        """
        mask = self.mask
        found = tf.ones_like(self.values) if mask is None else tf.cast(mask, self.values.dtype)
        found = found if self.errors is None else found / (1.0 + 10.0 * self.errors)
        return found if self.exposure is None else found * 2.0 * self.exposure / (1.0 + self.exposure)

    def seen(self, mask_channel: bool) -> tf.Tensor:
        """What an encoder sees: the values, counts per exposure, and, with a `mask_channel`, behind them on the last
        axis, how reliable they are."""
        values = self.values if self.exposure is None else self.values / self.exposure
        return tf.concat([values, self.reliability], axis=-1) if mask_channel else values


def observed(
    observations: tf.Tensor, mask: tf.Tensor | None, event_ndims: int, errors: tf.Tensor | None = None
) -> Observed:
    """Observations [..., n, *event] with their mask, [..., n] or [..., n, *event]; missing ones may hold anything.

    `errors` are standard deviations of their shape, or None.

    Raises:
      ValueError: if the mask has neither shape or is not boolean.
    """
    if mask is None:
        return Observed(observations, None, None, errors)
    mask = checked_mask(mask, observations.shape[:-event_ndims], observations.shape)
    points = points_of(mask, observations.shape.rank - event_ndims)
    entries = mask if mask.shape.rank == observations.shape.rank else None
    # A missing entry must not overflow in a network: its gradient would be 0 * inf.
    there = over_events(mask, observations.shape.rank)
    values, errors = (
        None if part is None else tf.where(there, part, tf.zeros_like(part)) for part in (observations, errors)
    )
    return Observed(values, points, entries, errors)


def checked_mask(mask: tf.Tensor, *shapes: tf.TensorShape | tuple) -> tf.Tensor:
    """A mask, True = observed, that is boolean and has one of the shapes.

    Raises:
      ValueError: saying which type or shape came and what was expected.
    """
    mask = tf.convert_to_tensor(mask)
    if mask.dtype != tf.bool:
        raise ValueError(f"mask has dtype {mask.dtype.name}; expected bool, True = observed")
    shape = next((shape for shape in shapes if len(shape) == mask.shape.rank), shapes[0])
    check_shape("mask", mask, list(shape))
    return mask


def most_observed(batch: Batch) -> int:
    """Observed points of the data set of a batch that has most; a point counts if one entry of it was observed."""
    mask = batch.get("mask")
    if mask is None:
        return tf.convert_to_tensor(batch["observations"]).shape[1]
    return int(tf.reduce_max(tf.math.count_nonzero(points_of(tf.convert_to_tensor(mask), 2), axis=1)))


def points_of(mask: tf.Tensor, lead_ndims: int) -> tf.Tensor:
    """The mask of points, `lead_ndims` axes: those with an entry that was observed."""
    mask = tf.cast(mask, tf.bool)
    return tf.reduce_any(mask, axis=list(range(lead_ndims, mask.shape.rank))) if mask.shape.rank > lead_ndims else mask


def context_of(batch: Mapping[str, tf.Tensor], points: tf.Tensor | None) -> tf.Tensor | None:
    """Points [..., n] whose observations an embedding may read: those with an observation in the batch's "context".

    Args:
      batch: with or without a "context", boolean [..., n].
      points: boolean [..., n], where there is an observation; None for all.

    Raises:
      ValueError: if the context has another shape or is not boolean.
    """
    if batch.get("context") is None:
        return points
    try:
        context = checked_mask(batch["context"], as_tensor(batch["inputs"]).shape[:-1])
    except ValueError as error:
        raise ValueError(str(error).replace("mask", "context", 1)) from error
    return context if points is None else points & context


def entries_of(mask: tf.Tensor, observations: tf.Tensor) -> tf.Tensor:
    """A mask of points or of entries as one of entries, in the shape of the observations."""
    return tf.broadcast_to(over_events(tf.cast(mask, tf.bool), observations.shape.rank), tf.shape(observations))


def encodable(batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """A batch for a compiled encoder: its mask, if it has one, is that of its entries.

    A function that is compiled for a mask of points and then sees one of entries would be compiled for masks of unknown
    rank.
    """
    batch = dict(batch)
    if "inputs" in batch:
        batch["inputs"] = as_tensor(batch["inputs"])
    if batch.get("mask") is None or "observations" not in batch:
        return batch
    observations, mask = (tf.convert_to_tensor(batch[name]) for name in ("observations", "mask"))
    fits = observations.shape[: mask.shape.rank].is_compatible_with(mask.shape)  # else the encoder's checks say why not
    return batch | ({"mask": entries_of(mask, observations)} if fits else {})


def sum_bound(per_frame: tf.Tensor, mask: tf.Tensor | None, parts: Mapping[str, tf.Tensor]) -> Bound:
    """Sums points [B, n], where the mask [B, n] is True, and channels [B, L] into one value per data set."""
    summed = {name: tf.reduce_sum(value, axis=-1) for name, value in parts.items()}
    num_points = masked_sum(tf.ones_like(per_frame), mask)
    return Bound(masked_sum(per_frame, mask), tf.add_n(list(summed.values())), summed, num_points)
