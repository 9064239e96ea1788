"""Bias of the mini-batch estimators of SVGP-VAE against the full data's values (SVGP-VAE Section 3.4, Appendix C.4).

Eq. 9 computes Sigma_b, mu_b and A_b from b of N data points. Sigma_b is unbiased, but mu_b, A_b and what follows from
them go through its inverse and are not: they are consistent only, exact at b = N.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import at_least_one, check_shape
from gpvae_tf.latent_gps import LatentDataset, SparseGP

QUANTITIES = ("mu", "A", "mean", "variance")


class EstimatorError(NamedTuple):
    """Errors of one quantity, relative to the norm of its value on the full data, over all channels and entries.

    Attributes:
      bias: |average of the estimates - full value|.
      rms: root of the mean squared distance of an estimate from the full value.
      noise: root of the expected square of `bias` if the estimator had none, sqrt(variance / repetitions); a bias of
        this size means nothing. NaN after one repetition.
    """

    bias: float
    rms: float
    noise: float


def estimator_bias(
    gp: SparseGP,
    data: LatentDataset,
    x_test: tf.Tensor,
    batch_sizes: Sequence[int],
    *,
    repetitions: int = 100,
    seed: int = 0,
) -> dict[str, list[EstimatorError]]:
    """Bias and rms error of Eq. 9's estimators from random mini-batches, per batch size.

    Args:
      gp: the latent GP as it trains, with num_data = N.
      data: the latent data set of all N training images, y [1, L, N], without a mask.
      x_test: [1, s, D], points at which the posterior of Eq. 3 is compared.
      batch_sizes: b, each in 1, ..., N; b = N gives errors of exactly 0.
      repetitions: mini-batches of each size, drawn without replacement as in an epoch of shuffled data.
      seed: seed of the draws; those of one size do not depend on which others are asked for.

    Returns:
      "mu" [L, m] and "A" [L, m, m] of q(f_m), and "mean" and "variance" [L, s] at x_test: an `EstimatorError` per batch
      size.

    Raises:
      ValueError: if a shape does not fit, a batch size lies outside 1, ..., N, or gp.num_data is not N.
    """
    check_shape("data.y", data.y, (1, "L", "N"))
    num_data = int(data.y.shape[-1])
    check_shape("data.x", data.x, (1, num_data, "D"))
    check_shape("x_test", x_test, (1, "s", data.x.shape[-1]))
    if data.mask is not None:
        raise ValueError("data has a mask; expected the observed points only")
    if gp.num_data != num_data:
        raise ValueError(f"gp has num_data {gp.num_data}; expected the {num_data} points of data (Eq. 9 needs N/b)")
    wrong = [size for size in batch_sizes if not 1 <= size <= num_data]
    if wrong:
        raise ValueError(f"batch_sizes has {wrong}; expected 1, ..., {num_data}")
    at_least_one("repetitions", repetitions)
    errors = []
    for size in batch_sizes:
        batches = (random_rows(num_data, size, seed, repetition) for repetition in range(repetitions))
        errors.append(compare_batches(gp, data, x_test, batches))
    return {name: [error[name] for error in errors] for name in QUANTITIES}


def compare_batches(
    gp: SparseGP, data: LatentDataset, x_test: tf.Tensor, batches: Iterable[np.ndarray]
) -> dict[str, EstimatorError]:
    """The errors of the estimates from given batches, each an array of rows of the data."""
    full = _estimates(gp, data, x_test, np.arange(data.y.shape[-1]))
    total = {name: np.zeros_like(value) for name, value in full.items()}
    squared, count = dict.fromkeys(full, 0.0), 0
    for rows in batches:  # sums of differences, so that many batches need no more memory than one
        for name, value in _estimates(gp, data, x_test, rows).items():
            total[name] += value - full[name]
            squared[name] += float(np.sum(np.square(value - full[name])))
        count += 1
    return {name: _error(total[name], squared[name], count, float(np.linalg.norm(full[name]))) for name in full}


def random_rows(num_data: int, size: int, seed: int, repetition: int) -> np.ndarray:
    """Rows of a random mini-batch without replacement, in rising order, so that b = N is the data as they stand."""
    return np.sort(np.random.default_rng((seed, size, repetition)).permutation(num_data)[:size])


def _estimates(gp: SparseGP, data: LatentDataset, x_test: tf.Tensor, rows: np.ndarray) -> dict[str, np.ndarray]:
    take = lambda tensor, axis: tf.cast(tf.gather(tensor, rows, axis=axis), gp.dtype)
    batch = LatentDataset(take(data.x, -2), take(data.y, -1), take(data.noise_variance, -1))
    posterior = gp.condition(batch)
    values = (*posterior.inducing_moments(), *posterior.predict(tf.cast(x_test, gp.dtype)))
    return {name: value.numpy() for name, value in zip(QUANTITIES, values, strict=True)}


def _error(total: np.ndarray, squared: float, count: int, norm: float) -> EstimatorError:
    """The errors from the sums over batches of the differences and of their squares; NaN where the full value is 0."""
    norm = norm or np.nan
    bias = float(np.linalg.norm(total / count))
    variance = max(squared / count - bias**2, 0.0) * count / (count - 1) if count > 1 else np.nan
    return EstimatorError(bias / norm, float(np.sqrt(squared / count)) / norm, float(np.sqrt(variance / count)) / norm)
