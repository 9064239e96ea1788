"""Nearest-neighbour GP inference in the latent space (Vecchia, 1988; Datta et al., 2016), for any input dimension."""

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.checks import at_least_one
from gpvae_tf.gp import exact, gaussians, linalg
from gpvae_tf.gp.indexing import take
from gpvae_tf.gp.neighbours import Neighbours, around, nearest, never_empty, preceding
from gpvae_tf.latent_gps.kernel_dtype import num_observed
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.latent_gps.regression import RegressionGP, RegressionPosterior, check_finite_inputs
from gpvae_tf.types import Gaussian

_SCATTER = 2654435769  # odd, and 2^32 divided by the golden ratio: multiples of it modulo 2^32 lie evenly, none twice


class VecchiaPosterior(RegressionPosterior):
    """GP regression on neighbourhoods.

    log Z = sum_i log N(y~_i | m_i, v_i + s~_i), with the GP's prediction (m_i, v_i) of point i from those H of the
    points before it that are closest to it. Marginals and predictions are GP regression on the H closest of all points.
    With H < n the bound's term log Z - E_q[log q~] is an approximation of the exact GP's, from either side.
    """

    def __init__(self, prior: "VecchiaGP", data: LatentDataset):
        self._prior, self.data = prior, data
        own, data = data.x, data.never_empty()
        if data.mask is not None:  # neighbours may be missing points where too few were observed
            seen = data.channel_mask
            y, noise = tf.zeros_like(data.y), tf.ones_like(data.noise_variance)
            data = data._replace(y=tf.where(seen, data.y, y), noise_variance=tf.where(seen, data.noise_variance, noise))
        if data.x.shape[-1] == 1:  # in the order of time, with missing points behind the others
            keys = data.x[..., 0]
            if data.mask is not None:
                keys = tf.where(data.mask, keys, tf.constant(float("inf"), keys.dtype))
            self._keys, self._order = tf.sort(keys), tf.argsort(keys, stable=True)
            self._known = data._replace(
                x=take(data.x[..., 0], self._order)[..., tf.newaxis],
                y=take(data.y, self._order[..., tf.newaxis, :]),
                noise_variance=take(data.noise_variance, self._order[..., tf.newaxis, :]),
                mask=None if data.mask is None else take(data.mask, self._order),
            )
        else:
            self._known = data
        self._marginals = self.predict(own)

    @property
    def log_marginal_likelihood(self) -> tf.Tensor:
        """log Z of the latent data set under the approximation, [..., L], nats."""
        known = self._known
        mean, variance = self._given(known.x, self._before())
        precision, y = linalg.information(known.y, known.noise_variance, known.channel_mask)
        total = variance + tf.math.reciprocal(tf.where(precision > 0.0, precision, tf.ones_like(precision)))
        terms = linalg.LOG_2PI + tf.math.log(total) + tf.square(y - mean) / total
        return -0.5 * gaussians.masked_sum(terms, known.channel_mask)

    def marginals(self) -> Gaussian:
        return self._marginals

    def predict(self, x: tf.Tensor) -> Gaussian:
        check_finite_inputs(x, "inputs")
        return self._given(x, self._closest(x))

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean, and the covariance of the errors of the predictions of `predict` under the GP; O(s^2 H^2).

        The error of query i is f(x_i) - w_i^T y~ with weights w_i on its own neighbours.
        """
        asked, x = tf.shape(x)[-2], never_empty(x)
        neighbours = self._closest(x)
        mean, weights = self._weights(x, neighbours)
        points = tf.concat([x[..., :, tf.newaxis, :], self._gathered(neighbours)[0]], axis=-2)  # [..., s, H + 1, D]
        signed = tf.concat([tf.ones_like(weights[..., :1]), -weights], axis=-1)  # [..., L, s, H + 1]
        noise = tf.where(neighbours.found[..., tf.newaxis, :, :], self._gathered(neighbours)[2], 0.0)

        def row(i: tf.Tensor) -> tf.Tensor:
            """Covariances of query i's error with all, [..., L, s]."""
            ours = lambda part, axis: tf.gather(part, i, axis=axis)
            k = self._prior.kernel.apply(
                ours(points, -3)[..., tf.newaxis, :, tf.newaxis, tf.newaxis, :],
                points[..., tf.newaxis, tf.newaxis, :, :, :],
                example_ndims=3,
            )
            same = ours(neighbours.index, -2)[..., :, tf.newaxis, tf.newaxis] == neighbours.index[..., tf.newaxis, :, :]
            same = tf.cast(same, k.dtype)[..., tf.newaxis, :, :, :]
            both = tf.einsum("...a,...asb,...sb->...s", ours(signed, -2), k, signed)
            return both + tf.einsum("...a,...asb,...sb->...s", ours(weights * noise, -2), same, weights)

        rows = tf.map_fn(row, tf.range(tf.shape(x)[-2]), fn_output_signature=mean.dtype)
        lead = mean.shape.rank - 1
        covariance = tf.transpose(rows, [*range(1, lead + 1), 0, lead + 1])[..., :asked, :asked]
        return mean[..., :asked], 0.5 * (covariance + tf.linalg.matrix_transpose(covariance))

    def _before(self) -> Neighbours:
        """The H closest observed points before every point in the ordering."""
        known, num = self._known, self._prior.num_neighbours
        count = tf.shape(known.x)[-2]
        if known.x.shape[-1] == 1:
            shape = tf.concat([tf.shape(known.x)[:-1], [tf.minimum(num, count)]], axis=0)
            return Neighbours(*(tf.broadcast_to(part, shape) for part in preceding(count, num)))
        seen = tf.ones(tf.shape(known.x)[:-1], tf.bool) if known.mask is None else known.mask
        number = tf.cumsum(tf.cast(seen, tf.int64), axis=-1)  # of every observed point: missing ones move no other
        ranks = number * _SCATTER % 2**32
        return nearest(known.x, known.x, num, known.mask, (ranks, ranks))

    def _closest(self, x: tf.Tensor) -> Neighbours:
        """The H closest observed points of every query."""
        known, num = self._known, self._prior.num_neighbours
        if known.x.shape[-1] != 1:
            return nearest(known.x, x, num, known.mask)
        if known.mask is None:
            count = tf.fill(tf.shape(self._keys)[:-1], tf.shape(self._keys)[-1])
        else:
            count = tf.reduce_sum(tf.cast(known.mask, tf.int32), axis=-1)
        return around(self._keys, x[..., 0], num, count)

    def _gathered(self, neighbours: Neighbours) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Inputs [..., s, H, D], y~ and s~ [..., L, s, H] of neighbours."""
        lead = self._known.x.shape.rank - 2
        index, known = neighbours.index, self._known
        channels = tf.shape(known.y)[-2]
        every = lambda part: part[..., tf.newaxis, :, :] + tf.zeros([channels, 1, 1], part.dtype)
        gathered = lambda values: tf.gather(values, every(index), axis=lead + 1, batch_dims=lead + 1)
        near = tf.gather(known.x, index, axis=lead, batch_dims=lead)
        return near, gathered(known.y), gathered(known.noise_variance)

    def _regression(self, x: tf.Tensor, neighbours: Neighbours) -> tuple[exact.ExactRegression, tf.Tensor]:
        """GP regression on the neighbours of each query, and their covariances with it, [..., L or 1, s, H, 1]."""
        kernel, (near, y, noise) = self._prior.kernel, self._gathered(neighbours)
        near = near[..., tf.newaxis, :, :, :]  # [..., 1, s, H, D]
        k_hh = kernel.apply(near[..., :, tf.newaxis, :], near[..., tf.newaxis, :, :], example_ndims=3)
        k_hs = kernel.apply(near, x[..., tf.newaxis, :, tf.newaxis, :], example_ndims=2)
        found = neighbours.found[..., tf.newaxis, :, :]
        return exact.condition(k_hh, y, noise, found), k_hs[..., tf.newaxis]

    def _given(self, x: tf.Tensor, neighbours: Neighbours) -> Gaussian:
        regression, k_hs = self._regression(x, neighbours)
        found = exact.marginals(regression, k_hs, kernels.diagonal(self._prior.kernel, x)[..., tf.newaxis])
        return Gaussian(*(part[..., 0] for part in found))

    def _weights(self, x: tf.Tensor, neighbours: Neighbours) -> tuple[tf.Tensor, tf.Tensor]:
        """Means [..., L, s], and the weights [..., L, s, H] of the neighbours' y~ in them."""
        regression, k_hs = self._regression(x, neighbours)
        return tf.reduce_sum(k_hs[..., 0] * regression.weights, axis=-1), exact.weights(regression, k_hs)[..., 0]


class VecchiaGP(RegressionGP):
    """GP priors over the latent channels, each point conditioned on its H nearest neighbours, O(n H^3).

    With H >= n it is `ExactGP`. Inputs of one column are ordered in time; others scattered, always the same way,
    and their neighbours are found by comparing all points, O(n^2 D) cheap operations. Distances are Euclidean.

    Args:
      kernel: any psd kernel of batch shape [] or [L]; its dtype is that of the algebra.
      num_neighbours: H.

    Raises:
      ValueError: if H is below 1 or no whole number.
    """

    def __init__(self, kernel: kernels.Kernel, num_neighbours: int = 16):
        super().__init__(kernel, name="vecchia_gp")
        self.num_neighbours = at_least_one("num_neighbours (H)", num_neighbours)

    def num_coupled(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        return tf.minimum(self.num_neighbours, num_observed(x, mask))

    def condition(self, data: LatentDataset) -> VecchiaPosterior:
        check_finite_inputs(data.x, "x")
        return VecchiaPosterior(self, data.checked())
