"""The estimator of the authors' CP-VAE code (docs/deviations.md, C3): two relaxed draws of the category, its own B2."""

import tensorflow as tf

from gpvae_tf.gp import categorical, diagonal_gaussians
from gpvae_tf.models.cp_estimators import Generative, Relaxed, Terms
from gpvae_tf.posteriors.categorical_gaussian import CategoricalGaussianDistribution


class AsCoded(Relaxed):
    """The estimator of macio232/cp-vae (0ceb836): one relaxed draw conditions q(z | y, c), another goes to the decoder.

    B2 has the q(z | y, c) of that first draw in every term: sum_k q(c_k | y) KL(q(z | y, c) || p(z | c_k)).
    """

    def __call__(
        self, model: Generative, q: CategoricalGaussianDistribution, images: tf.Tensor, seed: tf.Tensor
    ) -> Terms:
        first, second, noise = tf.unstack(tf.random.split(seed, 3))
        encoded = self.category(model, q, first)
        z, _ = model.prior.split(q.draw(encoded, noise))
        latents = tf.concat([z, self.category(model, q, second)], axis=-1)
        kls = diagonal_gaussians.kl_to_components(q.given(encoded), model.prior.components(q.logits.dtype))
        kl = categorical.expected(q.logits, kls)  # [S, B]
        return tf.reduce_mean(model.log_likelihood(images, latents), axis=0), tf.reduce_mean(kl, axis=0)
