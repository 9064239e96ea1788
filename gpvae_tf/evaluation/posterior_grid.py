"""The true posterior p(z | y) of a model with two latent dimensions, normalised on a grid."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gpvae_tf.checks import at_least_one

PRIOR_RANGE = 4.0  # half a side, in deviations of the prior N(0, I), of the square that is searched for modes
BEYOND = 2.0  # how much further than where q lies it is searched
DEPTH = 20.0  # nats below the highest density at which the window ends
Box = tuple[tuple[float, float], tuple[float, float]]


class GridPosterior(NamedTuple):
    """log p(z | y) on a grid.

    Attributes:
      first, second: coordinates z_1 [n] and z_2 [n].
      log_density: [n, n], nats, of (z_2, z_1): rows are z_2.
      log_evidence: log p(y), nats, of the mass on the grid.
    """

    first: np.ndarray
    second: np.ndarray
    log_density: np.ndarray
    log_evidence: float


def grid_posterior(
    log_joint: Callable[[np.ndarray], np.ndarray], around: Box, *, size: int = 121, search_size: int = 81
) -> GridPosterior:
    """p(z | y) = p(y, z) / p(y), with log p(y) = log sum_z p(y, z) da over the cells, area da, of a grid.

    A coarse grid over +-4 deviations of the prior, or 2 beyond `around` where that is further out, finds where the
    density is within 20 nats of its highest; a fine one covers that window. Posteriors narrower than the coarse grid's
    cells are found only near `around`.

    Args:
      log_joint: latents [m, 2] -> log p(y, z), [m], nats.
      around: ((least, most) z_1, (least, most) z_2), which the window is to include: where q(z | y) lies.
      size, search_size: points along a side of the fine and the coarse grid, >= 2.

    Raises:
      ValueError: if a size is below 2.
    """
    for name, value in (("size", size), ("search_size", search_size)):
        at_least_one(f"{name} - 1", value - 1)
    search = lambda side: (min(-PRIOR_RANGE, side[0] - BEYOND), max(PRIOR_RANGE, side[1] + BEYOND))
    first, second, values = _evaluate(log_joint, (search(around[0]), search(around[1])), search_size)
    rows, columns = np.nonzero(values > values.max() - DEPTH)
    window = _including(first, columns, around[0]), _including(second, rows, around[1])
    first, second, values = _evaluate(log_joint, window, size)
    area = (first[1] - first[0]) * (second[1] - second[0])
    top = values.max()
    evidence = float(top + np.log(np.sum(np.exp(values - top)) * area))
    return GridPosterior(first, second, values - evidence, evidence)


def _including(grid: np.ndarray, found: np.ndarray, side: tuple[float, float]) -> tuple[float, float]:
    """The interval that holds a side of `around` and the points found, with a cell on either side of these."""
    cell = grid[1] - grid[0]
    return min(grid[found].min() - cell, side[0]), max(grid[found].max() + cell, side[1])


def _evaluate(
    log_joint: Callable[[np.ndarray], np.ndarray], window: Box, size: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    first, second = (np.linspace(*side, size) for side in window)
    z = np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)
    return first, second, np.asarray(log_joint(z.astype(np.float32)), np.float64).reshape(size, size)
