"""What a CP-VAE's posterior says of z if no category is given: the posterior of the VAE that a CP-VAE starts from."""

import tensorflow as tf

from gpvae_tf._keras import call
from gpvae_tf.networks.gated import clip_log_variance
from gpvae_tf.posteriors.base import Joint, Posterior
from gpvae_tf.posteriors.categorical_gaussian import CategoricalGaussian
from gpvae_tf.posteriors.mean_field import DiagonalDistribution


class WithoutCategory(Posterior):
    """N(z; W_h h(y) + b, diag(v(y))): the heads of q(z | y, c) at c = 0, with the same weights.

    Args:
      posterior: q(z, c | y), whose features and heads are shared; what the heads add for a category is not used.
    """

    def __init__(self, posterior: CategoricalGaussian):
        super().__init__(posterior.continuous_dim, name="without_category")
        self.features, self.mean_head, self.log_variance_head = (
            posterior.features,
            posterior.mean_head,
            posterior.log_variance_head,
        )

    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> DiagonalDistribution:
        features = tf.cast(call(self.features, images), self.mean_head.kernel.dtype)
        log_variance = clip_log_variance(self.log_variance_head.of_features(features))
        return DiagonalDistribution(self.mean_head.of_features(features), tf.exp(log_variance))
