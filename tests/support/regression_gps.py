"""Latent data sets of all lengths, and what a latent GP makes of one, for comparisons with the exact GP."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf.kernels import Kernel
from gpvae_tf.latent_gps import LatentDataset, RegressionGP

NUM_QUERIES = 5
NAMES = ("log Z", "mean", "variance", "predicted mean", "predicted variance", "joint mean", "joint covariance")


class Problem(NamedTuple):
    """A latent data set and queries before, between, at and after its points.

    Times are multiples of 1/16: TFP's squared distances |x|^2 + |x'|^2 - 2 x x' are exact then, and the square root
    that a Matern kernel takes of them does not turn 1e-16 into 1e-8.
    """

    x: tf.Tensor
    y: tf.Tensor
    noise_variance: tf.Tensor
    mask: tf.Tensor
    queries: tf.Tensor


def problem(
    rng: np.random.Generator, length: int, *, columns: int = 1, share_missing: float = 0.3, repeated: bool = False
) -> Problem:
    """2 data sets of 2 channels, unsorted; with `repeated`, every time is there four times on average."""
    shape, extent = (2, length, columns), length * (4 if repeated else 16) // (16 if repeated else 1) + 1
    x = rng.integers(0, extent, shape) / (1.0 if repeated else 16.0)
    queries = rng.integers(-20, extent + 20, (2, NUM_QUERIES, columns)) / 16.0
    queries[:, 0] = x[:, 0]
    y, noise = rng.normal(size=(2, 2, length)), np.exp(rng.uniform(-4.0, 0.0, (2, 2, length)))
    mask = rng.uniform(size=(2, length)) >= share_missing
    return Problem(*map(tf.constant, (x, y, noise, mask, queries)))


def numbers(make: Callable[[Kernel], RegressionGP], kernel: Kernel, given: Problem) -> dict[str, tf.Tensor]:
    """What the posterior says, by name, and the gradients of all but the joint covariance in parameters, y~ and s~."""
    with tf.GradientTape() as tape:
        watched = [given.y, given.noise_variance, *kernel.trainable_variables]
        tape.watch(watched)
        posterior = make(kernel).condition(LatentDataset(given.x, given.y, given.noise_variance, given.mask))
        found = (posterior.log_marginal_likelihood, *posterior.marginals(), *posterior.predict(given.queries))
        # Every entry with a weight of its own, so that no error of a gradient can hide another.
        total = tf.add_n([tf.reduce_sum(tf.sin(part + i)) / (i + 1.0) for i, part in enumerate(found)])
        with tape.stop_recording():
            joint = posterior.predict_joint(given.queries)
    named = dict(zip(NAMES, (*found, *joint), strict=True))
    return named | {f"gradient {i}": gradient for i, gradient in enumerate(tape.gradient(total, watched))}


def assert_equal(ours: dict[str, tf.Tensor], expected: dict[str, tf.Tensor], tolerance: float = 1e-8) -> None:
    """All numbers agree to a tolerance, relative where they are above 1."""
    assert ours.keys() == expected.keys()
    for name, value in expected.items():
        value = np.asarray(value)
        np.testing.assert_allclose(ours[name], value, rtol=tolerance, atol=tolerance, err_msg=name)
