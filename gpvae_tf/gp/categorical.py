"""What a categorical latent adds to the bound: its divergence, expectations over it, and relaxed draws.

Probabilities come as logits [..., K]; a draw of the category is a vector of length K, one-hot or relaxed.
"""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf.gp import diagonal_gaussians
from gpvae_tf.replicas import draws
from gpvae_tf.types import Gaussian


class LinearCode(NamedTuple):
    """Means and log variances before clipping, two tensors of one shape."""

    mean: tf.Tensor
    log_variance: tf.Tensor


def kl_uniform(logits: tf.Tensor) -> tf.Tensor:
    """B1 = KL(q(c | x) || uniform) = log K - H(q(c | x)) (CP-VAE Eq. 9); [...], nats."""
    log_probs = tf.nn.log_softmax(logits)
    return math.log(logits.shape[-1]) + tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=-1)


def expected(logits: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """sum_k q(c_k | x) values_k of values [..., K], [...]."""
    return tf.reduce_sum(tf.nn.softmax(logits) * values, axis=-1)


def category_kls(base: LinearCode, shares: LinearCode, p: Gaussian, log_range: tuple[float, float]) -> tf.Tensor:
    """KL(q(z | y, c_k) || p(z | c_k)) of all categories, the K terms of B2 (CP-VAE Eq. 8), exactly; [B, K], nats.

    q(z | y, c_k) has the mean a + w_k and the log variance clip(b + s_k), a and b of the image, w_k and s_k of the
    category. Where nothing is clipped the divergence is a sum of products of an image's part and a category's,

        1/2 sum_d [(a - (m_k - w_k))^2 / v_k + e^b e^(s_k) / v_k + log v_k - s_k - b - 1],

    and matrix products take the place of [B, K, D] tensors; else only the log variances need one.

    Args:
      base: a and b, [B, D] each.
      shares: w_k and s_k, [K, D] each.
      p: m_k and v_k, [K, D] each.
      log_range: what log variances are clipped to.
    """
    precision, log_variance = tf.math.reciprocal(p.variance), tf.math.log(p.variance)
    distances = diagonal_gaussians.squared_distances(base.mean, p.mean - shares.mean, precision)
    low = tf.reduce_min(base.log_variance, axis=0) + tf.reduce_min(shares.log_variance, axis=0)
    high = tf.reduce_max(base.log_variance, axis=0) + tf.reduce_max(shares.log_variance, axis=0)
    inside = tf.reduce_all(low >= log_range[0]) & tf.reduce_all(high <= log_range[1])

    def separable() -> tf.Tensor:
        spread = tf.matmul(tf.exp(base.log_variance), tf.exp(shares.log_variance) * precision, transpose_b=True)
        of_category = tf.reduce_sum(log_variance - shares.log_variance, axis=-1)  # [K]
        return spread + of_category - tf.reduce_sum(base.log_variance, axis=-1, keepdims=True)

    def clipped() -> tf.Tensor:
        clipped_to = tf.clip_by_value(base.log_variance[:, tf.newaxis] + shares.log_variance, *log_range)
        log_ratio = clipped_to - log_variance  # [B, K, D]
        return tf.reduce_sum(tf.exp(log_ratio) - log_ratio, axis=-1)

    rest = tf.cond(inside, separable, clipped) - float(base.mean.shape[-1])
    return 0.5 * (tf.cast(distances, rest.dtype) + rest)


def gumbel_softmax(logits: tf.Tensor, temperature: tf.Tensor | float, seed: tf.Tensor) -> tf.Tensor:
    """softmax((logits + g) / temperature), g Gumbel(0, 1) (Jang et al., 2017); its largest entry is a draw of q(c | x).

    Args:
      logits: [..., B, K], float32 or float64: in half precision the uniform draws' tail is lost.
      temperature: > 0.
      seed: stateless seed [2].
    """
    least = float(np.finfo(np.float32).tiny)
    uniform = draws.uniform(tf.shape(logits), seed, logits.dtype, least=least, lead=logits.shape.rank - 2)
    return tf.nn.softmax((logits - tf.math.log(-tf.math.log(uniform))) / tf.cast(temperature, logits.dtype))


def straight_through(relaxed: tf.Tensor) -> tf.Tensor:
    """The one-hot vector of the largest entry, with the gradient of `relaxed` [..., K]."""
    hard = tf.one_hot(tf.argmax(relaxed, axis=-1), relaxed.shape[-1], dtype=relaxed.dtype)
    return tf.stop_gradient(hard) + (relaxed - tf.stop_gradient(relaxed))  # the bracket is exactly zero
