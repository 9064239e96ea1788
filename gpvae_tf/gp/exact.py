"""Exact GP regression with heteroscedastic noise, in the form that never inverts the kernel matrix.

With S = diag(s_i^-1/2) (zero for a missing point) everything comes from one factor, of B = I + S K S, whose eigenvalues
are at least 1: no jitter is needed, and missing points drop out exactly. Rasmussen & Williams (2006), Section 3.4.3;
the posterior is Eq. 1 of SVGP-VAE (Pearce, 2020).
"""

from typing import NamedTuple

import tensorflow as tf

from gpvae_tf.gp import linalg
from gpvae_tf.gp.gaussians import masked_sum
from gpvae_tf.gp.positive_definite import PositiveDefinite
from gpvae_tf.types import Gaussian


class ExactRegression(NamedTuple):
    """A conditioned GP, factorised once.

    Attributes:
      scale: [..., n], square roots of the noise precisions, zero where missing.
      covariance: of the data divided by their noise's standard deviations, I + S K S, [..., n, n].
      weights: [..., n], (K + diag(s))^-1 y.
      log_marginal_likelihood: [...], log N(y | 0, K + diag(s)) over the observed points, nats.
    """

    scale: tf.Tensor
    covariance: PositiveDefinite
    weights: tf.Tensor
    log_marginal_likelihood: tf.Tensor


def condition(
    k_nn: tf.Tensor, y: tf.Tensor, noise_variance: tf.Tensor, mask: tf.Tensor | None = None
) -> ExactRegression:
    """Conditions a zero-mean GP on y_i = f(x_i) + e_i, e_i ~ N(0, s_i).

    log Z = -1/2 [y^T (K + diag(s))^-1 y + log|I + S K S| + sum_i log(2 pi s_i)].

    Args:
      k_nn: [..., n, n] kernel matrix at the inputs.
      y, noise_variance: [..., n]; leading dimensions broadcast against k_nn's.
      mask: boolean, broadcastable to [..., n]; False points are removed.
    """
    precision, y = linalg.information(y, noise_variance, mask)
    scale = tf.sqrt(precision)  # [..., n]
    scaled = scale[..., :, tf.newaxis] * k_nn * scale[..., tf.newaxis, :]
    b = PositiveDefinite(linalg.add_to_diagonal(scaled, 1.0), name="I + S K_nn S")
    whitened = (scale * y)[..., tf.newaxis]
    weights = scale * tf.squeeze(b.solve(whitened), axis=-1)
    log_noise = masked_sum(linalg.LOG_2PI - tf.math.log(tf.where(precision > 0, precision, 1.0)), mask)
    log_z = -0.5 * (tf.squeeze(b.quadratic(whitened), axis=-1) + b.log_det() + log_noise)
    return ExactRegression(scale, b, weights, log_z)


def marginals(regression: ExactRegression, k_ns: tf.Tensor, k_ss_diag: tf.Tensor) -> Gaussian:
    """Posterior marginals at s query points: mean k_s^T (K + diag(s))^-1 y, variance k_ss - |L^-1 S k_s|^2.

    Args:
      regression: the result of `condition`.
      k_ns: [..., n, s] kernel matrix between the data and the queries.
      k_ss_diag: [..., s] prior variances at the queries.

    Returns:
      mean and variance [..., s]; the variance is that of the latent function, without noise.
    """
    mean = tf.linalg.matvec(k_ns, regression.weights, transpose_a=True)
    return Gaussian(mean, k_ss_diag - regression.covariance.quadratic(regression.scale[..., tf.newaxis] * k_ns))


def covariance(regression: ExactRegression, k_ns: tf.Tensor, k_ss: tf.Tensor) -> tf.Tensor:
    """Full posterior covariance [..., s, s] at the query points of `k_ns` [..., n, s], `k_ss` [..., s, s]."""
    return k_ss - regression.covariance.form(regression.scale[..., tf.newaxis] * k_ns)


def weights(regression: ExactRegression, k_ns: tf.Tensor) -> tf.Tensor:
    """The weights of y in the posterior means, (K + diag(s))^-1 k_ns, [..., n, s]; 0 for a missing point."""
    scale = regression.scale[..., tf.newaxis]
    return scale * regression.covariance.solve(scale * k_ns)
