"""Householder flow (Tomczak & Welling, 2016): a Gaussian whose axes are turned by reflections."""

import tensorflow as tf

from gpvae_tf._keras import check_network, keras
from gpvae_tf.checks import at_least_one
from gpvae_tf.posteriors.base import Joint, Network, Posterior, encode
from gpvae_tf.posteriors.flow import FlowDistribution, Mapped
from gpvae_tf.posteriors.mean_field import DiagonalDistribution


class HouseholderDistribution(FlowDistribution):
    """z = H_T ... H_1 z_0 with H_t = I - 2 v_t v_t^T / |v_t|^2.

    Args:
      base: q(z_0 | y).
      axes: v_1, ..., v_T, each [B, L].
    """

    def __init__(self, base: DiagonalDistribution, axes: list[tf.Tensor]):
        super().__init__(base)
        self.axes = [tf.math.l2_normalize(axis, axis=-1) for axis in axes]

    def forward(self, z: tf.Tensor) -> Mapped:
        return _reflected(z, self.axes)

    def inverse(self, z: tf.Tensor) -> Mapped:
        return _reflected(z, self.axes[::-1])

    def kl_standard_normal(self) -> tf.Tensor:
        """The KL of q_0: reflections leave N(0, I) as it is."""
        return self.base.kl_standard_normal()


def _reflected(z: tf.Tensor, axes: list[tf.Tensor]) -> Mapped:
    for axis in axes:
        z -= 2.0 * axis * tf.reduce_sum(axis * z, axis=-1, keepdims=True)
    return Mapped(z, tf.zeros_like(z[..., 0]))


class HouseholderFlow(Posterior):
    """z_0 ~ N(mu(y), diag(v(y))), then T reflections; v_1 comes from the encoder, v_t is linear in v_{t-1}.

    Args:
      encoder: images -> [B, 3L]: means, log variances, v_1.
      latent_dim: L.
      num_flows: T.

    Raises:
      ValueError: if latent_dim or num_flows is below 1.
    """

    def __init__(self, encoder: Network, latent_dim: int, *, num_flows: int = 1):
        super().__init__(latent_dim, name="householder_flow")
        self.encoder = check_network(encoder, "encoder")
        count = at_least_one("num_flows", num_flows) - 1
        self.axis_layers = [keras.layers.Dense(latent_dim, name=f"axis_{t + 2}") for t in range(count)]
        for layer in self.axis_layers:
            layer.build([None, latent_dim])

    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> HouseholderDistribution:
        mean, log_variance, axis = encode(self.encoder, images, 3 * [self.latent_dim])
        axes = [axis]
        for layer in self.axis_layers:
            axes.append(tf.cast(layer(axes[-1]), axis.dtype))
        return HouseholderDistribution(DiagonalDistribution(mean, tf.exp(log_variance)), axes)
