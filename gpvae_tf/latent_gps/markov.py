"""Exact GP inference in linear time, for kernels of time with a state-space form (Zhu et al., 2023; MGP-VAE)."""

from typing import NamedTuple

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import kalman, kalman_draws, kalman_predictions, linalg
from gpvae_tf.gp.indexing import take, take_together
from gpvae_tf.latent_gps.kernel_state_space import check_markovian, size_of, state_space_of
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.latent_gps.regression import RegressionGP, RegressionPosterior, check_finite_inputs
from gpvae_tf.types import Gaussian


class _Observations(NamedTuple):
    """What `gp.kalman.regress` takes: times [..., 1, n], y and precisions [..., L, n], 0 where nothing was observed."""

    times: tf.Tensor
    y: tf.Tensor
    precision: tf.Tensor

    def sorted(self) -> tuple["_Observations", tf.Tensor]:
        """The same in the order of time, and the place of each in it, [..., 1, n]."""
        order = tf.argsort(self.times, stable=True)
        ordered = _Observations(take(self.times, order), *take_together((self.y, self.precision), order))
        return ordered, tf.argsort(order)


class MarkovPosterior(RegressionPosterior):
    """The posterior of `ExactPosterior` and its part of the bound, log Z - E_q[log q~], by filter and smoother."""

    def __init__(self, prior: "MarkovGP", data: LatentDataset):
        self._prior, self.data = prior, data
        self._space = state_space_of(prior.kernel, prior.dtype)
        known = data.never_empty()
        times = prior.times(known.x, "x")
        precision, y = linalg.information(known.y, known.noise_variance, known.channel_mask)
        self._given = _Observations(times, y, precision)
        ordered, places = self._given.sorted()
        self._times, self._chain = ordered.times, kalman.regress(self._space, *ordered)
        found = kalman_predictions.at_data(self._space, self._chain)
        self._marginals = Gaussian(*take_together(found, places[..., : tf.shape(data.x)[-2]]))

    @property
    def log_marginal_likelihood(self) -> tf.Tensor:
        return tf.reduce_sum(self._chain.log_likelihood, axis=-1)

    def marginals(self) -> Gaussian:
        return self._marginals

    def predict(self, x: tf.Tensor) -> Gaussian:
        return kalman_predictions.at_queries(self._space, self._chain, self._times, self._prior.times(x, "inputs"))

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and full covariance; the queries join the data as points where nothing was observed."""
        joined, positions = self._with_queries(x)
        covariance = kalman_predictions.covariance_at(
            self._space, kalman.regress(self._space, *joined), tf.sort(positions)
        )
        back = tf.argsort(tf.argsort(positions))[..., tf.newaxis, :]
        return self.predict(x).mean, take(tf.linalg.matrix_transpose(take(covariance, back)), back)

    def draw_functions(self, x: tf.Tensor, seed: tf.Tensor, num: int | tf.Tensor | None = None) -> tf.Tensor:
        """Draws of whole functions by simulation and correction, O((n + s) d^3) without the joint covariance."""
        joined, positions = self._with_queries(x)
        shape, columns = tf.shape(joined.y), 1 if num is None else num
        seeds = tf.unstack(tf.random.split(seed))
        noise, observation_noise = (
            tf.random.stateless_normal(tf.concat([shape, [*more, columns]], axis=0), each, dtype=joined.y.dtype)
            for each, more in zip(seeds, ([self._space.size], []))
        )
        found = kalman_draws.given_data(self._space, *joined, noise, observation_noise)
        found = take(found, positions, axis=-2)  # [..., L, s, S]
        return found[..., 0] if num is None else _columns_first(found)

    def _with_queries(self, x: tf.Tensor) -> tuple["_Observations", tf.Tensor]:
        """The data, joined by queries x as points where nothing was observed, and the queries' places, [..., 1, s]."""
        queries, (times, y, precision) = self._prior.times(x, "inputs"), self._given
        nothing = tf.zeros(tf.concat([tf.shape(y)[:-1], tf.shape(queries)[-1:]], axis=0), y.dtype)
        pairs = (times, queries), (y, nothing), (precision, nothing)
        joined, places = _Observations(*(tf.concat(pair, axis=-1) for pair in pairs)).sorted()
        return joined, places[..., tf.shape(times)[-1] :]


class MarkovGP(RegressionGP):
    """`ExactGP` in O(n d^3) time and O(n d^2) memory, for functions of one input whose state has d numbers.

    Inputs are times, in any order and with repetitions. Everything agrees with `ExactGP` of the same kernel but for
    rounding.

    Args:
      kernel: Matern-1/2 (d = 1), -3/2 (2) or -5/2 (3), a constant (1), `kernels.cosine` (2), their sums, whose d add
        up, and products, whose d multiply; of batch shape [] or [L]. Its dtype is that of the algebra.

    Raises:
      ValueError: if the kernel has no exact state-space form.
    """

    def __init__(self, kernel: kernels.Kernel):
        check_markovian(kernel)
        super().__init__(kernel, name="markov_gp")

    def times(self, x: tf.Tensor, name: str) -> tf.Tensor:
        """Times of inputs [..., n, 1], with a channel axis, [..., 1, n].

        Raises:
          ValueError: if there is another number of columns, or, executed eagerly, a time that is not finite.
        """
        check_columns(x.shape[-1], name)
        check_finite_inputs(x, name, "times")
        return tf.linalg.matrix_transpose(x)

    def check(self, x: tf.Tensor, num_sets: int, num_channels: int) -> None:
        self.times(x, "inputs")

    def num_coupled(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> int:
        """d: rounding takes about k eps from a state's variance k, whatever the number of points (measured)."""
        return size_of(self.kernel)

    def draw_prior(self, x: tf.Tensor, num_channels: int, seed: tf.Tensor) -> tf.Tensor:
        """One draw of the prior's functions of every channel, [..., L, s]; O(s d^3)."""
        times, space = self.times(x, "inputs"), state_space_of(self.kernel, self.dtype)
        order = tf.argsort(times, stable=True)
        shape = tf.concat([tf.shape(x)[:-2], [num_channels], tf.shape(x)[-2:-1], [space.size, 1]], axis=0)
        noise = tf.random.stateless_normal(shape, seed, dtype=self.dtype)
        return take(kalman_draws.of_prior(space, take(times, order), noise)[..., 0], tf.argsort(order))

    def condition(self, data: LatentDataset) -> MarkovPosterior:
        return MarkovPosterior(self, data.checked())


def check_columns(num: int | None, name: str = "inputs") -> None:
    """Refuses inputs that are not times alone.

    Raises:
      ValueError: naming them, their number of columns, and what takes any number.
    """
    if num != 1:
        raise ValueError(
            f"{name} has {num} columns; MarkovGP takes one, the time. ExactGP, SparseGP and VecchiaGP take any number"
        )


def _columns_first(columns: tf.Tensor) -> tf.Tensor:
    """[..., L, s, S] as [S, ..., L, s]."""
    rank = columns.shape.rank
    return tf.transpose(columns, [rank - 1, *range(rank - 1)])
