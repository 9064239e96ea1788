"""Laws by which data go missing: boolean masks, True = observed, each a pure function of its seed.

They hide parts of data that are there, to train with or to score what a model fills in.
"""

from collections.abc import Sequence

import numpy as np

from gpvae_tf.checks import at_least_one, check_fraction

_ROWS = 4096  # of values that are looked at once, for the sake of memory
_DRAWN_AT_ONCE = 2**24


def at_random(shape: tuple[int, ...], share: float, *, seed: int | Sequence[int]) -> np.ndarray:
    """Every entry is missing with probability `share`, whatever it is.

    Raises:
      ValueError: for this and every law here, naming the argument that is out of range.
    """
    least, rng, observed = check_fraction("share", share), np.random.default_rng(seed), np.empty(shape, bool)
    for part in np.array_split(observed.reshape(-1), -(-observed.size // _DRAWN_AT_ONCE) or 1):  # views
        part[:] = rng.random(part.shape, np.float32) >= least
    return observed


def by_value(
    values: np.ndarray, share_of_low: float, share_of_high: float, *, threshold: float, seed: int | Sequence[int]
) -> np.ndarray:
    """Not at random: values up to a threshold are missing with one probability, those above it with another.

    Args:
      values: of any shape; NaN counts as low.
      share_of_low, share_of_high: the probabilities.
      threshold: the highest of the low values.
      seed: of the draws.
    """
    low = np.float32(check_fraction("share_of_low", share_of_low))
    high = np.float32(check_fraction("share_of_high", share_of_high))
    rng, observed = np.random.default_rng(seed), np.empty(values.shape, bool)
    for start in range(0, len(values), _ROWS):
        part = values[start : start + _ROWS]
        observed[start : start + _ROWS] = rng.random(part.shape, np.float32) >= np.where(part > threshold, high, low)
    return observed


def blocks(num: int, length: int, share: float, *, block: int, seed: int) -> np.ndarray:
    """Runs of `block` consecutive points of each of `num` series of a length, [num, length].

    As many runs begin, at any point, as make the share of missing points the one asked for in expectation, but for the
    first block - 1 points, which fewer runs can reach.
    """
    at_least_one("block", block)
    if block > length:
        raise ValueError(f"block is {block}; a series has {length} points")
    # The probability that a run begins at a point; a point is in `block` of them.
    start = 1.0 - (1.0 - check_fraction("share", share)) ** (1.0 / block)
    starts = np.random.default_rng(seed).random((num, length)) < start
    covered = np.cumsum(starts, axis=1)
    covered[:, block:] -= covered[:, :-block].copy()
    return covered == 0
