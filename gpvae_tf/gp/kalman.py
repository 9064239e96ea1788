"""Gaussian-process regression on sorted times in state-space form: filter and smoother as associative scans.

The filter is the parallel one of Sarkka & Garcia-Fernandez (2021). The smoother passes back what later data say of a
state given earlier ones (the fixed-interval smoother of de Jong, 1989), which is a scan of products and sums: it solves
for no covariance, so a state that never moves and times that repeat need no jitter. Time O(n d^3), memory O(n d^2),
depth O(log n).
"""

from typing import NamedTuple

import tensorflow as tf

from gpvae_tf.gp.associative_scan import scan
from gpvae_tf.gp.linalg import LOG_2PI, product, solve
from gpvae_tf.gp.state_space import StateSpace


class Chain(NamedTuple):
    """States at sorted times given all observations before each, and what those from each on say of it.

    Attributes:
      predicted_mean, predicted_covariance: of x_k given y_1, ..., y_(k-1), [..., n, d, 1] and [..., n, d, d].
      mean, covariance: of x_k given y_1, ..., y_k.
      pull, information: r_k [..., n, d, 1] and N_k [..., n, d, d]: given all, x_k has the mean m + P r_k and the
        covariance P - P N_k P, with m and P those of the prediction.
      passage: what is left at time k + 1 of a deviation at time k from its prediction, [..., n, d, d]; 0 at the end.
      log_likelihood: log p(y_k | y_1, ..., y_(k-1)), 0 where nothing was observed, [..., n], nats.

    Given S data sets that share times and noise, means and pulls have S columns in the place of one, [..., n, d, S],
    and the log likelihood is [..., n, S].
    """

    predicted_mean: tf.Tensor
    predicted_covariance: tf.Tensor
    mean: tf.Tensor
    covariance: tf.Tensor
    pull: tf.Tensor
    information: tf.Tensor
    passage: tf.Tensor
    log_likelihood: tf.Tensor


class _FilterElement(NamedTuple):
    """p(x_k | y_k, x_j) = N(A x_j + b, C) and p(y_k | x_j) in information form (eta, J), for j before k."""

    a: tf.Tensor
    b: tf.Tensor
    c: tf.Tensor
    eta: tf.Tensor
    j: tf.Tensor


class _SmootherElement(NamedTuple):
    """r = passage^T r' + pull and N = passage^T N' passage + information, for r', N' of later data."""

    passage: tf.Tensor
    pull: tf.Tensor
    information: tf.Tensor


def regress(space: StateSpace, times: tf.Tensor, y: tf.Tensor, precision: tf.Tensor) -> Chain:
    """Conditions f(t) = h^T x(t) on y_k = f(t_k) + e_k, e_k ~ N(0, 1 / precision_k).

    Args:
      space: of batch shape [...].
      times: [..., 1, n], sorted; equal ones may follow each other.
      y: [..., L, n], or [..., L, n, S] for S data sets that share times and precisions; 0 where nothing was observed.
      precision: [..., L, n]; 0 where nothing was observed.
    """
    is_one, (move, noise) = y.shape.rank == precision.shape.rank, from_prior(space, times, tf.shape(precision))
    y = y[..., tf.newaxis, tf.newaxis] if is_one else y[..., tf.newaxis, :]
    precision = precision[..., tf.newaxis, tf.newaxis]
    h = tf.broadcast_to(space.measurement[:, tf.newaxis], tf.shape(move[..., :1]))
    unit = tf.broadcast_to(tf.eye(space.size, dtype=h.dtype), tf.shape(move))
    filtered = scan(_then, _filter_elements(h, unit, move, noise, y, precision))
    mean, covariance = filtered.b, _symmetric(filtered.c)
    before = lambda part: tf.concat([tf.zeros_like(part[..., :1, :, :]), part[..., :-1, :, :]], axis=-3)
    predicted = product(move, before(mean))
    spread = _symmetric(product(product(move, before(covariance)), move, transpose_b=True) + noise)
    own, gain, certainty = _update(h, spread, precision)
    residual = y - product(h, predicted, transpose_a=True)
    after = tf.concat([move[..., 1:, :, :], tf.zeros_like(move[..., :1, :, :])], axis=-3)
    element = _SmootherElement(
        passage=product(after, unit - product(gain, h, transpose_b=True)),
        pull=product(h, certainty * residual),
        information=product(product(h, certainty), h, transpose_b=True),
    )
    backwards = _SmootherElement(*(tf.reverse(part, [part.shape.rank - 3]) for part in element))
    smoothed = scan(_before, backwards)
    pull, information = (tf.reverse(part, [part.shape.rank - 3]) for part in smoothed[1:])
    log_variance = tf.math.log1p(precision * own) - tf.math.log(tf.where(precision > 0.0, precision, 1.0))
    terms = -0.5 * (LOG_2PI + log_variance + certainty * tf.square(residual))
    terms = tf.where(precision > 0.0, terms, tf.zeros_like(terms))[..., 0, :]
    terms = terms[..., 0] if is_one else terms
    return Chain(predicted, spread, mean, covariance, pull, information, element.passage, terms)


