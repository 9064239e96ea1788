"""GP-VAE with exact inference (Pearce, 2020): the standard bound and the neural-process bound."""

from typing import Any

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import Network
from gpvae_tf.checks import check_fraction
from gpvae_tf.defaults import Facts, KernelChoice, kernel_for
from gpvae_tf.gp import gaussians
from gpvae_tf.latent_gps.exact import ExactGP, ExactPosterior
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.models.masks import sum_bound
from gpvae_tf.replicas import draws
from gpvae_tf.types import Batch, Bound


class GPVAE(LatentGPVAE):
    """The GP-VAE of Pearce (2020), SVGP-VAE Eq. 2: sum_i E_q[log p(y_i|z_i) - log q~(z_i|y_i)] + sum_l log Z_l.

    Args:
      encoder, decoder: see `LatentVariableModel`.
      kernel: any psd kernel of batch shape [] or [L].
      options: see `LatentGPVAE`.
    """

    latent_gp: ExactGP

    def __init__(self, encoder: Network, decoder: Network, kernel: kernels.Kernel, *, name: str = "gp_vae", **options):
        super().__init__(encoder, decoder, ExactGP(kernel), name=name, **options)

    @classmethod
    def prior_for(cls, facts: Facts, latent_dim: int, choice: KernelChoice) -> dict[str, Any]:
        return {"kernel": kernel_for(facts, latent_dim, choice)}


class NeuralProcessGPVAE(GPVAE):
    """`GPVAE` trained on the neural-process bound of Pearce (2020).

    Every step draws a context size, round(N(rn, r(1-r)n)) clipped to [2, n - 2] for n observed frames, and per data set
    a random context C of that size; with targets T the rest,

        sum_{i in T} E_q[log p(y_i | z_i)] + log Z(all) - log Z(C) - sum_{i in T} E_q[log q~(z_i | y_i)].

    Args:
      context_ratio: r, the expected share of frames in the context, in (0, 1).
    """

    can_hide = False

    def __init__(self, *args, context_ratio: float = 0.5, name: str = "neural_process_gp_vae", **options):
        super().__init__(*args, name=name, **options)
        self.context_ratio = check_fraction("context_ratio", context_ratio, positive=True)

    def elbo(self, batch: Batch, seed: tf.Tensor | None = None) -> Bound:
        """The bound above, one value per data set, [B], nats; a random context per call."""
        seed = self.seed_or_step(seed)
        noise_seed, context_seed = tf.unstack(tf.random.split(seed, 2))
        posterior = self.posterior(batch)
        assert isinstance(posterior, ExactPosterior)
        data = posterior.data
        observed = tf.ones(tf.shape(data.x)[:-1], tf.bool) if data.mask is None else data.mask
        context = draw_context(observed, self.context_ratio, context_seed)
        target = observed & ~context
        marginals = posterior.marginals()
        given = self.latent_gp.condition(data._replace(mask=context))
        cross_entropy = gaussians.expected_log_density(
            marginals, data.y, data.noise_variance, target[..., tf.newaxis, :]
        )
        parts = {
            "log_marginal_likelihood": posterior.log_marginal_likelihood - given.log_marginal_likelihood,
            "cross_entropy": -cross_entropy,
        }
        return sum_bound(self.log_likelihood(posterior, batch, noise_seed), target, parts)


def draw_context(observed: tf.Tensor, ratio: float, seed: tf.Tensor) -> tf.Tensor:
    """A random context mask [B, n] among the observed frames.

    A data set with n observed frames has round(rn + sqrt(r(1-r)n) e) of them in its context, clipped to [2, n - 2],
    with one standard normal e for all data sets. Of fewer than four frames two are context, or all there are.
    """
    size_seed, order_seed = tf.unstack(tf.random.split(seed, 2))
    n = tf.reduce_sum(tf.cast(observed, tf.float32), axis=-1, keepdims=True)
    size = ratio * n + tf.sqrt(ratio * (1.0 - ratio) * n) * tf.random.stateless_normal([], size_seed)
    size = tf.cast(tf.round(tf.clip_by_value(size, 2.0, tf.maximum(n - 2.0, 2.0))), tf.int32)
    keys = draws.uniform(tf.shape(observed), order_seed)
    keys = tf.where(observed, keys, tf.ones_like(keys))  # behind all that are observed, whose keys are below 1
    ranks = tf.argsort(tf.argsort(keys, axis=-1), axis=-1)
    return observed & (ranks < size)
