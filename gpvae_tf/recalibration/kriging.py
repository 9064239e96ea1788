"""GP regression of one series with the hyperparameters averaged over a grid: no optimiser, nothing to start from."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

NUM_SCALES = 6  # length scales from the distance of neighbours to that of the ends
NOISE_SHARES = (0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97, 0.995)  # rho, of noise in the variance
LEAST_SQUARE = 1e-12  # of r^T C^-1 r, where all values are 0


class Predicted(NamedTuple):
    """Values at s places by a GP regression of K alternatives of the values of C channels.

    Attributes:
      log_evidence: log p of the values that they are predicted from, up to a constant that the alternatives and
        hyperparameters share, [K, C, s or 1].
      mean, variance, noise: of the values, noise included, and of the noise alone, [K, C, s].
    """

    log_evidence: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    noise: np.ndarray


class Shift(NamedTuple):
    """How far a trend that is made of the values themselves moves where one of them is left out.

    Without value i, the values are `values + size[..., i] * direction`.

    Attributes:
      direction: [C, n]; anything where values are not known.
      size: [K, C, n], 0 where they are not known.
    """

    direction: np.ndarray
    size: np.ndarray

    def of(self, alternatives: slice) -> "Shift":
        """The shift of some of the alternatives."""
        return Shift(self.direction, self.size[alternatives])


class Regression(NamedTuple):
    """Values at queries, and every one of the n known values as the others predict it (s = n)."""

    at_queries: Predicted
    left_out: Predicted

    def beside(self, other: "Regression") -> "Regression":
        """The alternatives of both, along the first axis."""
        pairs = zip(self, other)
        return Regression(*(Predicted(*(np.concatenate(parts) for parts in zip(*pair))) for pair in pairs))


def regressions(
    x: np.ndarray,
    queries: np.ndarray,
    values: np.ndarray,
    where: np.ndarray,
    shift: Shift | None = None,
    groups: np.ndarray | None = None,
) -> Iterator[Regression]:
    """The regressions with every pair of a length scale l and a share of noise rho.

    The covariance of two values is s^2 [(1 - rho) (1 + exp(-d^2 / 2 l^2)) + rho 1(same)], d their distance: an unknown
    level, a smooth function, and noise. s^2 has Jeffreys' prior and is integrated out of the evidence,

        log p = -1/2 log |C| - n/2 log r^T C^-1 r + constant;

    predictions, of Student's t with n degrees of freedom, have the variance of s^2 = r^T C^-1 r / (n - 2), or, with n
    below 3, of r^T C^-1 r. With P = C^-1 and e_i = [P r]_i / P_ii, all of that without value i follows from
    r^T C^-1 r - e_i^2 P_ii and |C| P_ii (Rasmussen & Williams, 2006, Section 5.4.2), with the r that `shift` makes.

    Args:
      x: inputs [n, D]; every column counts in units of its standard deviation.
      queries: [s, D].
      values: [K, C, n]; anything where they are not known.
      where: boolean [C, n], the values that are known.
      shift: what the values are without one of them; None where they stay as they are.
      groups: [n], numbers of groups of values that have smooth functions of their own, with hyperparameters in common;
        queries are in none of them, so that only the level reaches there. None for one function of all.
    """
    known, num = where.astype(np.float64), np.sum(where, axis=-1)
    alike, places = np.unique(known, axis=0, return_inverse=True)  # channels that are known at the same inputs
    values = np.where(where, values, 0.0)
    direction, size = shift or Shift(np.zeros(where.shape), np.zeros(values.shape))
    direction = np.where(where, direction, 0.0)
    own, across = _square_distances(x, x), _square_distances(queries, x)
    for length_scale in _length_scales(own):
        smooth, to_queries = (np.exp(-0.5 * d / length_scale**2) for d in (own, across))
        if groups is not None:
            smooth, to_queries = smooth * np.equal.outer(groups, groups), np.zeros_like(to_queries)
        correlation, of_queries = 1.0 + smooth, 1.0 + to_queries
        # What is not known has rows of zeros: one eigenvalue 0 for each, whose share of the determinant is taken out.
        eigenvalues, turn = np.linalg.eigh(alike[:, :, np.newaxis] * correlation * alike[:, np.newaxis, :])
        eigenvalues, turn = eigenvalues[places], turn[places]
        turned = np.einsum("cij,kci->kcj", turn, np.concatenate([values, direction[np.newaxis]]))
        seen = (of_queries * known[:, np.newaxis, :]) @ turn
        for rho in NOISE_SHARES:
            spectrum = (1.0 - rho) * np.maximum(eigenvalues, 0.0) + rho
            solved = turned / spectrum
            square, cross = (np.sum(turned * part, axis=-1, keepdims=True) for part in (solved, solved[-1]))
            log_det = (np.sum(np.log(spectrum), axis=-1) - (x.shape[0] - num) * np.log(rho))[:, np.newaxis]
            share = 2.0 * (1.0 - rho) + rho - (1.0 - rho) ** 2 * np.sum(seen**2 / spectrum[:, np.newaxis], axis=-1)
            mean = (1.0 - rho) * np.einsum("csj,kcj->kcs", seen, solved[:-1])
            precision = np.sum(turn**2 / spectrum[:, np.newaxis], axis=-1)
            errors = np.einsum("cij,kcj->kci", turn, solved) / precision
            errors = errors[:-1] + size * errors[-1]
            rest = square[:-1] + size * (2.0 * cross[:-1] + size * cross[-1]) - errors**2 * precision
            left, without = log_det + np.log(precision), values + size * direction - errors
            yield Regression(
                _predicted(log_det, square[:-1], num[:, np.newaxis], mean, share, rho),
                _predicted(left, rest, num[:, np.newaxis] - 1, without, 1.0 / precision, rho),
            )


def evidence_shares(log_evidence: Sequence[np.ndarray]) -> np.ndarray:
    """Shares of the evidence, [G, K, C, s or 1]; they sum to 1 over grid and trends."""
    evidence = np.stack(log_evidence)
    weights = np.exp(evidence - np.max(evidence, axis=(0, 1)))
    return weights / np.sum(weights, axis=(0, 1))


def _predicted(
    log_det: np.ndarray, square: np.ndarray, num: np.ndarray, mean: np.ndarray, share: np.ndarray, rho: float
) -> Predicted:
    """Predictions from `num` values of square r^T C^-1 r, whose variances are s^2 times `share`."""
    square = np.maximum(square, LEAST_SQUARE)
    scale = square / np.maximum(num - 2, 1)
    evidence = -0.5 * (log_det + num * np.log(square))
    return Predicted(evidence, mean, scale * share, np.broadcast_to(rho * scale, mean.shape))


def _square_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    spread = np.std(b, axis=0)
    unit = np.where(spread > 0.0, spread, 1.0)
    return np.sum(np.square((a[:, np.newaxis] - b[np.newaxis]) / unit), axis=-1)


def _length_scales(square_distances: np.ndarray) -> np.ndarray:
    """Length scales from the median distance to the nearest other point to a third of the greatest distance."""
    apart = np.sqrt(np.where(square_distances > 0.0, square_distances, np.inf))
    nearest = np.min(apart, axis=-1)
    if not np.any(np.isfinite(nearest)):
        return np.ones(1)  # all inputs are equal
    shortest, longest = np.median(nearest[np.isfinite(nearest)]), np.sqrt(np.max(square_distances)) / 3.0
    return np.geomspace(shortest, max(longest, shortest), NUM_SCALES)
