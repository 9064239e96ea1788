"""Global latent channels that are correlated between objects (metodj/FGP-VAE, --object_prior_corr; not in the paper).

z = (z(d_1), ..., z(d_B)) ~ N(0, K_obj) per channel: a GP over the object vectors d_b of a batch. All images of object b
observe its one value z(d_b), so they enter through two numbers per channel only,

    prod_q N(y_q | z, v_q) = C~ N(y_bar | z, v_bar),    1 / v_bar = sum_q 1 / v_q,    y_bar = v_bar sum_q y_q / v_q,

so GP regression over n_1 + ... + n_B images is exact GP regression over B objects, O(B^3).
"""

from typing import NamedTuple

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.gp import exact, gaussians, linalg
from gpvae_tf.latent_gps.kernel_dtype import num_observed
from gpvae_tf.latent_gps.kernel_gp import KernelGP
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.latent_gps.shared import ObjectPosterior
from gpvae_tf.replicas import shares
from gpvae_tf.types import Gaussian


class Summary(NamedTuple):
    """The likelihood of an object's latent given its images, as one observation per object and channel, [..., B, L].

    Attributes:
      y, noise_variance: y_bar and v_bar; 0 and 1 where nothing is observed.
      observed: boolean, whether anything is.
      log_normalizer: log C~, nats: the log of the factor by which the product of the images' Gaussians exceeds
        N(y_bar | z, v_bar); 0 where nothing is observed.
    """

    y: tf.Tensor
    noise_variance: tf.Tensor
    observed: tf.Tensor
    log_normalizer: tf.Tensor


def summarize(data: LatentDataset) -> Summary:
    """The summary of a latent data set whose frames share their latents.

    log C~ = sum_q log N(y_q | y_bar, v_q) - log N(y_bar | y_bar, v_bar): the identity above at z = y_bar.
    """
    precision, y = linalg.information(data.y, data.noise_variance, data.channel_mask)
    total = tf.reduce_sum(precision, axis=-1)  # [..., B, L]
    observed = total > 0
    variance = tf.math.reciprocal(tf.where(observed, total, tf.ones_like(total)))
    mean = variance * tf.reduce_sum(precision * y, axis=-1)
    at_mean = Gaussian(mean[..., tf.newaxis], tf.zeros_like(mean)[..., tf.newaxis])
    log_normalizer = gaussians.expected_log_density(at_mean, data.y, data.noise_variance, data.channel_mask)
    log_normalizer += tf.where(observed, 0.5 * (linalg.LOG_2PI + tf.math.log(variance)), tf.zeros_like(variance))
    return Summary(mean, variance, observed, log_normalizer)