def from_prior(space: StateSpace, times: tf.Tensor, shape: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """A and Q that lead to each of sorted times [..., 1, n]; to the first one from nothing, A = 0 and Q = P.

    Args:
      space, times: see `regress`.
      shape: (..., L, n) of the results [..., L, n, d, d].
    """
    of = lambda part, num: tf.broadcast_to(part, tf.concat([shape[:-1], [num, space.size, space.size]], axis=0))
    first = of(space.stationary[..., tf.newaxis, :, :], tf.minimum(shape[-1], 1))
    move, noise = (of(part, tf.maximum(shape[-1] - 1, 0)) for part in space.steps(times[..., 1:] - times[..., :-1]))
    return tf.concat([tf.zeros_like(first), move], axis=-3), tf.concat([first, noise], axis=-3)


def _update(h: tf.Tensor, covariance: tf.Tensor, precision: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """h^T P h, the gain P h / (h^T P h + s) and 1 / (h^T P h + s) for s = 1 / precision, infinite where that is 0."""
    ahead = product(covariance, h)
    own = product(h, ahead, transpose_a=True)
    certainty = precision / (1.0 + precision * own)
    return own, product(ahead, certainty), certainty


def _filter_elements(
    h: tf.Tensor, unit: tf.Tensor, move: tf.Tensor, noise: tf.Tensor, y: tf.Tensor, precision: tf.Tensor
) -> _FilterElement:
    """One step and its observation, Lemma 7 of Sarkka & Garcia-Fernandez (2021)."""
    _, gain, certainty = _update(h, noise, precision)
    kept = unit - product(gain, h, transpose_b=True)
    seen = product(move, h, transpose_a=True)  # A^T h
    certain = product(seen, certainty)
    return _FilterElement(
        a=product(kept, move),
        b=product(gain, y),
        c=product(kept, noise),
        eta=product(certain, y),
        j=product(certain, seen, transpose_b=True),
    )


def _then(first: _FilterElement, second: _FilterElement) -> _FilterElement:
    """Both elements in one, Lemma 8; (I + J C)^-1 is the transpose of (I + C J)^-1, so that one is solved for."""
    size = first.a.shape[-1]
    sizes = [size, size, first.b.shape[-1] or -1]
    unit = tf.broadcast_to(tf.eye(size, dtype=first.a.dtype), tf.shape(first.a))
    system = tf.add_n([unit, product(first.c, second.j)])
    mean = tf.add_n([first.b, product(first.c, second.eta)])
    a, c, b = tf.split(solve(system, tf.concat([first.a, first.c, mean], axis=-1)), sizes, axis=-1)
    left = tf.add_n([second.eta, -product(second.j, first.b)])
    return _FilterElement(
        a=product(second.a, a),
        b=tf.add_n([product(second.a, b), second.b]),
        c=tf.add_n([product(product(second.a, c), second.a, transpose_b=True), second.c]),
        eta=tf.add_n([product(a, left, transpose_a=True), first.eta]),
        j=tf.add_n([product(a, product(second.j, first.a), transpose_a=True), first.j]),
    )


def _before(later: _SmootherElement, earlier: _SmootherElement) -> _SmootherElement:
    """Both elements in one, for a scan that runs backwards."""
    through = earlier.passage
    information = product(through, product(later.information, through), transpose_a=True)
    return _SmootherElement(
        passage=product(later.passage, through),
        pull=tf.add_n([product(through, later.pull, transpose_a=True), earlier.pull]),
        information=tf.add_n([information, earlier.information]),
    )


def _symmetric(matrix: tf.Tensor) -> tf.Tensor:
    return 0.5 * (matrix + tf.linalg.matrix_transpose(matrix))
