"""The Laplace posterior of VLAE (Park et al., 2019): a full-covariance Gaussian from the linearised decoder."""

import tensorflow as tf

from gpvae_tf._keras import check_network
from gpvae_tf.checks import at_least_one, check_choice
from gpvae_tf.gp import linear_gaussian
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.posteriors.base import Draws, Joint, Network, Posterior, PosteriorDistribution, encode
from gpvae_tf.posteriors.linearization import check_dense, dense_tangents, forward_tangents
from gpvae_tf.priors.standard_normal import StandardNormal
from gpvae_tf.replicas import draws

JACOBIANS = {"dense": dense_tangents, "forward": forward_tangents}


class LaplaceApproximation(PosteriorDistribution):
    """q(z | y) = N(z; mean, A^-1).

    Args:
      mean: [B, L].
      factor: Cholesky factor of the precision A, [B, L, L].
      dtype: dtype of draws and results; the algebra keeps that of its arguments.
    """

    def __init__(self, mean: tf.Tensor, factor: tf.Tensor, dtype: tf.DType):
        self._mean, self.factor, self.dtype = mean, factor, dtype

    def sample(self, num_samples: int, seed: tf.Tensor) -> Draws:
        shape = tf.concat([[num_samples], tf.shape(self._mean)], axis=0)
        noise = draws.normal(shape, seed, self._mean.dtype, lead=1)
        z = linear_gaussian.draw(self._mean, self.factor, noise)
        log_prob = linear_gaussian.log_density(z, self._mean, self.factor)
        return Draws(tf.cast(z, self.dtype), tf.cast(log_prob, self.dtype))

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        z = tf.cast(z, self._mean.dtype)
        return tf.cast(linear_gaussian.log_density(z, self._mean, self.factor), self.dtype)

    @property
    def mean(self) -> tf.Tensor:
        return tf.cast(self._mean, self.dtype)

    def kl_standard_normal(self) -> tf.Tensor:
        return tf.cast(linear_gaussian.kl_standard_normal(self._mean, self.factor), self.dtype)


class Laplace(Posterior):
    """q(z | y) = N(mu_T, A^-1), A = I + J^T J / s at mu_T, from the encoder's mu_0 by T damped Newton steps.

    With the decoder's linearisation g(z) ~ g(mu_t) + J (z - mu_t), whose posterior mean is mu', a step is

        mu_{t+1} = (1 - a_t) mu_t + a_t mu',   a_t = update_rate / (t + 1).

    Everything is differentiated in training. An affine decoder with update_rate 1 gives the exact posterior.

    Args:
      encoder: images -> mu_0, [B, L].
      latent_dim: L.
      num_steps: T, called linearisation steps in the paper.
      update_rate: a_0, in (0, 1]; 0.5 in the authors' code.
      jacobian: "dense" multiplies the weights of a fully connected decoder; "forward" takes any decoder, by L
        Jacobian-vector products.
      gp_dtype: dtype of the algebra.

    Raises:
      ValueError: if a number or name is out of its range. When a model is built: if its likelihood is not Gaussian, its
        prior not N(0, I), or its decoder not fully connected and `jacobian` "dense".
    """

    def __init__(
        self,
        encoder: Network,
        latent_dim: int,
        *,
        num_steps: int = 4,
        update_rate: float = 0.5,
        jacobian: str = "dense",
        gp_dtype: str = "float64",
    ):
        super().__init__(latent_dim, name="laplace")
        self.encoder = check_network(encoder, "encoder")
        if not 0.0 < update_rate <= 1.0:
            raise ValueError(f"update_rate must lie in (0, 1], got {update_rate}")
        check_choice("jacobian", jacobian, JACOBIANS)
        self.num_steps, self.update_rate = at_least_one("num_steps", num_steps), update_rate
        self.jacobian, self.dtype = jacobian, tf.as_dtype(gp_dtype)

    def check_joint(self, joint: Joint) -> None:
        if not isinstance(joint.likelihood, GaussianLikelihood):
            raise ValueError(f"likelihood must be Gaussian for this posterior, got {type(joint.likelihood).__name__}")
        if not isinstance(joint.prior, StandardNormal):
            raise ValueError(f"prior must be StandardNormal for this posterior, got {type(joint.prior).__name__}")
        if self.jacobian == "dense":
            check_dense(joint.decoder)

    def condition(
        self, images: tf.Tensor, joint: Joint | None = None, seed: tf.Tensor | None = None
    ) -> LaplaceApproximation:
        """q at mu_T.

        Raises:
          ValueError: without a generative model.
        """
        if joint is None:
            raise ValueError("joint is None: Laplace inference needs the generative model")
        (mean,) = encode(self.encoder, images, [self.latent_dim])
        mean, pixels = tf.cast(mean, self.dtype), tf.cast(tf.reshape(images, [tf.shape(images)[0], -1]), self.dtype)
        for step in range(self.num_steps):
            output, tangents, noise = self._linearized(joint, mean, images)
            residual = pixels - output + tf.linalg.matvec(tangents, mean, transpose_a=True)
            factor = linear_gaussian.precision_factor(tangents, noise)
            newton = linear_gaussian.posterior_mean(factor, tangents, residual, noise)
            mean += self.update_rate / (step + 1.0) * (newton - mean)
        _, tangents, noise = self._linearized(joint, mean, images)
        return LaplaceApproximation(mean, linear_gaussian.precision_factor(tangents, noise), images.dtype)

    def _linearized(self, joint: Joint, mean: tf.Tensor, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Decoder's output [B, P], tangents [B, L, P] and pixel variances [B, P], in the dtype of the algebra."""
        output, tangents = JACOBIANS[self.jacobian](joint.decoder, tf.cast(mean, images.dtype))
        variance = tf.reshape(joint.likelihood.variance(tf.reshape(output, tf.shape(images))), tf.shape(output))
        if joint.observed is not None:  # what was not observed tells nothing of z: it has no slope
            seen = tf.reshape(joint.observed, tf.shape(output))[:, tf.newaxis]
            tangents = tf.where(seen, tangents, tf.zeros_like(tangents))
        return tuple(tf.cast(part, self.dtype) for part in (output, tangents, variance))
