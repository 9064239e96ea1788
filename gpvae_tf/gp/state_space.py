"""State-space forms of kernels of time: f(t) = h^T x(t) with a Markovian state x (Hartikainen & Sarkka, 2010).

A stationary Gaussian process with such a kernel is a state that moves from one time to the next as

    x(t + dt) = A(dt) x(t) + w,  w ~ N(0, Q(dt)),  x(t) ~ N(0, P),  k(dt) = h^T A(dt) P h.

Sums of kernels put states side by side, products multiply them (Kronecker), so both stay exact. Process noise comes
from integrals of positive functions, not from P - A P A^T, whose rounding exceeds it where times lie close.
"""

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf


class Steps(NamedTuple):
    """How the state gets from one time to the next.

    Attributes:
      transition: A, [..., n, d, d].
      noise: Q, [..., n, d, d].
    """

    transition: tf.Tensor
    noise: tf.Tensor


@dataclasses.dataclass(frozen=True)
class StateSpace:
    """The state-space form of a kernel.

    Attributes:
      stationary: P, the state's covariance at any one time, [..., d, d].
      measurement: h, [d].
      steps: A and Q of distances in time [..., n] >= 0, which broadcast against the kernel's batch shape [..., 1].
    """

    stationary: tf.Tensor
    measurement: tf.Tensor
    steps: Callable[[tf.Tensor], Steps]

    @property
    def size(self) -> int:
        """d."""
        return self.measurement.shape[0]


def matern(order: int, length_scale: tf.Tensor, variance: tf.Tensor) -> StateSpace:
    """The Matern kernel of smoothness order + 1/2, whose state is f and its derivatives in units of 1/rate.

    With rate = sqrt(2 order + 1) / length_scale and a = rate dt, A = exp(-a) sum_k a^k N^k / k!, N nilpotent.

    Args:
      order: 0, 1 or 2, the number of derivatives.
      length_scale, variance: [...], the kernel's batch shape.
    """
    powers, moments = _matern_constants(order)
    dtype = variance.dtype
    rate = math.sqrt(2.0 * order + 1.0) / length_scale
    per_time = tf.convert_to_tensor(variance)[..., tf.newaxis]

    def steps(distance: tf.Tensor) -> Steps:
        scaled = rate[..., tf.newaxis] * distance
        weights = tf.exp(-scaled)[..., tf.newaxis] * tf.stack(_powers(scaled, order + 1), axis=-1)
        transition = tf.einsum("...k,kij->...ij", weights, tf.constant(powers, dtype))
        noise = tf.einsum("...m,mij->...ij", _gamma_cdfs(2.0 * scaled, 2 * order + 1), tf.constant(moments, dtype))
        return Steps(transition, per_time[..., tf.newaxis, tf.newaxis] * noise)

    stationary = per_time[..., tf.newaxis] * tf.constant(moments.sum(axis=0), dtype)
    return StateSpace(stationary, tf.one_hot(0, order + 1, dtype=dtype), steps)


@functools.cache
def _matern_constants(order: int) -> tuple[np.ndarray, np.ndarray]:
    """N^k / k!, [order + 1, d, d], and the matrices G_m of Q = variance sum_m G_m P(m + 1, 2 a), [2 order + 1, d, d].

    The noise enters the last entry of the state, so Q is the integral over u in [0, a] of c(u) c(u)^T exp(-2 u) with
    the polynomials c = last column of sum_k u^k N^k / k!, and P(m + 1, .) is the regularised lower incomplete gamma
    function.
    """
    size = order + 1
    companion = np.diag(np.ones(order), 1)
    companion[-1] = [-math.comb(size, j) for j in range(size)]  # (s + 1)^size, in units of the rate
    nilpotent = companion + np.eye(size)
    powers = np.array([np.linalg.matrix_power(nilpotent, k) / math.factorial(k) for k in range(size)])
    columns = powers[:, :, -1]
    moments = np.zeros((2 * order + 1, size, size))
    for j, k in np.ndindex(size, size):
        moments[j + k] += np.outer(columns[j], columns[k]) * math.factorial(j + k) / 2.0 ** (j + k + 1)
    return powers, moments / moments.sum(axis=0)[0, 0]  # f has the kernel's variance


