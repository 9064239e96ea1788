"""What a CP-VAE's posterior says of z if no category is given: the posterior of the VAE that a CP-VAE starts from."""

import tensorflow as tf

from gpvae_tf._keras import call
from gpvae_tf.networks.category_head import CategoryHead
from gpvae_tf.networks.gated import clip_log_variance
from gpvae_tf.posteriors.base import Joint, Network, Posterior
from gpvae_tf.posteriors.mean_field import DiagonalDistribution


class WithoutCategory(Posterior):
    """N(z; W_h h(y) + b, diag(v(y))): the heads of q(z | y, c) at c = 0, with the same weights.

    Args:
      features: of q(z, c | y), a `CategoricalGaussian`: images [B, H, W, C] -> h [B, units].
      mean_head, log_variance_head: the same posterior's; what they add for a category is not used.
    """

    def __init__(self, features: Network, mean_head: CategoryHead, log_variance_head: CategoryHead):
        super().__init__(mean_head.bias.shape[0], name="without_category")
        self.features, self.mean_head, self.log_variance_head = features, mean_head, log_variance_head

    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> DiagonalDistribution:
        features = tf.cast(call(self.features, images), self.mean_head.kernel.dtype)
        log_variance = clip_log_variance(self.log_variance_head.of_features(features))
        return DiagonalDistribution(self.mean_head.of_features(features), tf.exp(log_variance))
