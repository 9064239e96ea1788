"""The offsets and scales that a data set suggests for its model: inputs about 1 apart, standardised observations."""

from collections.abc import Sequence

import numpy as np

from gpvae_tf.data.masks import observed_points
from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.input_roles import NO_ROLES, InputRoles
from gpvae_tf.scaling import Scaling, merged

# Least standard deviation of what is measured, as a share of that of the values, which it divides for the networks. Of
# a channel of noise alone nothing is left, and networks that see it a thousand times as large train on nothing else: at
# 0.001, 0.01, 0.1, 0.3 and 1 of it hidden values of a good channel beside it were off by 17, 0.38, 0.15, 0.12 and 0.11.
LEAST_SHARE = 0.3  # of a deviation in which imprecise values count less, as these may well be 25 times as far off
LEAST_SHARE_OF_ALL = 0.03  # of the plain one, where exact values that are all equal would be all that counts


def fit_scaling(
    observations: np.ndarray,
    inputs: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    standardize: bool = False,
    id_columns: Sequence[int] = (),
    roles: InputRoles = NO_ROLES,
    errors: np.ndarray | None = None,
) -> Scaling:
    """The scaling of checked arrays.

    An input column's offset is the middle of its range, its scale the median distance of neighbouring values within a
    sequence (of all sequences together, if the column is constant in each; 1 if it is constant at all). Columns that
    vary together within a sequence get scales that suit each other, see `balanced`. A column of 0 and 1 behind the
    first stays as it is, as those of classes do: a rare class would be far off, and ten classes are no ten dimensions
    that points are spread over. An observation's offset and scale
    are the mean and the standard deviation of its channel, the last axis of the event, over all observed entries.

    Args:
      observations: [N, n, *event].
      inputs: [N, n, D] or [n, D].
      mask: [N, n] or of the observations' shape.
      standardize: whether observations are scaled; offset 0 and scale 1 otherwise.
      id_columns: columns of the inputs that hold names of objects: offset 0 and scale 1.
      roles: of columns of the inputs. Conditions are standardised over the points where something was observed;
        exposures have offset 0, and for scale their mean there.
      errors: with which the observations were measured, of their shape; None for none.

    Raises:
      ValueError: if inputs have no such column.
    """
    dim = inputs.shape[-1]
    for column in id_columns:
        if not 0 <= column < dim:
            raise ValueError(f"id_columns has {column}; inputs has the columns 0 to {dim - 1}")
        if column in roles.used:
            raise ValueError(f"id_columns has {column}, which is a condition or an exposure")
    offset, scale = np.zeros(dim), np.ones(dim)
    kept = [*id_columns, *(column for column in range(1, dim) if np.isin(inputs[..., column], (0.0, 1.0)).all())]
    places = [column for column in range(dim) if column not in (*kept, *roles.used)]
    for column in places:
        values = inputs[..., column].astype(np.float64)
        offset[column] = values.min() + 0.5 * (values.max() - values.min())
        scale[column] = spacing(values)
    scale = balanced(scale, inputs, places)
    seen = np.ones(observations.shape[:2], bool) if mask is None or not mask.any() else observed_points(mask)
    for column in roles.used:
        values = np.broadcast_to(inputs[..., column], seen.shape)[seen].astype(np.float64)
        if column in roles.exposures:
            scale[column] = values.mean()
        elif column not in kept and not np.isin(values, (0.0, 1.0)).all():
            offset[column], scale[column] = values.mean(), varying(np.mean(values), np.std(values))
    if not standardize:
        return Scaling(offset, scale)
    return Scaling(offset, scale, *channel_moments(observations, mask, errors))