def first_observed(rows: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """The row [..., D] of each data set's first observed frame, of rows [..., n, D]; row 0 where there is none."""
    if mask is None:
        return rows[..., 0, :]
    index = tf.argmax(tf.cast(mask, tf.int32), axis=-1)
    return tf.gather(rows, index, axis=-2, batch_dims=index.shape.rank)


class CorrelatedSharedPosterior(ObjectPosterior):
    """The exact q(z) given all images of a batch of objects.

    log Z = log N(y_bar | 0, K_obj + diag(v_bar)) + sum_b log C~_b belongs to the objects together. Each object gets its
    own log C~_b and an equal share of the first term, so that the sum over the batch is log Z; one without images
    gets nothing. Replicas that share a batch condition on all of its objects, and each has the parts of its own.

    Attributes:
      summary: the likelihood of every object, as one observation of its latent.
      objects: object vectors, [..., B, M]; those of all replicas that share the batch.
      log_marginal_likelihood_of_summaries: log N(y_bar | 0, K_obj + diag(v_bar)), [..., L], nats.
    """

    def __init__(self, kernel: kernels.Kernel, data: LatentDataset):
        self._kernel, self.summary = kernel, summarize(data)
        self.objects, *numbers = map(_of_all_objects, (first_observed(data.x, data.mask), *self.summary[:3]))
        rows = self.objects[..., tf.newaxis, :, :]  # [..., 1, B, M]: the batch of objects is one data set here
        k_bb = kernels.matrix(kernel, rows, rows)  # [..., 1, L or 1, B, B]
        y, noise, observed = (tf.linalg.matrix_transpose(a)[..., tf.newaxis, :, :] for a in numbers)
        self._rows, self._regression = rows, exact.condition(k_bb, y, noise, observed)
        at_objects = exact.marginals(self._regression, k_bb, linalg.diagonal(k_bb))
        z = Gaussian(*(tf.squeeze(part, axis=-3) for part in at_objects)).transposed()
        super().__init__(data, Gaussian(*(shares.own(part, shares.DATA_SETS, -2) for part in z)))
        self.log_marginal_likelihood_of_summaries = tf.squeeze(self._regression.log_marginal_likelihood, axis=-2)

    @property
    def log_marginal_likelihood(self) -> tf.Tensor:
        """An object's share of log Z, [..., B, L], nats."""
        observed = tf.cast(self.summary.observed, self.summary.y.dtype)
        num_observed = shares.total(tf.reduce_sum(observed, axis=-2, keepdims=True), shares.DATA_SETS)
        share = observed / tf.maximum(num_observed, 1.0)
        return share * self.log_marginal_likelihood_of_summaries[..., tf.newaxis, :] + self.summary.log_normalizer

    def predict(self, x: tf.Tensor) -> Gaussian:
        """Means and variances [..., B, L, s] at object vectors x [..., B, s, M], those of the batch or any others."""
        k_bs = kernels.matrix(self._kernel, self._rows, x)  # [..., B, L or 1, B, s]
        return exact.marginals(self._regression, k_bs, kernels.diagonal(self._kernel, x))

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        k_bs = kernels.matrix(self._kernel, self._rows, x)
        covariance = exact.covariance(self._regression, k_bs, kernels.matrix(self._kernel, x, x))
        return self.predict(x).mean, covariance


def _of_all_objects(rows: tf.Tensor) -> tf.Tensor:
    """The rows [..., B, M] of all replicas' objects, given those of this replica; they may be boolean."""
    if rows.dtype == tf.bool:
        return _of_all_objects(tf.cast(rows, tf.int32)) > 0
    return shares.gathered(rows, shares.DATA_SETS, -2)


class CorrelatedSharedGaussian(KernelGP):
    """Latents constant within an object, with a GP prior over the objects of a batch.

    Every data set [n, M] is an object and its inputs are its vector, repeated for each image; `latent_gps.FactorizedGP`
    gives it the columns behind the view's. Objects of other batches are taken to be independent, as the authors do:
    what is trained is the sum of the batches' bounds. `prior_covariance` is that within a data set.

    Args:
      kernel: psd kernel on object vectors, such as `kernels.linear(normalize=True)`, of batch shape [] or [L].
    """

    part_names = ("log_marginal_likelihood", "cross_entropy")

    def __init__(self, kernel: kernels.Kernel):
        super().__init__(kernel, name="correlated_shared_gaussian")

    def num_coupled(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> int | tf.Tensor:
        """All images: an object's n count as one of noise s / n, and B of these are factorised together."""
        if mask is None:
            return tf.reduce_prod(tf.shape(x)[-3:-1])
        return tf.reduce_sum(num_observed(x, mask), axis=-3, keepdims=True)

    def least_noise(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor | None:
        """That of all objects together, whose vectors may be of unequal lengths."""
        of_each = super().least_noise(x, mask)
        return of_each if of_each is None or of_each.shape.rank < 3 else tf.reduce_mean(of_each, axis=-3, keepdims=True)

    def condition(self, data: LatentDataset) -> CorrelatedSharedPosterior:
        """The posterior of a batch of objects.

        Raises:
          ValueError: if the inputs are no batch of data sets, have no frame, or no column.
        tf.errors.InvalidArgumentError: in code compiled for any number of frames, if there is none.
        """
        rank = data.x.shape.rank
        if rank < 3:
            raise ValueError(f"a prior over objects needs a batch of them, inputs [B, n, M]; got rank {rank}")
        message = "objects without frames have no vectors: give at least one each, masked if unobserved"
        if data.x.shape[-2] == 0:
            raise ValueError(message)
        self._check(data.x)
        with tf.control_dependencies(_at_least_one_frame(data.x, message)):
            x = tf.identity(data.x)
        return CorrelatedSharedPosterior(self.kernel, data._replace(x=x).checked())

    def prior_covariance(self, x: tf.Tensor) -> tf.Tensor:
        self._check(x)
        return super().prior_covariance(x)

    def _check(self, x: tf.Tensor) -> None:
        if x.shape[-1] == 0:
            raise ValueError("the inputs have no columns behind the view's: give the model object vectors (embedding)")


def _at_least_one_frame(x: tf.Tensor, message: str) -> list[tf.Operation]:
    """What ends compiled code with the message where inputs [..., n, M] have no frame; nothing where n is known."""
    if x.shape[-2] is not None:
        return []
    return [tf.debugging.Assert(tf.shape(x)[-2] > 0, [message, tf.shape(x)])]
