"""Densities and divergences of Gaussians with diagonal covariance, one by one and against K components at once.

A `Gaussian` here is a distribution over vectors: its last axis is the vector's. Components are a `Gaussian` of [K, L].
"""

import tensorflow as tf

from gpvae_tf.gp.linalg import LOG_2PI
from gpvae_tf.types import Gaussian


def log_density(z: tf.Tensor, q: Gaussian) -> tf.Tensor:
    """log N(z | mean, diag(variance)) = -1/2 sum_l [log 2 pi v_l + (z_l - m_l)^2 / v_l]; [...], nats.

    Args:
      z: [..., L].
      q: mean and variance, broadcastable to z.
    """
    terms = LOG_2PI + tf.math.log(q.variance) + tf.math.square(z - q.mean) / q.variance
    return -0.5 * tf.reduce_sum(terms, axis=-1)


def squared_distances(x: tf.Tensor, centres: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """sum_l w_kl (x_l - c_kl)^2 of every x and every k, by one matrix product; no [..., K, L] tensor.

    w (x - c)^2 = w x^2 - 2 w c x + w c^2, so these are [x^2, x] times a [2L, K] matrix. The terms cancel where weights
    are large, so the product is taken in float64, about a common centre.

    Args:
      x: [..., L].
      centres, weights: [K, L].

    Returns:
      [..., K], float64.
    """
    x, centres, weights = (tf.cast(part, tf.float64) for part in (x, centres, weights))
    origin = tf.stop_gradient(tf.reduce_mean(centres, axis=0))
    x, centres = x - origin, centres - origin
    scaled = weights * centres
    features = tf.concat([tf.math.square(x), x], axis=-1)  # [..., 2L]
    product = tf.tensordot(features, tf.concat([weights, -2.0 * scaled], axis=-1), axes=[[-1], [-1]])
    return product + tf.reduce_sum(scaled * centres, axis=-1)


def component_log_densities(z: tf.Tensor, components: Gaussian) -> tf.Tensor:
    """log N(z | m_k, diag(v_k)) of every z under every component, by `squared_distances`.

    Args:
      z: [..., L].
      components: [K, L].

    Returns:
      [..., K], nats, in the dtype of z.
    """
    constants = tf.reduce_sum(LOG_2PI + tf.math.log(components.variance), axis=-1)  # [K]
    distances = squared_distances(z, components.mean, tf.math.reciprocal(components.variance))
    return tf.cast(-0.5 * (distances + tf.cast(constants, tf.float64)), z.dtype)


def kl_to_components(q: Gaussian, components: Gaussian) -> tf.Tensor:
    """KL(q || N(m_k, diag(v_k))) of every q to every component, by matrix products.

    Args:
      q: [..., L].
      components: [K, L].

    Returns:
      [..., K], nats, in the dtype of q.
    """
    means, variances = (tf.cast(part, q.mean.dtype) for part in components)
    precisions = tf.math.reciprocal(variances)
    spread = tf.tensordot(q.variance, precisions, axes=[[-1], [-1]])
    log_volume = tf.reduce_sum(tf.math.log(q.variance), axis=-1, keepdims=True)
    log_ratio = tf.reduce_sum(tf.math.log(variances), axis=-1) - log_volume
    distances = tf.cast(squared_distances(q.mean, means, precisions), q.mean.dtype)
    return 0.5 * (distances + spread + log_ratio - q.mean.shape[-1])


def kl(q: Gaussian, p: Gaussian) -> tf.Tensor:
    """KL(q || p) = 1/2 sum_l [log p_v - log q_v + (q_v + (q_m - p_m)^2) / p_v - 1], [...], nats.

    Args:
      q: [..., L].
      p: broadcastable to it; components [K, L] against q [..., K, L] give one divergence each.
    """
    ratio = q.variance / p.variance
    terms = ratio - 1.0 - tf.math.log(ratio) + tf.math.square(q.mean - p.mean) / p.variance
    return 0.5 * tf.reduce_sum(terms, axis=-1)


def draw(q: Gaussian, noise: tf.Tensor) -> tf.Tensor:
    """mean + sqrt(variance) noise, for standard normal noise broadcastable to it."""
    return q.mean + tf.sqrt(q.variance) * noise
