"""The offsets and scales that a data set suggests for its model: inputs about 1 apart, standardised observations."""

from collections.abc import Sequence

import numpy as np

from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.scaling import Scaling, merged


def fit_scaling(
    observations: np.ndarray,
    inputs: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    standardize: bool = False,
    id_columns: Sequence[int] = (),
) -> Scaling:
    """The scaling of checked arrays.

    An input column's offset is the middle of its range, its scale the median distance of neighbouring values within a
    sequence (of all sequences together, if the column is constant in each; 1 if it is constant at all). An
    observation's offset and scale are the mean and the standard deviation of its channel, the last axis of the event,
    over all observed entries.

    Args:
      observations: [N, n, *event].
      inputs: [N, n, D] or [n, D].
      mask: [N, n] or of the observations' shape.
      standardize: whether observations are scaled; offset 0 and scale 1 otherwise.
      id_columns: columns of the inputs that hold names of objects: offset 0 and scale 1.

    Raises:
      ValueError: if inputs have no such column.
    """
    dim = inputs.shape[-1]
    for column in id_columns:
        if not 0 <= column < dim:
            raise ValueError(f"id_columns has {column}; inputs has the columns 0 to {dim - 1}")
    offset, scale = np.zeros(dim), np.ones(dim)
    for column in set(range(dim)) - set(id_columns):
        values = inputs[..., column].astype(np.float64)
        offset[column] = values.min() + 0.5 * (values.max() - values.min())
        scale[column] = spacing(values)
    if not standardize:
        return Scaling(offset, scale)
    return Scaling(offset, scale, *channel_moments(observations, mask))


def spacing(values: np.ndarray) -> float:
    """Median distance of neighbouring different values in [..., n]; see `fit_scaling`."""
    values = merged(values)
    for gathered in (values, values.reshape(-1)):
        gaps = np.diff(np.sort(gathered, axis=-1), axis=-1)
        if (positive := gaps[gaps > 0]).size:
            return float(np.median(positive))
    return 1.0


def channel_moments(observations: np.ndarray, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation [C] of every channel; 0 and 1 where nothing is observed, and 1 for a constant."""
    axes = tuple(range(observations.ndim - 1))
    where = entry_mask(mask, observations.shape)
    count = np.count_nonzero(where, axis=axes)
    mean = np.sum(observations, axis=axes, where=where, dtype=np.float64) / np.maximum(count, 1)
    deviations = np.square(observations - mean, dtype=np.float64)
    deviation = np.sqrt(np.sum(deviations, axis=axes, where=where) / np.maximum(count, 1))
    # Rounding leaves a constant channel a deviation of about 1e-16 of its mean.
    return mean, np.where(deviation > 1e-12 * np.abs(mean), deviation, 1.0)
