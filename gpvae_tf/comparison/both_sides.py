"""What both sides of a graph are given, weights and draws, and the squared error that a bound of ours holds."""

from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.comparison.original_process import Arrays
from gpvae_tf.types import Bound

SEED = np.array([5, 6], np.int32)


def random_weights(rng: np.random.Generator, *networks_of_ours: Any) -> dict[str, np.ndarray]:
    """Weights of the size that Keras starts with, and biases that are not 0, as weight_0, weight_1, ..."""
    shapes = [weight.shape for network in networks_of_ours for weight in network.weights]
    scales = [0.1 if len(shape) == 1 else float(np.prod(shape[:-1])) ** -0.5 for shape in shapes]
    pairs = zip(scales, shapes, strict=True)
    return {f"weight_{i}": np.asarray(rng.normal(0.0, *pair)) for i, pair in enumerate(pairs)}


def weights_in(given: Arrays) -> list[np.ndarray]:
    """weight_0, weight_1, ... in order."""
    return [given[f"weight_{i}"] for i in range(sum(key.startswith("weight_") for key in given))]


def set_weights(given: Arrays, *networks_of_ours: Any) -> None:
    """Sets the networks' weights, in the clone's order: one network after the other."""
    left = weights_in(given)
    for network in networks_of_ours:
        network.set_weights([left.pop(0) for _ in network.weights])


def standard_normals(*shape: int, dtype: tf.DType = tf.float64) -> np.ndarray:
    """The noise [b, L] that our models, whose networks have this dtype, draw with SEED for a batch of one data set."""
    return tf.random.stateless_normal([1, *shape], SEED, dtype=dtype)[0].numpy()


def squared_error(bound: Bound, variance: float, pixels: int) -> tf.Tensor:
    """The squared error that a Gaussian log likelihood was made of, summed over pixels and points; data set 0."""
    constant = pixels * bound.num_points[0] * np.log(2.0 * np.pi * variance)
    return -variance * (2.0 * bound.reconstruction[0] + constant)