def balanced(scale: np.ndarray, inputs: np.ndarray, columns: Sequence[int]) -> np.ndarray:
    """Scales of columns in which no column makes the others count for nothing in the distance of two points.

    The values of points in a plane lie closer in every column than the points do. n points of one data set, in d
    columns that vary, are n^(1/d) in a row, whose distance is a column's scale. Where the first column is time, as it
    is in several sequences and in one that is evenly spaced, the others extend no further than it does.

    Args:
      scale: [D], of every column by itself.
      inputs: [N, n, D] or [n, D].
      columns: those that may be scaled.
    """
    flat = np.asarray(inputs, np.float64).reshape(-1, *inputs.shape[-2:])
    extent = np.median(np.ptp(flat, axis=1), axis=0)
    varying, found = [column for column in columns if extent[column] > 0.0], scale.copy()
    if len(varying) < 2:
        return scale
    if len(flat) == 1 and not _evenly_spaced(flat[0, :, 0]):
        in_a_row = len(np.unique(flat[0], axis=0)) ** (1.0 / len(varying))
        found[varying] = extent[varying] / max(in_a_row - 1.0, 1.0)
    elif varying[0] == 0:
        found[varying] = np.maximum(scale, extent * scale[0] / extent[0])[varying]
    return found


def _evenly_spaced(values: np.ndarray) -> bool:
    """Whether nearly all neighbours of values [n] are as far apart as times of a clock are, of which some may miss."""
    gaps = np.diff(np.sort(values))
    return bool(np.quantile(gaps, 0.1) >= 0.5 * np.median(gaps) > 0.0)


def spacing(values: np.ndarray) -> float:
    """Median distance of neighbouring different values in [..., n]; see `fit_scaling`."""
    values = merged(values)
    for gathered in (values, values.reshape(-1)):
        gaps = np.diff(np.sort(gathered, axis=-1), axis=-1)
        if (positive := gaps[gaps > 0]).size:
            return float(np.median(positive))
    return 1.0


def channel_moments(
    observations: np.ndarray, mask: np.ndarray | None, errors: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation [C] of every channel; 0 and 1 where nothing is observed, and 1 for a constant.

    With errors of measurement they are those of what is measured, see `moments`.
    """
    axes = tuple(range(observations.ndim - 1))
    where = entry_mask(mask, observations.shape)
    mean, deviation = (np.squeeze(part, axes) for part in moments(observations, where, errors, axes))
    return mean, varying(mean, deviation)


def varying(mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Standard deviations, and 1 in the place of those of constants: rounding leaves them about 1e-16 of the mean."""
    return np.where(deviation > 1e-12 * np.abs(mean), deviation, 1.0)


def moments(
    observations: np.ndarray, where: np.ndarray, errors: np.ndarray | None, axes: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation over some axes, which stay with size 1, of the observations where that is true.

    With the standard deviations e of measurement errors these are those of y in y + e * noise. A few imprecise values
    would else make the scale of all: mean and variance v have the greatest normal likelihood instead, by Fisher's
    scoring, v <- sum w^2 ((y - m)^2 - e^2) / sum w^2 with weights w = 1 / (v + e^2). Where errors explain nearly all
    that is seen, the standard deviation stays at `LEAST_SHARE` of that, weighted in the same way.
    """
    count = np.maximum(np.count_nonzero(where, axis=axes, keepdims=True), 1)
    total = lambda part: np.sum(part, axis=axes, where=where, keepdims=True, dtype=np.float64)
    mean = total(observations) / count
    seen = total(np.square(observations - mean)) / count
    if errors is None or not np.any(seen):
        return mean, np.sqrt(seen)
    average = lambda part, weight: total(weight * part) / np.maximum(total(weight), np.finfo(np.float64).tiny)
    of_errors, variance = np.square(errors, dtype=np.float64), np.where(seen > 0.0, seen, 1.0)
    least = np.where(seen > 0.0, LEAST_SHARE_OF_ALL**2 * seen, 1.0)
    for _ in range(20):
        weight = 1.0 / (variance + of_errors)
        mean = average(observations, weight)
        squares = np.square(observations - mean)
        floor = np.maximum(LEAST_SHARE**2 * average(squares, weight), least)
        variance = np.maximum(average(squares - of_errors, np.square(weight)), floor)
    return mean, np.sqrt(np.where(seen > 0.0, variance, 0.0))
