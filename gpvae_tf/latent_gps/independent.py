"""No GP: K = I, the factorized prior of a standard VAE, in the same posterior form as the others."""

from collections.abc import Mapping

import tensorflow as tf

from gpvae_tf.gp import gaussians, linalg
from gpvae_tf.latent_gps.base import LatentGP, LatentPosterior
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.types import Gaussian


class IndependentPosterior(LatentPosterior):
    """q(z_i) proportional to N(z_i; y_i, s_i) N(z_i; 0, 1): mean y / (1 + s), variance s / (1 + s)."""

    def __init__(self, prior: "Independent", data: LatentDataset):
        self._prior, self.data = prior, data

    def marginals(self) -> Gaussian:
        precision, y = linalg.information(self.data.y, self.data.noise_variance, self.data.channel_mask)
        variance = tf.math.reciprocal(1.0 + precision)
        return Gaussian(variance * precision * y, variance)

    def predict(self, x: tf.Tensor) -> Gaussian:
        """A latent at a new input is independent of all others: N(0, 1)."""
        shape = tf.concat([tf.shape(self.data.y)[:-1], tf.shape(x)[-2:-1]], axis=0)
        return Gaussian(tf.zeros(shape, self._prior.dtype), tf.ones(shape, self._prior.dtype))

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        mean, variance = self.predict(x)
        return mean, tf.linalg.diag(variance)

    def regularizer(self) -> Mapping[str, tf.Tensor]:
        return {"kl": -gaussians.kl_standard_normal(self.marginals(), self.data.channel_mask)}


class Independent(LatentGP):
    """Latents that are independent standard normal (SVGP-VAE Section 3.1: "setting K_NN = I").

    The posterior still multiplies the encoder's Gaussian with the prior (Eq. 1), as the authors' VAE baseline does, so
    its bound is comparable to the others' term by term.
    """

    part_names = ("kl",)
    predicts_own_points, shares_points = False, True

    def __init__(self, dtype: str = "float64"):
        super().__init__(tf.as_dtype(dtype), name="independent")

    def condition(self, data: LatentDataset) -> IndependentPosterior:
        return IndependentPosterior(self, data.checked())

    def kernel_inputs(self, x: tf.Tensor) -> tf.Tensor:
        """None of the columns: there is no kernel."""
        return x[..., :0]

    def prior_covariance(self, x: tf.Tensor) -> tf.Tensor:
        return tf.eye(tf.shape(x)[-2], batch_shape=tf.concat([tf.shape(x)[:-2], [1]], 0), dtype=self.dtype)
