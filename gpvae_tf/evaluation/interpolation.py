"""Linear interpolation, the last value and that of a period before, the baselines of whoever fills in a sequence."""

import numpy as np

from gpvae_tf.checks import rounding
from gpvae_tf.entry_masks import entry_mask


def linear_interpolation(observations: np.ndarray, inputs: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Sequences whose missing entries are interpolated from their neighbours in the first input.

    Before the first and after the last observed value it is that value. An entry that a sequence never has gets its
    mean over all sequences.

    Args:
      observations: [N, n, *event].
      inputs: [N, n, D].
      mask: boolean [N, n] or of the observations' shape, True = observed; None for all.

    Returns:
      [N, n, *event], float64; observed entries as they are.
    """
    values = np.array(observations, np.float64)
    flat = values.reshape(*values.shape[:2], -1)
    seen = entry_mask(mask, values.shape).reshape(flat.shape)
    means = np.sum(flat, axis=(0, 1), where=seen) / np.maximum(seen.sum(axis=(0, 1)), 1)
    for series, there, at in zip(flat, seen, np.asarray(inputs, np.float64)[..., 0]):
        for entry in range(flat.shape[-1]):
            rows = np.flatnonzero(there[:, entry])
            rows = rows[np.argsort(at[rows], kind="stable")]
            if not rows.size:
                series[:, entry] = means[entry]
                continue
            line = np.interp(at, at[rows], series[rows, entry])
            series[:, entry] = np.where(there[:, entry], series[:, entry], line)
    return flat.reshape(values.shape)


def one_period_before(
    observations: np.ndarray, inputs: np.ndarray, mask: np.ndarray | None, period: float
) -> np.ndarray:
    """Sequences whose missing entries have the value of a period before, or of as many as lead back to observed times.

    Between observed values it is interpolated, and before the first one there is only `linear_interpolation`.

    Args:
      observations, inputs, mask: see `linear_interpolation`.
      period: in the unit of the first input.

    Returns:
      [N, n, *event], float64; observed entries as they are.
    """
    values = linear_interpolation(observations, inputs, mask)
    flat = values.reshape(*values.shape[:2], -1)
    seen = entry_mask(mask, values.shape).reshape(flat.shape)
    beside = rounding(np.asarray(inputs)[..., 0], period)
    for series, there, at in zip(flat, seen, np.asarray(inputs, np.float64)[..., 0]):
        for entry in range(flat.shape[-1]):
            rows = np.flatnonzero(there[:, entry])
            if not rows.size:
                continue
            rows = rows[np.argsort(at[rows], kind="stable")]
            back = at - period * np.maximum(np.ceil((at - at[rows[-1]]) / period - beside), 1.0)
            known = ~there[:, entry] & (back >= at[rows[0]] - beside * period)
            series[known, entry] = np.interp(back[known], at[rows], series[rows, entry])
    return flat.reshape(values.shape)


def last_value(observations: np.ndarray, inputs: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Sequences whose missing entries have the last value observed before them, or the first one if there is none.

    An entry that a sequence never has is 0. For arguments and result see `linear_interpolation`.
    """
    order = np.argsort(np.asarray(inputs)[..., 0], axis=1, kind="stable")
    rows = np.arange(len(order))[:, np.newaxis]
    values = np.array(observations, np.float64)
    filled = np.where(entry_mask(mask, values.shape), values, np.nan)[rows, order]
    last = filled.shape[1] - 1
    for step, places in ((1, range(1, last + 1)), (-1, range(last - 1, -1, -1))):
        for i in places:
            filled[:, i] = np.where(np.isnan(filled[:, i]), filled[:, i - step], filled[:, i])
    found = np.empty_like(filled)
    found[rows, order] = np.nan_to_num(filled)
    return found