def _gamma_cdfs(x: tf.Tensor, num: int) -> tf.Tensor:
    """P(1, x), ..., P(num, x), [..., num]: the highest by its series, the others by sums of positive terms."""
    powers = _powers(x, num)
    found = [tf.math.igamma(tf.constant(float(num), x.dtype), x) if num > 1 else -tf.math.expm1(-x)]
    for k in range(num - 1, 0, -1):
        found.append(found[-1] + powers[k] * tf.exp(-x) / math.factorial(k))
    return tf.stack(found[::-1], axis=-1)


def _powers(x: tf.Tensor, num: int) -> list[tf.Tensor]:
    """1, x, ..., x^(num - 1) as products: the gradient of `tf.pow` is NaN at 0."""
    return list(itertools.accumulate([tf.ones_like(x)] + [x] * (num - 1), tf.multiply))


def constant(variance: tf.Tensor) -> StateSpace:
    """k = variance, [...]: a state that never moves."""
    unit = tf.ones([1, 1], variance.dtype)

    def steps(distance: tf.Tensor) -> Steps:
        still = tf.ones_like(distance)[..., tf.newaxis, tf.newaxis] * unit
        return Steps(still, tf.zeros_like(still))

    return StateSpace(variance[..., tf.newaxis, tf.newaxis] * unit, tf.ones([1], variance.dtype), steps)


def cosine(period: tf.Tensor, variance: tf.Tensor) -> StateSpace:
    """k(dt) = variance cos(2 pi dt / period), both [...]: a state that turns and is never disturbed."""

    def steps(distance: tf.Tensor) -> Steps:
        angle = 2.0 * math.pi * distance / period[..., tf.newaxis]
        c, s = tf.cos(angle), tf.sin(angle)
        turn = tf.stack([tf.stack([c, s], axis=-1), tf.stack([-s, c], axis=-1)], axis=-2)
        return Steps(turn, tf.zeros_like(turn))

    dtype = variance.dtype
    stationary = variance[..., tf.newaxis, tf.newaxis] * tf.eye(2, dtype=dtype)
    return StateSpace(stationary, tf.one_hot(0, 2, dtype=dtype), steps)


def add(a: StateSpace, b: StateSpace) -> StateSpace:
    """The form of the sum of two kernels: both states side by side."""

    def steps(distance: tf.Tensor) -> Steps:
        return Steps(*(_block_diagonal(*parts) for parts in zip(a.steps(distance), b.steps(distance))))

    measurement = tf.concat([a.measurement, b.measurement], axis=0)
    return StateSpace(_block_diagonal(a.stationary, b.stationary), measurement, steps)


def multiply(a: StateSpace, b: StateSpace) -> StateSpace:
    """The form of the product of two kernels: the Kronecker product of the states."""

    def steps(distance: tf.Tensor) -> Steps:
        (move, noise), (move_b, noise_b) = a.steps(distance), b.steps(distance)
        stationary, stationary_b = (part.stationary[..., tf.newaxis, :, :] for part in (a, b))
        kept = tf.matmul(tf.matmul(move, stationary), move, transpose_b=True)  # P - Q of the first
        both = _kronecker(noise, stationary_b) + _kronecker(kept, noise_b)
        return Steps(_kronecker(move, move_b), both)

    measurement = tf.reshape(a.measurement[:, tf.newaxis] * b.measurement, [-1])
    return StateSpace(_kronecker(a.stationary, b.stationary), measurement, steps)


def _block_diagonal(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """diag(a, b) of [..., p, p] and [..., q, q], leading dimensions broadcast."""
    p, q = a.shape[-1], b.shape[-1]
    pad = lambda m, before, after: tf.pad(m, [[0, 0]] * (m.shape.rank - 2) + [[before, after]] * 2)
    return pad(a, 0, q) + pad(b, p, 0)


def _kronecker(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """The Kronecker product of [..., p, p] and [..., q, q], leading dimensions broadcast."""
    p, q = a.shape[-1], b.shape[-1]
    flat = lambda part, shape: tf.reshape(part, tf.concat([tf.shape(part)[:-2], shape], axis=0))
    product = tf.matmul(flat(a, [p * p, 1]), flat(b, [1, q * q]))  # TensorFlow broadcasts no two tensors of rank 7
    product = flat(product, [p, p, q, q])
    lead = product.shape.rank - 4
    swapped = tf.transpose(product, [*range(lead), lead, lead + 2, lead + 1, lead + 3])
    return tf.reshape(swapped, tf.concat([tf.shape(product)[:-4], [p * q, p * q]], axis=0))
