"""Draws of whole functions in state-space form, from the prior or given data, in linear time.

A draw of the prior walks along the chain, x_k = A_k x_(k-1) + Q_k^1/2 e_k, which is an associative scan. Given data,
Matheron's rule corrects one: f + E[f | y - f(t) - noise], with f and noise drawn from the prior, is a draw of f given
y. It takes one regression and no inverse of a covariance, so times may repeat and states stand still.
"""

from typing import NamedTuple

import tensorflow as tf

from gpvae_tf.gp import factorization, kalman, kalman_predictions, linalg
from gpvae_tf.gp.associative_scan import scan
from gpvae_tf.gp.state_space import StateSpace

_JITTER = 1e-12  # relative to every variance of a step's noise by itself


class _Walk(NamedTuple):
    """x' = move x + push, for some columns x."""

    move: tf.Tensor
    push: tf.Tensor


def of_prior(space: StateSpace, times: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Draws of f at sorted times, [..., L, n, S].

    Args:
      space: of batch shape [...].
      times: [..., 1, n], sorted.
      noise: standard normals, [..., L, n, d, S].
    """
    move, spread = kalman.from_prior(space, times, tf.shape(noise)[:-2])
    states = scan(_then, _Walk(move, linalg.product(_root(spread), noise))).push
    return tf.einsum("d,...ds->...s", space.measurement, states)


def given_data(
    space: StateSpace,
    times: tf.Tensor,
    y: tf.Tensor,
    precision: tf.Tensor,
    noise: tf.Tensor,
    observation_noise: tf.Tensor,
) -> tf.Tensor:
    """Draws of f at sorted times given data at them, [..., L, n, S]; linear in the noise, 0 of which gives the mean.

    Args:
      space, times, noise: see `of_prior`.
      y, precision: [..., L, n], 0 both where nothing was observed; see `gp.kalman.regress`.
      observation_noise: standard normals, [..., L, n, S].
    """
    prior, known = of_prior(space, times, noise), (precision > 0.0)[..., tf.newaxis]
    deviation = tf.math.rsqrt(tf.where(precision > 0.0, precision, tf.ones_like(precision)))[..., tf.newaxis]
    residual = y[..., tf.newaxis] - prior - deviation * observation_noise
    chain = kalman.regress(space, times, tf.where(known, residual, tf.zeros_like(residual)), precision)
    return prior + kalman_predictions.means_at_data(space, chain)


def _then(first: _Walk, second: _Walk) -> _Walk:
    """Both walks in one, the first before the second."""
    pushed = tf.add_n([linalg.product(second.move, first.push), second.push])
    return _Walk(linalg.product(second.move, first.move), pushed)


def _root(covariance: tf.Tensor) -> tf.Tensor:
    """A with A A^T = covariance [..., d, d], whose variances may differ by many orders of magnitude or be 0.

    Derivatives move much farther in a short step than the function does, so it is the correlations that are factorised.
    """
    variance = tf.linalg.diag_part(covariance)
    moves = variance > 0.0
    deviation = tf.sqrt(tf.where(moves, variance, tf.ones_like(variance)))
    correlation = covariance / deviation[..., :, tf.newaxis] / deviation[..., tf.newaxis, :]
    correlation = tf.linalg.set_diag(correlation, tf.ones_like(variance))
    jitter = factorization.effective_jitter(_JITTER, covariance.dtype)
    factor = factorization.cholesky(correlation, name="the correlations of a step", jitter=jitter)
    return tf.where(moves, deviation, tf.zeros_like(deviation))[..., tf.newaxis] * factor
