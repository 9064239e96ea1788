"""The mixture encoder (ME): q(z | y) = sum_m alpha_m(y) q_m(z | y), each q_m with an encoder of its own."""

from collections.abc import Sequence

import tensorflow as tf

from gpvae_tf._keras import check_network
from gpvae_tf.checks import at_least_one
from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.posteriors.base import (
    Draws,
    Joint,
    Network,
    Posterior,
    PosteriorDistribution,
    WeightedDraws,
    encode,
)
from gpvae_tf.posteriors.mean_field import DiagonalDistribution
from gpvae_tf.types import Gaussian


class MixtureDistribution(PosteriorDistribution):
    """q(z | y) = sum_m alpha_m N(z; mean_m, diag(variance_m)).

    Args:
      components: means and variances, [M, B, L].
      log_weights: log alpha, [M, B].
    """

    def __init__(self, components: Gaussian, log_weights: tf.Tensor):
        self.components, self.log_weights = components, log_weights

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        log_probs = diagonal_gaussians.log_density(z[:, tf.newaxis], self.components)  # [S, M, B]
        return tf.reduce_logsumexp(self.log_weights + log_probs, axis=1)

    def sample(self, num_samples: int, seed: tf.Tensor) -> Draws:
        """Draws for evaluation. The choice of a component has no gradient; `weighted` draws from all of them."""
        which, noise = tf.unstack(tf.random.split(seed))
        picked = tf.random.stateless_categorical(tf.transpose(self.log_weights), num_samples, which)  # [B, S]
        chosen = []
        for part in self.components:
            per_image = tf.gather(tf.transpose(part, [1, 0, 2]), picked, batch_dims=1)  # [B, S, L]
            chosen.append(tf.transpose(per_image, [1, 0, 2]))
        z = DiagonalDistribution(*chosen).sample(1, noise).z[0]
        return Draws(z, self.log_prob(z))

    def weighted(self, num_samples: int, seed: tf.Tensor) -> WeightedDraws:
        """Stratified: `num_samples` draws from every component, weighted by alpha_m, [S M, B, L]."""
        z = DiagonalDistribution(*self.components).sample(num_samples, seed).z  # [S, M, B, L]
        z = tf.reshape(z, tf.concat([[-1], tf.shape(z)[2:]], axis=0))
        return WeightedDraws(z, self.log_prob(z), self.strata(num_samples))

    def strata(self, num_samples: int) -> tf.Tensor:
        """The weights of stratified draws, [S M, B]."""
        return tf.tile(tf.exp(self.log_weights), [num_samples, 1]) / num_samples

    @property
    def mean(self) -> tf.Tensor:
        return tf.reduce_sum(tf.exp(self.log_weights)[..., tf.newaxis] * self.components.mean, axis=0)


class Mixture(Posterior):
    """M encoders, mixed by a network; one encoder alone is the plain VAE's posterior.

    Args:
      encoders: M networks, images -> [B, 2L], means and log variances.
      weights: images -> logits of alpha, [B, M]; None for one encoder.
      latent_dim: L.

    Raises:
      ValueError: if there is no encoder, or no `weights` for several.
    """

    def __init__(self, encoders: Sequence[Network], weights: Network | None, latent_dim: int):
        super().__init__(latent_dim, name="mixture")
        self.encoders = checked_components(encoders)
        if len(encoders) > 1:
            self.weights = check_network(weights, "weights")

    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> PosteriorDistribution:
        components = encode_components(self.encoders, images, self.latent_dim)
        if len(self.encoders) == 1:
            return DiagonalDistribution(*(part[0] for part in components))
        (logits,) = encode(self.weights, images, [len(self.encoders)])
        return MixtureDistribution(components, tf.transpose(tf.nn.log_softmax(logits)))


def checked_components(encoders: Sequence[Network]) -> list[Network]:
    """The encoders of a mixture.

    Raises:
      ValueError: if there is none.
    """
    at_least_one("the number of encoders", len(encoders))
    return [check_network(encoder, f"encoders[{m}]") for m, encoder in enumerate(encoders)]


def encode_components(encoders: Sequence[Network], images: tf.Tensor, latent_dim: int) -> Gaussian:
    """Means and variances [M, B, L] of all components."""
    outputs = [encode(encoder, images, 2 * [latent_dim]) for encoder in encoders]
    means, log_variances = (tf.stack(parts) for parts in zip(*outputs))
    return Gaussian(means, tf.exp(log_variances))
