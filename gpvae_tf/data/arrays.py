"""Any user's sequences as data to train on, checked before any work is lost."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gpvae_tf.data import padding
from gpvae_tf.data.array_checks import (
    checked_errors,
    checked_inputs,
    checked_observations,
    fitting_dtype,
    masked_observations,
)
from gpvae_tf.data.fitted_scaling import fit_scaling
from gpvae_tf.data.layout import WITHOUT_NAMES, Layout
from gpvae_tf.data.masks import (
    Missing,
    checked_mask,
    mask_of_lengths,
    mask_of_values,
    missing_error,
    observed_points,
    with_nan,
)
from gpvae_tf.data.sequences import SequenceData, channel_names
from gpvae_tf.input_roles import InputRoles


def from_arrays(
    observations: Any,
    inputs: Any,
    mask: Any = None,
    *,
    errors: Any = None,
    batch_size: int | None = None,
    points_per_batch: int | None = None,
    shuffle_seed: int | None = None,
    repeat: bool = False,
    missing: Missing | None = None,
    standardize: bool = False,
    id_columns: Sequence[int] = (),
    conditions: int | Sequence[int] = (),
    exposure: int | Mapping[int, int] | None = None,
    lengths: np.ndarray | None = None,
    require_observed: bool = True,
    layout: Layout = WITHOUT_NAMES,
) -> SequenceData:
    """Sequences with observations of any shape, as data for the latent-GP models.

    Images are not rescaled: 8-bit values stay 0, ..., 255, which a Bernoulli likelihood refuses later; divide by 255.
    Observations are held in float32, but those of which it would lose digits that matter, such as amounts of money in
    millions or coordinates far from their origin, in float64 if they came in it.

    Args:
      observations: [N, n, *event], N sequences (videos, series) of n points; or a list of N arrays [n_i, *event] of
        unequal length, which are padded and the padding masked.
      inputs: [N, n, D], [n, D] if all sequences share them, or a list of N arrays [n_i, D]; [N, n], [n] or [n_i] where
        D = 1. Times may be datetime64 or pandas' timestamps, which become float64 seconds since 1970.
      mask: boolean [N, n] or of the observations' shape (or a list of such arrays), True = observed. Missing entries
        may hold anything, NaN included; so may the inputs of points that are missing as a whole.
      errors: standard deviations, >= 0, of the errors with which observations were measured, of their shape (or a list
        of such arrays) and in their units; None if they are not known. Those of missing entries may be anything.
      batch_size: sequences per batch; 16 if None.
      points_per_batch: batches [1, b, ...] of b random points of one data set (N = 1), instead of whole sequences.
        Then `SequenceData.num_data` is what SVGP-VAE needs.
      shuffle_seed: reshuffles every epoch, reproducibly, if given.
      repeat: whether the batches have no end, for loops of your own; `fit` needs no such.
      missing: "nan" takes NaN in the observations as missing, and makes a mask of their shape; otherwise it is refused.
        A number, such as -999, does the same with NaN and that number, which is no error of a value either; but an
        error of 0 is.
      standardize: whether `SequenceData.scaling` standardises observations, per channel (last axis); float64 is kept.
      id_columns: input columns that hold names of objects, which are not scaled.
      conditions: input columns that encoder and decoder see, and the kernel does not, such as what a whole sequence has
        in common; see `input_roles.InputRoles`.
      exposure: the input column that says how long, or among how many, counts were counted, all of them, or
        {channel: column}; see there.
      lengths: [N], the points of every sequence where arrays are padded already; what is behind them is masked.
      require_observed: whether a sequence of which nothing is observed is refused.
      layout: what the arrays came from, kept for the way back (`to_dataframe`, `stitch`).

    Raises:
      ValueError: on a wrong type, rank or size, an observed value that is not finite, inputs that rounding has merged,
        observations that float32 would merge, errors below 0, exposures that are not positive, or a sequence of which
        nothing is observed.
    """
    if points_per_batch is not None and batch_size is not None:
        raise ValueError(f"batch_size = {batch_size} and points_per_batch = {points_per_batch}; give one of them")
    observations, errors = with_nan(observations, missing), with_nan(errors, missing_error(missing))
    given = inputs
    if padding.is_ragged(observations):
        if lengths is not None:
            raise ValueError("lengths is given beside arrays of unequal length, which are padded here: leave it out")
        observations, inputs, mask, errors, lengths = padding.pad(observations, inputs, mask, errors)
    values = checked_observations(observations)
    known = None if mask is None else checked_mask(mask, values.shape)
    if lengths is not None:
        known = mask_of_lengths(values, known, lengths)
    if missing is not None:
        known = mask_of_values(values, known, missing)
    points = None if known is None else observed_points(known)
    if points is not None and require_observed and not points.any(axis=1).all():
        raise ValueError(
            f"mask leaves nothing observed in sequence {int(np.argmin(points.any(axis=1)))}; leave the sequence out"
        )
    roles = InputRoles.of(conditions, exposure, channel_names(layout, values.shape[-1]))
    places = checked_inputs(inputs, values.shape, points, given, roles, layout.input_names)
    dtype = values.dtype if standardize else fitting_dtype(values, known, channel_names(layout, values.shape[-1]))
    values = masked_observations(values, known, dtype)
    if points_per_batch is not None and len(values) != 1:
        raise ValueError(
            f"points_per_batch needs one data set (N = 1), observations has {len(values)}; batch_size sequences at a "
            "time are the batches of several"
        )
    spread = None if errors is None else checked_errors(errors, values, known)
    return SequenceData(
        observations=values,
        inputs=places,
        mask=known,
        errors=spread,
        roles=roles,
        scaling=fit_scaling(
            values, places, known, standardize=standardize, id_columns=id_columns, roles=roles, errors=spread
        ),
        lengths=np.full(len(values), values.shape[1]) if lengths is None else np.asarray(lengths),
        batch_size=16 if batch_size is None else batch_size,
        points_per_batch=points_per_batch,
        shuffle_seed=shuffle_seed,
        repeat=repeat,
        layout=layout,
    )
