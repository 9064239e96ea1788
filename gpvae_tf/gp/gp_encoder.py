"""The GP encoder of Kim & Pavlovic (2021): its moments, its KLs, and E log y^2 of a Gaussian, in closed form.

f_j(x) = w_j^T psi_m(x) and h_j(x) = u_j^T psi_s(x) with q(w_j) = N(mu_j, L_j L_j^T) and q(u_j) alike are all that is
random in q(z | x, W, U) = N(b + f, Diag(c + h)^2). Given x they are scalar Gaussians, one per latent dimension.
Factors are never multiplied out: Sigma_j = L_j L_j^T would cost L p^3, the products here cost B L p^2.
"""

import math

import numpy as np
import tensorflow as tf
from scipy import fft, special

from gpvae_tf.replicas import draws
from gpvae_tf.types import Gaussian

# E log y^2 is written in the angle theta = 2 atan2(sqrt(k) s, |a|), at which mu / s = 0 and infinity are inner points.
_K = 8.0
_TERMS = {tf.float32: 24, tf.float64: 40}  # cosine coefficients that exceed rounding


def project(features: tf.Tensor, mean: tf.Tensor, factor: tf.Tensor, *, width: int | None = None) -> Gaussian:
    """Moments of w_j^T psi for w_j ~ N(mean_j, L_j L_j^T), all j in one batched product per block of columns.

    Args:
      features: psi, [B, p].
      mean: [L, p].
      factor: L_j, lower triangular, [L, p, p].
      width: columns of L_j per product, which leaves the rows above them out; all columns in one product if None. With
        p / 8 columns 9/16 of the multiplications remain. A gradient through the slices costs more than they save.

    Returns:
      mean_j^T psi and |L_j^T psi|^2, each [B, L].
    """
    size, squares = factor.shape[-1], []
    width = width or size
    for start in range(0, size, width):
        rotated = tf.matmul(features[tf.newaxis, :, start:], factor[:, start:, start : start + width])
        squares.append(tf.reduce_sum(tf.math.square(rotated), axis=-1))  # [L, B]
    return Gaussian(tf.matmul(features, mean, transpose_b=True), tf.transpose(tf.add_n(squares)))


def project_diagonal(features: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor) -> Gaussian:
    """Moments of w_j^T psi as in `project`, but for w_j ~ N(mean_j, diag(scale_j^2)), scale [L, p]."""
    variance = tf.matmul(tf.math.square(features), tf.math.square(scale), transpose_b=True)
    return Gaussian(tf.matmul(features, mean, transpose_b=True), variance)


