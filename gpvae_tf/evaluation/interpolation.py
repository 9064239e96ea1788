"""Linear interpolation and the last value, the baselines of whoever fills in a sequence."""

import numpy as np


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
    known = np.ones(values.shape, bool) if mask is None else mask
    seen = np.broadcast_to(known.reshape(*known.shape, *[1] * (values.ndim - known.ndim)), values.shape)
    seen = seen.reshape(flat.shape)
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


def last_value(observations: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Every entry's last observed value, or its first one before that; 0 if it is never observed. [N, n, *event]."""
    filled = np.where(observed, observations, np.nan)
    for indices in (range(1, filled.shape[1]), range(filled.shape[1] - 2, -1, -1)):
        step = indices.step
        for i in indices:
            filled[:, i] = np.where(np.isnan(filled[:, i]), filled[:, i - step], filled[:, i])
    return np.nan_to_num(filled)
