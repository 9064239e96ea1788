"""Recursive mixture estimation (RME; Kim & Pavlovic, 2020): every component repairs what the mixture before it lacks.

The paper's text and code are not public. What is here follows its abstract and the functional gradient: the step from
Q to (1 - eps) Q + eps q lowers KL(Q || p(z | y)) the most for the q that maximises ELBO(q) + KL(q || Q)
(docs/deviations.md, G4).
"""

import math
from collections.abc import Sequence

import tensorflow as tf

from gpvae_tf._keras import check_network
from gpvae_tf.checks import at_least_one, check_positive
from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.posteriors.base import Joint, Network, Posterior, PosteriorDistribution, WeightedDraws, encode
from gpvae_tf.posteriors.mean_field import DiagonalDistribution
from gpvae_tf.posteriors.mixture import MixtureDistribution, checked_components, encode_components
from gpvae_tf.types import Gaussian

_CLOSED = -1e4  # logit of a component that has not joined yet
_LEAST_WEIGHT = 1e-6


class RecursiveMixtureDistribution(MixtureDistribution):
    """Q_M = sum_m alpha_m q_m with the gradients of RME; its densities and draws are those of a mixture.

    Args:
      components: means and variances, [M, B, L].
      stages: log weights of Q_1, ..., Q_M, [M, M, B]; -inf for components that a stage lacks.
      trained: [M], 1 for components that are trained, 0 for others.
      kl_bound: C, nats.
    """

    def __init__(self, components: Gaussian, stages: tf.Tensor, trained: tf.Tensor, kl_bound: float):
        super().__init__(components, stages[-1])
        self.stages, self.trained, self.kl_bound = stages, trained, kl_bound

    def weighted(self, num_samples: int, seed: tf.Tensor) -> WeightedDraws:
        """Stratified draws that give one bound the gradients of all parts.

        Its value, and its gradients to decoder, prior and alpha, are those of ELBO(Q_M) with fixed components. The
        gradient to component m is that of ELBO(q_m) + min(KL(q_m || Q_{m-1}), C) with fixed Q_{m-1}: the draws, and a
        term of value 0 beside log Q_M, carry 1 / alpha_m times their gradient, which the weights alpha_m undo.
        """
        z, own = DiagonalDistribution(*self.components).sample(num_samples, seed)  # [S, M, B, L], log q_m [S, M, B]
        fixed = Gaussian(*(tf.stop_gradient(part) for part in self.components))
        # Of the draws of every component under every component, [S, M, M, B].
        log_q = lambda z: diagonal_gaussians.log_density(z[:, :, tf.newaxis], fixed)
        before = tf.reduce_logsumexp(tf.stop_gradient(self.stages[:-1]) + log_q(z)[:, 1:], axis=2)  # log Q_{m-1}
        kl = tf.reduce_mean(own[:, 1:] - before, axis=0)
        # E_q[log p - log q] + KL(q || Q) = E_q[log p - log Q]; at the bound the KL has no gradient
        subtracted = tf.concat([own[:, :1], tf.where(kl < self.kl_bound, before, own[:, 1:])], axis=1)
        log_mixture = tf.reduce_logsumexp(self.log_weights + log_q(tf.stop_gradient(z)), axis=2)

        alpha = tf.stop_gradient(tf.exp(self.log_weights))
        gain = self.trained[:, tf.newaxis] / tf.maximum(alpha, _LEAST_WEIGHT)  # [M, B]
        z = tf.stop_gradient(z) + gain[..., tf.newaxis] * (z - tf.stop_gradient(z))
        log_prob = log_mixture + gain * (subtracted - tf.stop_gradient(subtracted))
        flat = lambda tensor: tf.reshape(tensor, tf.concat([[-1], tf.shape(tensor)[2:]], axis=0))
        return WeightedDraws(flat(z), flat(log_prob), self.strata(num_samples))


class RecursiveMixture(Posterior):
    """Q_m = (1 - eps_m(y)) Q_{m-1} + eps_m(y) q_m, m = 2, ..., M; one encoder alone is the plain VAE's posterior.

    Args:
      encoders: M networks, images -> [B, 2L], means and log variances.
      weights: M - 1 networks, images -> [B, 1], the logits of eps_2, ..., eps_M.
      latent_dim: L.
      kl_bound: C > 0, nats: a component gains nothing by fleeing further than that from the mixture before it.
      steps_per_component: None trains all components from the first step. A number trains them one after the other
        for so many steps each: those before are fixed, those after are left out, the last one trains to the end. It
        is the model's count of steps that decides, so a new model around a trained posterior should have None.

    Raises:
      ValueError: if numbers of networks do not fit, or an option is out of its range.
    """

    def __init__(
        self,
        encoders: Sequence[Network],
        weights: Sequence[Network],
        latent_dim: int,
        *,
        kl_bound: float = 500.0,
        steps_per_component: int | None = None,
    ):
        super().__init__(latent_dim, name="recursive_mixture")
        self.encoders = checked_components(encoders)
        if len(weights) != len(encoders) - 1:
            raise ValueError(
                f"weights has {len(weights)} networks; expected one less than encoders, {len(encoders) - 1}"
            )
        self.weights = [check_network(network, f"weights[{m}]") for m, network in enumerate(weights)]
        check_positive(kl_bound=kl_bound)
        if steps_per_component is not None:
            steps_per_component = at_least_one("steps_per_component", steps_per_component)
        self.kl_bound, self.steps_per_component = kl_bound, steps_per_component

    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> PosteriorDistribution:
        components = encode_components(self.encoders, images, self.latent_dim)
        count = len(self.encoders)
        if count == 1:
            return DiagonalDistribution(*(part[0] for part in components))
        logits = tf.stack([encode(network, images, [1])[0][:, 0] for network in self.weights])  # [M - 1, B]
        trained = tf.ones([count], logits.dtype)
        if self.steps_per_component is not None and joint is not None:
            newest = tf.minimum(tf.cast(joint.steps, tf.int32) // self.steps_per_component, count - 1)
            trained = tf.one_hot(newest, count, dtype=logits.dtype)
            number = tf.range(1, count)[:, tf.newaxis]
            logits = tf.where(number == newest, logits, tf.stop_gradient(logits))
            logits = tf.where(number <= newest, logits, _CLOSED)
        return RecursiveMixtureDistribution(components, _stages(logits), trained, self.kl_bound)


def _stages(logits: tf.Tensor) -> tf.Tensor:
    """Log weights of Q_1, ..., Q_M, [M, M, B], from the logits [M - 1, B] of eps_2, ..., eps_M."""
    absent = tf.fill(tf.shape(logits), tf.constant(-math.inf, logits.dtype))
    stages = [tf.concat([tf.zeros_like(logits[:1]), absent], axis=0)]
    for m in range(1, logits.shape[0] + 1):
        older = stages[-1][:m] + tf.math.log_sigmoid(-logits[m - 1])
        stages.append(tf.concat([older, tf.math.log_sigmoid(logits[m - 1 : m]), absent[m:]], axis=0))
    return tf.stack(stages)
