"""Sums over data points of Gaussian log densities and expectations, from which a mask removes points; joint draws."""

import tensorflow as tf

from gpvae_tf.gp.factorization import square_root
from gpvae_tf.gp.linalg import LOG_2PI
from gpvae_tf.types import Gaussian


def masked_sum(values: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Sum over the last axis of the entries that `mask` (broadcastable, True = observed) keeps."""
    if mask is not None:
        values = tf.where(mask, values, tf.zeros_like(values))
    return tf.reduce_sum(values, axis=-1)


def expected_log_density(
    q: Gaussian, y: tf.Tensor, noise_variance: tf.Tensor, mask: tf.Tensor | None = None
) -> tf.Tensor:
    """sum_i E_{q(z_i)}[log N(y_i | z_i, s_i)] = -1/2 sum_i [log 2 pi s_i + ((y_i - mu_i)^2 + v_i) / s_i].

    This is at once the data term of the Hensman bound (SVGP-VAE Eq. 7; k~_ii + tr(A Lambda_i) is the variance v_i of
    q_S at x_i) and the cross entropy E_q[log q~] of Eqs. 2 and 10.

    Args:
      q: marginals, mean and variance [..., n].
      y, noise_variance: [..., n]; anything, NaN included, where the mask is False.
      mask: boolean, broadcastable to [..., n], or None.

    Returns:
      [...], nats.
    """
    difference = y - q.mean
    if mask is not None:  # before anything is multiplied: a hidden term has the gradient 0 * NaN after that
        noise_variance = tf.where(mask, noise_variance, tf.ones_like(noise_variance))
        difference = tf.where(mask, difference, tf.zeros_like(difference))
    terms = LOG_2PI + tf.math.log(noise_variance) + (tf.math.square(difference) + q.variance) / noise_variance
    return -0.5 * masked_sum(terms, mask)


def kl_standard_normal(q: Gaussian, mask: tf.Tensor | None = None) -> tf.Tensor:
    """KL(q || N(0, I)) = 1/2 sum_i [v_i + mu_i^2 - 1 - log v_i], summed over the last axis; nats."""
    if mask is not None:
        of_prior = Gaussian(tf.zeros_like(q.mean), tf.ones_like(q.variance))
        q = Gaussian(*(tf.where(mask, *parts) for parts in zip(q, of_prior)))
    terms = q.variance + tf.math.square(q.mean) - 1.0 - tf.math.log(q.variance)
    return 0.5 * masked_sum(terms, mask)


def draw_jointly(
    mean: tf.Tensor, covariance: tf.Tensor, seed: tf.Tensor, num: int | tf.Tensor | None = None
) -> tf.Tensor:
    """One draw [..., n] of Gaussians with mean [..., n] and covariance [..., n, n], or `num` of them, [num, ..., n].

    Leading dimensions of the covariance broadcast. The jitter of 1e-6 (1e-5 in float32), relative to every variance by
    itself, only makes a singular covariance factor.
    """
    factor = square_root(covariance, name="the covariance of a joint draw", jitter=1e-6)
    shape = tf.shape(mean) if num is None else tf.concat([[num], tf.shape(mean)], axis=0)
    noise = tf.random.stateless_normal(shape, seed, dtype=mean.dtype)
    return mean + tf.linalg.matvec(factor, noise)
