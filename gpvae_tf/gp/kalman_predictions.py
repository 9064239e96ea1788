"""States of a chain of `gp.kalman` at any times: marginals at each, and covariances of all of them."""

from typing import NamedTuple

import tensorflow as tf

from gpvae_tf.gp.associative_scan import scan
from gpvae_tf.gp.indexing import take
from gpvae_tf.gp.kalman import Chain
from gpvae_tf.gp.linalg import product
from gpvae_tf.gp.state_space import StateSpace
from gpvae_tf.types import Gaussian


class _Segment(NamedTuple):
    """A product of passages since the last start, and whether there is a start in it (1 or 0), in every row."""

    passage: tf.Tensor
    starts: tf.Tensor


class _Passage(NamedTuple):
    """A product of passages."""

    passage: tf.Tensor


def at_data(space: StateSpace, chain: Chain) -> Gaussian:
    """Means and variances of f at the chain's own times, [..., L, n], given all data."""
    return _given_later(space, chain.predicted_mean, chain.predicted_covariance, chain.pull, chain.information)


def means_at_data(space: StateSpace, chain: Chain) -> tf.Tensor:
    """Means of f at the chain's own times given all of each of S data sets, [..., L, n, S]."""
    ahead = product(chain.predicted_covariance, _measured(space, chain.predicted_covariance))
    return _mean_given_later(space, chain.predicted_mean, ahead, chain.pull)


def at_queries(space: StateSpace, chain: Chain, times: tf.Tensor, queries: tf.Tensor) -> Gaussian:
    """Means and variances of f at any times, [..., L, s], given all data.

    The last data before a query predict its state, the next ones pull it back. O(s d^3 + s log n).

    Args:
      times: the chain's, [..., 1, n].
      queries: [..., 1, s], in any order; before, between, at and after the data.
    """
    found = tf.searchsorted(times, queries, side="right")  # times that are no later
    count = tf.shape(times)[-1]
    nearest = lambda index: tf.gather(times, tf.clip_by_value(index, 0, count - 1), batch_dims=times.shape.rank - 1)
    zeros = tf.zeros_like(queries)
    since = tf.where(found > 0, queries - nearest(found - 1), zeros)
    until = tf.where(found < count, nearest(found) - queries, zeros)
    start = tf.broadcast_to(space.stationary[..., tf.newaxis, :, :], tf.shape(chain.covariance[..., :1, :, :]))
    mean = take(_longer(chain.mean, front=tf.zeros_like(chain.mean[..., :1, :, :])), found, axis=-3)
    covariance = take(_longer(chain.covariance, front=start), found, axis=-3)
    pull, information = (
        take(_longer(part, back=tf.zeros_like(part[..., :1, :, :])), found, axis=-3)
        for part in (chain.pull, chain.information)
    )
    like = lambda part: tf.broadcast_to(part, tf.shape(covariance))
    (move, noise), onward = map(like, space.steps(since)), like(space.steps(until).transition)
    return _given_later(
        space,
        product(move, mean),
        product(product(move, covariance), move, transpose_b=True) + noise,
        product(onward, pull, transpose_a=True),
        product(product(onward, information, transpose_a=True), onward),
    )


def covariance_at(space: StateSpace, chain: Chain, positions: tf.Tensor) -> tf.Tensor:
    """Covariances of f at some of a chain's own times given all data, [..., L, s, s]; O(n d^3 + s^2 d^3).

    Two states' deviations from their predictions covary by what passes from the earlier one to the later one, less what
    the data from the later one on explain: P_i Psi^T (I - N_j P_j) for i before j (de Jong & Mackinnon, 1988).

    Args:
      positions: [..., L, s], rising.
    """
    h = space.measurement[:, tf.newaxis]
    count = tf.shape(chain.passage)[-3]
    starts = tf.reduce_any(tf.equal(tf.range(count), positions[..., tf.newaxis]), axis=-2)  # [..., L, n]
    starts = tf.cast(starts, h.dtype)[..., tf.newaxis, tf.newaxis] * tf.ones_like(chain.passage[..., :1])
    segments = scan(_continued, _Segment(chain.passage, starts)).passage
    # From each query's predecessor to it, [..., L, s, d, d].
    arriving = take(segments, tf.maximum(positions - 1, 0), axis=-3)
    size, number = space.size, tf.shape(positions)[-1]
    later = tf.range(number)[tf.newaxis, :] > tf.range(number)[:, tf.newaxis]  # [s, s], column after row
    from_each = tf.where(
        later[..., tf.newaxis, tf.newaxis], arriving[..., tf.newaxis, :, :, :], tf.eye(size, dtype=h.dtype)
    )
    passages = scan(lambda a, b: _Passage(product(b.passage, a.passage)), _Passage(from_each)).passage
    spread, information = (take(part, positions, axis=-3) for part in (chain.predicted_covariance, chain.information))
    ahead = tf.matmul(spread, h)  # P h, [..., L, s, d, 1]
    unexplained = h - tf.matmul(information, ahead)
    carried = tf.matmul(passages, ahead[..., tf.newaxis, :, :])  # [..., L, s, s, d, 1]
    values = tf.reduce_sum(carried * unexplained[..., tf.newaxis, :, :, :], axis=[-2, -1])
    upper = tf.linalg.band_part(values, 0, -1)
    return upper + tf.linalg.matrix_transpose(upper - tf.linalg.band_part(values, 0, 0))


def _continued(first: _Segment, second: _Segment) -> _Segment:
    joined = product(second.passage, first.passage)
    return _Segment(tf.where(second.starts > 0.0, second.passage, joined), tf.maximum(first.starts, second.starts))


def _given_later(
    space: StateSpace, mean: tf.Tensor, covariance: tf.Tensor, pull: tf.Tensor, information: tf.Tensor
) -> Gaussian:
    """h^T (m + P r) and h^T (P - P N P) h, [..., n]."""
    h = _measured(space, covariance)
    ahead = product(covariance, h)
    explained = product(ahead, product(information, ahead), transpose_a=True)
    variance = product(h, ahead, transpose_a=True) - explained
    return Gaussian(_mean_given_later(space, mean, ahead, pull)[..., 0], variance[..., 0, 0])


def _mean_given_later(space: StateSpace, mean: tf.Tensor, ahead: tf.Tensor, pull: tf.Tensor) -> tf.Tensor:
    """h^T m + (P h)^T r of every column, [..., n, S], for `ahead` = P h."""
    h = _measured(space, ahead)
    return (product(h, mean, transpose_a=True) + product(ahead, pull, transpose_a=True))[..., 0, :]


def _measured(space: StateSpace, like: tf.Tensor) -> tf.Tensor:
    """h for every point of a tensor [..., n, d, k], [..., n, d, 1]."""
    return tf.broadcast_to(space.measurement[:, tf.newaxis], tf.shape(like[..., :1]))


def _longer(part: tf.Tensor, *, front: tf.Tensor | None = None, back: tf.Tensor | None = None) -> tf.Tensor:
    return tf.concat([piece for piece in (front, part, back) if piece is not None], axis=-3)
