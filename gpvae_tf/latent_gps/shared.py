"""Global latent channels: one latent per object, seen by all its images (FGP-VAE; Jazbec, Pearce & Fortuin, 2020)."""

import math

import tensorflow as tf

from gpvae_tf.gp import linalg
from gpvae_tf.latent_gps.base import TINY_VARIANCE, LatentGP, Range
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.latent_gps.regression import RegressionPosterior
from gpvae_tf.types import Gaussian


class ObjectPosterior(RegressionPosterior):
    """The posterior where all frames of an object share one latent per channel, from q(z).

    Attributes:
      z: mean and variance of the latents, [..., L].
    """

    def __init__(self, data: LatentDataset, z: Gaussian):
        self.data, self.z = data, z

    def constant(self, x: tf.Tensor) -> Gaussian:
        """Mean and variance of z at every row of x [..., s, D], [..., L, s]."""
        rows = tf.reduce_sum(tf.zeros_like(x), axis=-1)[..., tf.newaxis, :]  # [..., 1, s]
        return Gaussian(*(part[..., tf.newaxis] + rows for part in self.z))

    def marginals(self) -> Gaussian:
        return self.constant(self.data.x)

    def draw(self, noise: tf.Tensor, variance_range: Range = (TINY_VARIANCE, math.inf)) -> tf.Tensor:
        """One z per object and channel, made of the first frame's noise and shared by all frames."""
        return super().draw(noise[..., :1], variance_range)


class SharedPosterior(ObjectPosterior):
    """q(z) of a latent z ~ N(0, 1) that every image of an object observes with its own noise (FGP-VAE Appendix B).

        variance = 1 / (1 + sum_q 1 / v_q),    mean = variance * sum_q y_q / v_q,
        log Z = log N(y | 0, 11^T + diag(v)) = 1/2 [log variance - mean^2] + sum_q log N(y_q | mean, v_q).

    log Z is Appendix B's quotient of Gaussians with the square completed, so that no large terms cancel; O(n).
    """

    def __init__(self, data: LatentDataset):
        precision, y = linalg.information(data.y, data.noise_variance, data.channel_mask)
        variance = tf.math.reciprocal(1.0 + tf.reduce_sum(precision, axis=-1))
        super().__init__(data, Gaussian(variance * tf.reduce_sum(precision * y, axis=-1), variance))

    @property
    def log_marginal_likelihood(self) -> tf.Tensor:
        mean, variance = self.z
        point = Gaussian(mean[..., tf.newaxis], tf.zeros_like(mean)[..., tf.newaxis])
        return 0.5 * (tf.math.log(variance) - tf.square(mean)) + self.expected_log_density(point)

    def predict(self, x: tf.Tensor) -> Gaussian:
        """Means and variances of z, which is the same at every input, seen or new."""
        return self.constant(x)

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The covariance has rank one: the variance of z everywhere."""
        mean, variance = self.predict(x)
        return mean, variance[..., tf.newaxis] + tf.zeros_like(variance)[..., tf.newaxis, :]


class SharedGaussian(LatentGP):
    """Latents that are constant within a data set and independent between them: k(x, x') = 1, i.e. delta_{d,d'}.

    The kernel k^2 of FGP-VAE Section 3, the limit of any stationary kernel of unit variance as its length scale grows.
    It serves any number of channels and any inputs, which it ignores; hence it extrapolates to new objects.

    Args:
      dtype: dtype of the algebra.
    """

    part_names = ("log_marginal_likelihood", "cross_entropy")
    posterior_class: type[SharedPosterior] = SharedPosterior

    def __init__(self, dtype: tf.DType | str = "float64"):
        super().__init__(tf.as_dtype(dtype), name="shared_gaussian")

    def condition(self, data: LatentDataset) -> SharedPosterior:
        return self.posterior_class(data.checked())

    def prior_covariance(self, x: tf.Tensor) -> tf.Tensor:
        size = tf.shape(x)[-2]
        return tf.ones(tf.concat([tf.shape(x)[:-2], [1, size, size]], axis=0), self.dtype)
