"""Inverse autoregressive flow (Kingma et al., 2016), whose maps depend on the image."""

from collections.abc import Sequence

import tensorflow as tf

from gpvae_tf._keras import check_network
from gpvae_tf.checks import at_least_one
from gpvae_tf.posteriors.base import Joint, Network, Posterior, encode
from gpvae_tf.posteriors.flow import FlowDistribution, Mapped
from gpvae_tf.posteriors.made import MADE
from gpvae_tf.posteriors.mean_field import DiagonalDistribution

FORGET_BIAS = 2.0  # s starts near sigmoid(2) = 0.88, so the flow starts near the identity


class IAFDistribution(FlowDistribution):
    """z_t = s_t * z_{t-1} + (1 - s_t) * m_t with (m_t, s_t) = MADE_t(z_{t-1}, context); log det = sum log s_t.

    Args:
      base: q(z_0 | y).
      context: features of the image that the maps take, [B, C].
      networks: MADE_1, ..., MADE_T.
    """

    def __init__(self, base: DiagonalDistribution, context: tf.Tensor, networks: Sequence[MADE]):
        super().__init__(base)
        self.context, self.networks = context, networks

    def _gate(self, network: MADE, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """m and log s, [S, B, L]."""
        shape = tf.concat([tf.shape(z)[:-1], tf.shape(self.context)[-1:]], axis=0)
        m, gate = network(z, tf.broadcast_to(self.context, shape))
        return m, tf.math.log_sigmoid(gate + FORGET_BIAS)

    def forward(self, z: tf.Tensor) -> Mapped:
        log_det = tf.zeros_like(z[..., 0])
        for network in self.networks:
            m, log_s = self._gate(network, z)
            z = m + tf.exp(log_s) * (z - m)
            log_det += tf.reduce_sum(log_s, axis=-1)
        return Mapped(z, log_det)

    def inverse(self, z: tf.Tensor) -> Mapped:
        log_det = tf.zeros_like(z[..., 0])
        for network in self.networks[::-1]:
            z = self._undone(network, z)
            log_det -= tf.reduce_sum(self._gate(network, z)[1], axis=-1)
        return Mapped(z, log_det)

    def _undone(self, network: MADE, output: tf.Tensor) -> tf.Tensor:
        """The z that `network` maps to `output`: the k-th of L sweeps finds the k-th entry of the network's order.

        The entries behind it stay 0 until then: what sweeps make of them before is wrong, and grows until it overflows
        where the map is strong.
        """

        def sweep(k: tf.Tensor, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            m, log_s = self._gate(network, z)
            return k + 1, tf.where(network.order == k, m + tf.exp(-log_s) * (output - m), z)

        start = tf.constant(1), tf.zeros_like(output)
        return tf.while_loop(lambda *_: True, sweep, start, maximum_iterations=output.shape[-1])[1]


class IAF(Posterior):
    """z_0 ~ N(mu(y), diag(v(y))), then T gated autoregressive maps; the order of the entries turns from map to map.

    A draw and its density take one pass through T small networks, the density of any other z takes L.

    Args:
      encoder: images -> [B, 2L + context_dim]: means, log variances, context.
      latent_dim: L.
      num_flows: T.
      context_dim: how many numbers the maps are told of the image.
      hidden_units: units of the hidden layer of each map's network.

    Raises:
      ValueError: if a number is below 1.
    """

    def __init__(
        self,
        encoder: Network,
        latent_dim: int,
        *,
        num_flows: int = 1,
        context_dim: int = 64,
        hidden_units: Sequence[int] = (320, 320),
    ):
        super().__init__(latent_dim, name="iaf")
        self.encoder = check_network(encoder, "encoder")
        self.context_dim = at_least_one("context_dim", context_dim)
        turns = range(at_least_one("num_flows", num_flows))
        self.networks = [MADE(latent_dim, context_dim, hidden_units, reverse=t % 2 == 1) for t in turns]

    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> IAFDistribution:
        mean, log_variance, context = encode(self.encoder, images, [self.latent_dim, self.latent_dim, self.context_dim])
        return IAFDistribution(DiagonalDistribution(mean, tf.exp(log_variance)), context, self.networks)
