"""p(z, c) = p(z | c) / K: a Gaussian for each category, the prior of CP-VAE.

A category is a one-hot vector c of length K, and a latent of the joint model is the vector [z, c] of length D + K. So
CP-VAE's decoder, prior and posterior are those of a VAE with longer latents.
"""

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.priors.base import Prior
from gpvae_tf.priors.components import GaussianComponents, picked
from gpvae_tf.types import Gaussian


class ConditionalGaussians(Prior):
    """p(c_k) = 1/K, p(z | c_k) = N(z | m_k, diag(v_k)) with learned m_k and v_k (CP-VAE Eqs. 4 and 5).

    Args:
      components: the K Gaussians over z, of length D; `FullCovarianceComponents` for N(z | m_k, L_k L_k^T).

    Attributes:
      num_categories: K.
      continuous_dim: D.
      latent_dim: D + K.
    """

    def __init__(self, components: GaussianComponents):
        self.num_categories, self.continuous_dim = components.num_components, components.latent_dim
        super().__init__(self.continuous_dim + self.num_categories, name="conditional_gaussians")
        self.components = components

    def given(self, categories: tf.Tensor) -> Gaussian:
        """Means and variances of p(z | c) for one-hot categories [..., K], [..., D] each."""
        return picked(self.components.marginals(categories.dtype), categories)

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """log p(z | c) - log K of latents [z, c], [..., D + K] with one-hot c; [...], nats."""
        check_shape("z", z, ("...", self.latent_dim))
        continuous, categories = self.split(z)
        return self.components.log_density_given(continuous, categories) - math.log(self.num_categories)

    def split(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """z [..., D] and c [..., K] of latents [z, c]."""
        return z[..., : self.continuous_dim], z[..., self.continuous_dim :]

    def sample(self, num: int, seed: tf.Tensor, weights: Sequence[float] | np.ndarray | None = None) -> tf.Tensor:
        """`num` draws [num, D + K] of [z, c]: c from `weights` [K], uniform if None, then z from p(z | c).

        CP-VAE's figures take q(c) of Eq. 14, the average of q(c | x) over the training set, for the weights.

        Raises:
          ValueError: if the weights are not K probabilities.
        """
        which, noise = tf.unstack(tf.random.split(seed))
        logits = tf.math.log(tf.constant(self._checked(weights)))
        numbers = tf.random.stateless_categorical(logits[tf.newaxis], num, which)[0]
        return self.sample_given(self.one_hot(numbers), noise)

    def sample_given(self, categories: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Draws [..., D + K] of [z, c] for one-hot categories [..., K]."""
        return tf.concat([self.components.draw_given(categories, seed), categories], axis=-1)

    def one_hot(self, numbers: tf.Tensor | Sequence[int]) -> tf.Tensor:
        """Category numbers 0, ..., K - 1 as vectors [..., K].

        Raises:
          ValueError: if a number is no category of this model; tf.errors.InvalidArgumentError in compiled code.
        """
        numbers = tf.convert_to_tensor(numbers)
        if tf.executing_eagerly():
            wrong = [int(n) for n in np.ravel(numbers) if not 0 <= n < self.num_categories]
            if wrong:
                raise ValueError(f"categories has {wrong[0]}; the model has 0, ..., {self.num_categories - 1}")
        message = f"categories has a number outside 0, ..., {self.num_categories - 1}"
        known = tf.reduce_all((numbers >= 0) & (numbers < self.num_categories))
        made = tf.debugging.Assert(known, [message, numbers])
        with tf.control_dependencies([] if made is None else [made]):  # None if run eagerly
            return tf.one_hot(numbers, self.num_categories)

    def _checked(self, weights: Sequence[float] | np.ndarray | None) -> np.ndarray:
        if weights is None:
            return np.full(self.num_categories, 1.0 / self.num_categories)
        array = np.asarray(weights, np.float64)
        if array.shape != (self.num_categories,) or np.any(array < 0) or not abs(array.sum() - 1.0) < 1e-3:
            raise ValueError(
                f"weights must be {self.num_categories} probabilities that sum to 1, got shape {array.shape} with sum "
                f"{array.sum():.6g} and least value {array.min(initial=0):.6g}"
            )
        return array
