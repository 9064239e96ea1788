"""Levels of the quantiles that predictions have, and how many draws these take."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_fraction, draws_needed, interval_tails

INTERVAL_AND_MEDIAN = (0.025, 0.5, 0.975)


def checked_levels(levels: Sequence[float] | tf.Tensor, num_samples: int | tf.Tensor) -> tf.Tensor:
    """The levels of quantiles, float64 [Q].

    Raises:
      ValueError: if one is outside (0, 1), there are too few draws to tell it, or fewer than the 2 of a variance.
        tf.errors.InvalidArgumentError in compiled code, where levels and number are tensors.
    """
    if tf.is_tensor(levels) or tf.is_tensor(num_samples):
        levels = tf.cast(levels, tf.float64)
        least = tf.reduce_min(tf.minimum(levels, 1.0 - levels))
        num = tf.cast(num_samples, tf.float64)
        enough = (num >= 2.0) & (num >= 1.0 / least - 1.01)
        message = "num_samples is below 2, or below 1 / p - 1 for a quantile that lies p from 0 or 1"
        tf.debugging.Assert((least > 0.0) & enough, [message, num_samples, levels])
        return levels
    if np.ndim(levels) != 1:
        raise ValueError(f"quantiles must be a list of levels, such as (0.05, 0.5, 0.95), got {levels!r}")
    if not all(0.0 < level < 1.0 for level in levels):
        raise ValueError(f"quantiles must lie in (0, 1), got {tuple(levels)}")
    least = min((min(level, 1.0 - level) for level in levels), default=1.0)
    needed = max(2, draws_needed(least))
    if num_samples < needed:
        what = f"a quantile that lies {least:.4g} from 0 or 1" if needed > 2 else "a variance"
        raise ValueError(f"num_samples must be >= {needed} for {what}, got {num_samples}")
    return tf.constant(levels, tf.float64, shape=[len(levels)])


def interval_levels(interval: float | tf.Tensor, num_samples: int | tf.Tensor) -> tf.Tensor:
    """Levels [2] of the quantiles that a central interval lies between.

    Raises:
      ValueError: if the interval is outside (0, 1), or there are too few draws for it.
    """
    if tf.is_tensor(interval):
        return checked_levels(tf.stack(interval_tails(interval)), num_samples)
    check_fraction("interval", interval, positive=True)
    return checked_levels(interval_tails(interval), num_samples)
