"""The terms of CP-VAE's bound that depend on a draw of the category: E_q[log p(y | z, c)] and B2 of Eq. 8.

The choices differ in cost and in what they cost the bound; `as_coded.cp_estimator` has the authors' own:

    enumerate          K decodes, a valid bound, exact gradient in q(c | y)
    straight_through   1 decode, a valid bound at one draw of c; the gradient passes through the relaxed draw
    relaxed            1 decode of a relaxed c, no bound: c carries more than the category that B1 pays for
"""

import abc
from typing import Protocol

import tensorflow as tf

from gpvae_tf.checks import check_positive
from gpvae_tf.gp import categorical
from gpvae_tf.models.cp_temperatures import Annealed, Temperature, at_step
from gpvae_tf.posteriors.categorical_gaussian import CategoricalGaussianDistribution
from gpvae_tf.priors import ConditionalGaussians
from gpvae_tf.saving import Configurable

Terms = tuple[tf.Tensor, tf.Tensor]


class Generative(Protocol):
    """The attributes of a CP-VAE, or of its view through a mask, that an estimator uses."""

    num_samples: int
    steps: tf.Variable
    prior: ConditionalGaussians

    def log_likelihood(self, images: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """log p(y | z, c) of images [B, H, W, C] and latents [S, B, D + K]; [S, B]."""


class Estimator(Configurable, abc.ABC):
    """Estimates both terms for a batch, [B] each, nats.

    Attributes:
      is_relaxed: whether c is a relaxed vector, so that the result is no lower bound.
    """

    is_relaxed = False

    @abc.abstractmethod
    def __call__(
        self, model: Generative, q: CategoricalGaussianDistribution, images: tf.Tensor, seed: tf.Tensor
    ) -> Terms:
        """E_q[log p(y | z, c)] and sum_k q(c_k | y) KL(q(z | y, c_k) || p(z | c_k))."""


def exact_kl(model: Generative, q: CategoricalGaussianDistribution) -> tf.Tensor:
    """B2, with q(z | y, c_k) of every category; [B], nats."""
    return categorical.expected(q.logits, model.prior.components.kls_from(q))


class Enumerate(Estimator):
    """sum_k q(c_k | y) log p(y | z_k, c_k), z_k from q(z | y, c_k): nothing about c is drawn."""

    def __call__(
        self, model: Generative, q: CategoricalGaussianDistribution, images: tf.Tensor, seed: tf.Tensor
    ) -> Terms:
        draws = q.weighted(model.num_samples, seed)
        return draws.mean(model.log_likelihood(images, draws.z)), exact_kl(model, q)


class Relaxed(Estimator):
    """log p(y | z, c) at one Gumbel-softmax draw of c, the same in encoder and decoder (Eq. 11).

    Args:
      temperature: temperature of the draw, a positive number or a schedule; `Annealed()` if None.

    Raises:
      ValueError: if the temperature is a number that is not positive.
    """

    is_relaxed = True

    def __init__(self, temperature: Temperature | None = None):
        if temperature is not None and not callable(temperature):
            check_positive(temperature=temperature)
        self.temperature = Annealed() if temperature is None else temperature

    def __call__(
        self, model: Generative, q: CategoricalGaussianDistribution, images: tf.Tensor, seed: tf.Tensor
    ) -> Terms:
        which, noise = tf.unstack(tf.random.split(seed))
        z = q.draw(self.category(model, q, which), noise)
        return tf.reduce_mean(model.log_likelihood(images, z), axis=0), exact_kl(model, q)

    def category(self, model: Generative, q: CategoricalGaussianDistribution, seed: tf.Tensor) -> tf.Tensor:
        """A draw of c for every sample, [S, B, K]."""
        shape = tf.concat([[model.num_samples], tf.shape(q.logits)], axis=0)
        temperature = at_step(self.temperature, model.steps)
        return categorical.gumbel_softmax(tf.broadcast_to(q.logits, shape), temperature, seed)


class StraightThrough(Relaxed):
    """`Relaxed` at the one-hot vector of the draw's largest entry, which is a draw of q(c | y)."""

    is_relaxed = False

    def category(self, model: Generative, q: CategoricalGaussianDistribution, seed: tf.Tensor) -> tf.Tensor:
        return categorical.straight_through(super().category(model, q, seed))
