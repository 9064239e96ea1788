"""Exact GP inference in linear time, for kernels of time with a state-space form (Zhu et al., 2023; MGP-VAE)."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import kalman, kalman_predictions, linalg
from gpvae_tf.gp.indexing import take, take_together
from gpvae_tf.latent_gps.base import LatentDataset
from gpvae_tf.latent_gps.kernel_state_space import check_markovian, state_space_of
from gpvae_tf.latent_gps.regression import RegressionGP, RegressionPosterior, check_finite
from gpvae_tf.types import Gaussian


class MarkovPosterior(RegressionPosterior):
    """The posterior of `ExactPosterior` and its part of the bound, log Z - E_q[log q~], by filter and smoother."""

    def __init__(self, prior: "MarkovGP", data: LatentDataset):
        self._prior, self.data = prior, data
        self._space = state_space_of(prior.kernel, prior.dtype)
        times = prior.times(data.x, "x")
        precision = linalg.precision_of(data.noise_variance, data.channel_mask)
        y = data.y if data.mask is None else tf.where(data.channel_mask, data.y, tf.zeros_like(data.y))
        self._given = (times, y, precision)
        order = tf.argsort(times, stable=True)  # [..., 1, n]
        self._times, self._chain = self._conditioned(self._given, order)
        found = kalman_predictions.at_data(self._space, self._chain)
        self._marginals = Gaussian(*take_together(found, tf.argsort(order)))

    def _conditioned(self, given: Sequence[tf.Tensor], order: tf.Tensor) -> tuple[tf.Tensor, kalman.Chain]:
        """Sorted times, and their states given y and precisions."""
        times, y, precision = given
        times = take(times, order)
        return times, kalman.regress(self._space, times, *take_together((y, precision), order))

    @property
    def log_marginal_likelihood(self) -> tf.Tensor:
        return tf.reduce_sum(self._chain.log_likelihood, axis=-1)

    def marginals(self) -> Gaussian:
        return self._marginals

    def predict(self, x: tf.Tensor) -> Gaussian:
        return kalman_predictions.at_queries(self._space, self._chain, self._times, self._prior.times(x, "inputs"))

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and full covariance; the queries join the data as points where nothing was observed."""
        queries, (times, y, precision) = self._prior.times(x, "inputs"), self._given
        nothing = tf.zeros(tf.concat([tf.shape(y)[:-1], tf.shape(queries)[-1:]], axis=0), y.dtype)
        joined = [tf.concat(pair, -1) for pair in ((times, queries), (y, nothing), (precision, nothing))]
        order = tf.argsort(joined[0], stable=True)
        chain = self._conditioned(joined, order)[1]
        positions = tf.argsort(order)[..., tf.shape(times)[-1] :]  # of each query in the chain, [..., 1, s]
        covariance = kalman_predictions.covariance_at(self._space, chain, tf.sort(positions))
        back = tf.argsort(tf.argsort(positions))[..., tf.newaxis, :]
        return self.predict(x).mean, take(tf.linalg.matrix_transpose(take(covariance, back)), back)


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
        if tf.executing_eagerly() and not np.all(np.isfinite(x)):
            raise ValueError(f"{name} has times that are not finite")
        return tf.linalg.matrix_transpose(x)

    def check(self, x: tf.Tensor, num_sets: int) -> None:
        self.times(x, "inputs")

    def condition(self, data: LatentDataset) -> MarkovPosterior:
        check_finite(data)
        return MarkovPosterior(self, data)


def check_columns(num: int | None, name: str = "inputs") -> None:
    """Refuses inputs that are not times alone.

    Raises:
      ValueError: naming them, their number of columns, and what takes any number.
    """
    if num != 1:
        raise ValueError(
            f"{name} has {num} columns; MarkovGP takes one, the time. ExactGP, SparseGP and VecchiaGP take any number"
        )