def weights_kl(mean: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """sum_j KL(N(mean_j, L_j L_j^T) || N(0, I)), nats, a scalar (last term of Eq. 15).

    = 1/2 sum_j [|mean_j|^2 + |L_j|_F^2 - p - 2 sum_i log L_j,ii].

    Args:
      mean: [L, p].
      factor: lower triangular with a positive diagonal, [L, p, p].
    """
    diagonal = tf.linalg.diag_part(factor)
    below = tf.linalg.set_diag(factor, tf.zeros_like(diagonal))
    return weights_kl_diagonal(mean, diagonal) + 0.5 * tf.reduce_sum(tf.math.square(below))


def weights_kl_diagonal(mean: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """sum_j KL(N(mean_j, diag(scale_j^2)) || N(0, I)), nats, a scalar; mean and scale [L, p]."""
    terms = tf.math.square(mean) + tf.math.square(scale) - 1.0 - 2.0 * tf.math.log(scale)
    return 0.5 * tf.reduce_sum(terms)


def marginal(b: tf.Tensor, c: tf.Tensor, f: Gaussian, h: Gaussian) -> Gaussian:
    """q(z | x) with W and U integrated out, first two moments (Eq. 13); [B, L].

    m = b + E f,  v = (c + E h)^2 + V f + V h. That is Eq. 13 with the square completed, so v cannot become negative.

    Args:
      b, c: mean and standard deviation of the base encoder, [B, L]; c may be negative.
      f, h: moments of f(x) and h(x), [B, L].
    """
    return Gaussian(b + f.mean, tf.math.square(c + h.mean) + f.variance + h.variance)


def expected_kl(q: Gaussian, expected_log_variance: tf.Tensor) -> tf.Tensor:
    """E_{q(W,U)} KL(q(z | x, W, U) || N(0, I)) = 1/2 sum_j [v_j + m_j^2 - 1 - E log (c_j + h_j)^2] (Eq. 16); [B], nats.

    Args:
      q: the marginal of Eq. 13, [B, L].
      expected_log_variance: E log (c_j + h_j)^2, [B, L].
    """
    return 0.5 * tf.reduce_sum(q.variance + tf.math.square(q.mean) - 1.0 - expected_log_variance, axis=-1)


def expected_log_square(y: Gaussian) -> tf.Tensor:
    """E log y^2 of y ~ N(a, s^2), elementwise.

    With mu = a / s it is log s^2 - gamma - log 2 + mu^2 2F2(1, 1; 3/2, 2; -mu^2 / 2), and its derivatives are
    (2 sqrt 2 / s) D(mu / sqrt 2) in a and 2 / s - mu (2 sqrt 2 / s) D(mu / sqrt 2) in s, with Dawson's D. The series of
    2F2 cancels at large mu, XLA has no D, and both formulas are 0 / 0 at s = 0. So it is computed as

        log(a^2 + k s^2) + sum_n c_n cos(n theta),   theta = 2 atan2(sqrt(k) s, |a|),

    the cosine series of the exact function; value and derivatives are accurate for any mu, s = 0 included. The
    reparameterised draw 2 / y of the derivative, which the paper's Monte Carlo takes, has infinite variance.

    Args:
      y: mean and variance, of any one shape; not both 0.
    """
    dtype = y.mean.dtype
    scaled = math.sqrt(_K) * tf.sqrt(y.variance + 1e-30)  # sqrt has no derivative at 0
    theta = 2.0 * tf.math.atan2(scaled, tf.abs(y.mean))
    orders = tf.range(_TERMS[dtype], dtype=dtype)
    coefficients = tf.constant(_COEFFICIENTS[: _TERMS[dtype]], dtype)
    smooth = tf.linalg.matvec(tf.cos(theta[..., tf.newaxis] * orders), coefficients)
    return tf.math.log(tf.math.square(y.mean) + tf.math.square(scaled)) + smooth


def sampled_log_square(y: Gaussian, num_samples: int, seed: tf.Tensor) -> tf.Tensor:
    """The reparameterised Monte Carlo estimate of E log y^2 (Section 3.3), whose gradient has no finite variance.

    Args:
      y: mean and variance, [B, L].
      num_samples: draws of y.
      seed: stateless seed [2].
    """
    shape = tf.concat([[num_samples], tf.shape(y.mean)], axis=0)
    noise = draws.normal(shape, seed, y.mean.dtype, lead=1)
    drawn = y.mean + tf.sqrt(y.variance + 1e-30) * noise
    return tf.reduce_mean(tf.math.log(tf.math.square(drawn) + 1e-12), axis=0)


def _log_square_of_unit_variance(mu: np.ndarray) -> np.ndarray:
    """E log (mu + eps)^2, eps ~ N(0, 1), of mu [n] > 0, in float64.

    (mu + eps)^2 is a Poisson(mu^2 / 2) mixture of chi-squares with 1 + 2k degrees of freedom, so the mean is
    log 2 + E digamma(k + 1/2), weighted without cancellation. Above mu = 12 the asymptotic series
    log mu^2 - sum_n (2n - 1)!! / (n mu^2n) is exact to rounding.
    """
    k, n = np.arange(400), np.arange(1, 20)
    rate = np.minimum(mu, 12.0)[:, np.newaxis] ** 2 / 2.0
    poisson = np.exp(special.xlogy(k, rate) - rate - special.gammaln(k + 1.0))
    mixture = np.log(2.0) + poisson @ special.digamma(k + 0.5)
    large = np.maximum(mu, 12.0)[:, np.newaxis]
    asymptotic = 2.0 * np.log(large[:, 0]) - large ** (-2.0 * n) @ (np.cumprod(2.0 * n - 1.0) / n)
    return np.where(mu < 12.0, mixture, asymptotic)


def _cosine_coefficients(size: int = 256) -> np.ndarray:
    """c_n of `expected_log_square`: the discrete cosine transform, at `size` angles, of what the logarithm leaves."""
    mu = math.sqrt(_K) / np.tan((np.arange(size) + 0.5) * np.pi / (2.0 * size))
    coefficients = fft.dct(_log_square_of_unit_variance(mu) - np.log(np.square(mu) + _K)) / size
    coefficients[0] /= 2.0
    return coefficients


_COEFFICIENTS = _cosine_coefficients()
