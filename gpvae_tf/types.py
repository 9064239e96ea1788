"""The small typed results that travel between the packages of the library."""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

Batch = Mapping[str, tf.Tensor]  # "observations", "inputs", "mask" and whatever else a model reads


class Gaussian(NamedTuple):
    """Marginal means and variances of independent Gaussians, two tensors of one shape."""

    mean: tf.Tensor
    variance: tf.Tensor

    @classmethod
    def from_log_variance(cls, output: tf.Tensor) -> "Gaussian":
        """The Gaussian [..., L] that a network's output [..., 2 L] says: means, and behind them log variances."""
        mean, log_variance = tf.split(output, 2, axis=-1)
        return cls(mean, tf.exp(log_variance))

    def transposed(self) -> "Gaussian":
        """The same with the last two axes exchanged: channels last, [..., n, L], of channels first, or back."""
        return Gaussian(*(tf.linalg.matrix_transpose(part) for part in self))


class Predictive(NamedTuple):
    """The distribution of data y at some points, from S draws z_s of their latents; tensors [..., *event].

    By the law of total variance, Var[y] = Var[E[y | z]] + E[Var[y | z]]: what is not known of the latents, and what no
    latent explains.

    Attributes:
      mean: E[y], the mean of E[y | z_s].
      latent_variance: variance of E[y | z] over the draws, unbiased.
      noise_variance: mean of Var[y | z_s], the observation noise.
      quantiles: quantiles of y in the order asked for, [Q, ..., *event].
      samples: one draw of y for every z_s, observation noise included, [S, ..., *event]; None if not asked for.
    """

    mean: tf.Tensor
    latent_variance: tf.Tensor
    noise_variance: tf.Tensor
    quantiles: tf.Tensor
    samples: tf.Tensor | None

    @property
    def variance(self) -> tf.Tensor:
        """latent_variance + noise_variance."""
        return self.latent_variance + self.noise_variance

    @property
    def stddev(self) -> tf.Tensor:
        """Square root of the variance, in the data's unit."""
        return tf.sqrt(self.variance)


class Imputation(NamedTuple):
    """A batch with its gaps filled in; tensors [..., *event] at all points of the batch, observed ones too.

    Attributes:
      filled: the observations where there are any, elsewhere the predictive mean.
      mean, stddev: the predictive distribution's mean and standard deviation.
      lower, upper: ends of its central interval.
    """

    filled: tf.Tensor
    mean: tf.Tensor
    stddev: tf.Tensor
    lower: tf.Tensor
    upper: tf.Tensor


class EntryScores(NamedTuple):
    """How well the distribution of some data, each entry on its own, foretold what was observed; tensors [..., *event].

    Attributes:
      log_density: log p(y_j), nats per unit of the data; of a probability where values are discrete.
      crps: continuous ranked probability score, in the data's unit; of values 0 and 1 it is the Brier score.
    """

    log_density: tf.Tensor
    crps: tf.Tensor


class Bound(NamedTuple):
    """An evidence lower bound with named parts, all in nats.

    Attributes:
      reconstruction: E_q[log p(y | z)], one value per data set (a video, an object, or the one global set), summed
        over its observed data points.
      regularizer: the term beside it, of the same shape; minus a KL divergence or its estimate.
      parts: what `regularizer` is made of, by name; the values sum to it.
      num_points: observed data points of every data set, of the same shape and dtype.
    """

    reconstruction: tf.Tensor
    regularizer: tf.Tensor
    parts: Mapping[str, tf.Tensor]
    num_points: tf.Tensor

    @property
    def elbo(self) -> tf.Tensor:
        """reconstruction + regularizer."""
        return self.reconstruction + self.regularizer
