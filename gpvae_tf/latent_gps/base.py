"""The latent GP: a prior over latent functions that turns pseudo-observations into a posterior.

    images --encoder--> latent data set (x, y~, s~) --latent GP--> q(Z) --decoder--> p(y | z)

Every GP-VAE of the library is that line with another latent GP. Latents have shape [..., L, n] here, channel first, and
inputs [..., n, D], shared by the channels.
"""

import abc
import math
from collections.abc import Mapping

import tensorflow as tf

from gpvae_tf.gp.gaussians import draw_jointly
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.latent_gps.proposals import Proposal, RegressionProposal
from gpvae_tf.saving import Configurable
from gpvae_tf.types import Gaussian

Range = tuple[float, float]
TINY_VARIANCE = 1e-10  # float32 algebra can round a variance of nothing below zero


class LatentPredictor(abc.ABC):
    """The latent functions given some data, at any inputs."""

    @abc.abstractmethod
    def predict(self, x: tf.Tensor) -> Gaussian:
        """Means and variances [..., L, s] at new inputs x [..., s, D]."""

    @abc.abstractmethod
    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean [..., L, s] and full covariance [..., L, s, s] at new inputs x [..., s, D]."""

    def draw_functions(self, x: tf.Tensor, seed: tf.Tensor, num: int | tf.Tensor | None = None) -> tf.Tensor:
        """One draw [..., L, s] of the functions at x [..., s, D], or `num` of them; by the joint covariance, O(s^3).

        Args:
          x: inputs.
          seed: stateless seed [2].
          num: how many, [num, ..., L, s]; None for one without that axis.
        """
        return draw_jointly(*self.predict_joint(x), seed, num)


class LatentPosterior(LatentPredictor):
    """q(Z | data) of one latent data set, and its part of the bound.

    Attributes:
      data: the latent data set it was conditioned on.
    """

    data: LatentDataset

    @abc.abstractmethod
    def marginals(self) -> Gaussian:
        """Means and variances [..., L, n] at the data's own inputs."""

    def draw(self, noise: tf.Tensor, variance_range: Range = (TINY_VARIANCE, math.inf)) -> tf.Tensor:
        """One draw z of the latents, [..., L, n], whose means and variances are `marginals()`.

        The frames' draws are independent of each other, which is all that E_q[sum_i log p(y_i | z_i)] asks for; a
        posterior whose frames share a latent overrides this.

        Args:
          noise: standard normals [..., L, n].
          variance_range: what the variances are clipped to first.
        """
        mean, variance = self.marginals()
        return mean + tf.sqrt(tf.clip_by_value(variance, *variance_range)) * noise

    @abc.abstractmethod
    def regularizer(self) -> Mapping[str, tf.Tensor]:
        """Named parts [..., L], in nats, of the term beside E[log p(y | z)]; their sum is that term."""


class LatentGP(Configurable, tf.Module, abc.ABC):
    """A prior over L latent functions, with a rule for conditioning it on a latent data set.

    Attributes:
      dtype: dtype of the kernel algebra.
      part_names: the keys of its posteriors' `regularizer()`.
      shares_points: whether a batch may be some points of a data set, as the bound is a sum over points. Replicas
        split these, and the data sets of a batch otherwise.
      predicts_own_points: whether `predict` at the data's own inputs gives `marginals()`; not where q(z_i) depends on
        y_i alone or comes whole from the encoder.
      stands_for_more: whether a posterior takes its points for N of which it has b, and so is narrower than what these
        points alone tell.
    """

    part_names: tuple[str, ...]
    predicts_own_points, shares_points, stands_for_more = True, False, False

    def __init__(self, dtype: tf.DType, name: str):
        super().__init__(name=name)
        self.dtype = tf.as_dtype(dtype)

    @property
    def num_channels(self) -> int | None:
        """L if the prior is made for a number of channels, None if it serves any."""
        return None

    @abc.abstractmethod
    def condition(self, data: LatentDataset) -> LatentPosterior:
        """The posterior given a latent data set in `self.dtype`.

        Raises:
          ValueError: see `LatentDataset.checked`.
        """

    def condition_on_all(self, data: LatentDataset) -> LatentPredictor:
        """The predictor given a latent data set that is all there is to know, whatever it stands for in a bound.

        Raises:
          ValueError: see `LatentDataset.checked`.
        """
        return self.condition(data)

    def kernel_inputs(self, x: tf.Tensor) -> tf.Tensor:
        """Those columns of features [..., n, F] whose differences a kernel computes; all of them by default."""
        return x

    def check(self, x: tf.Tensor, num_sets: int, num_channels: int) -> None:  # noqa: B027 (most serve any number of inputs)
        """Refuses, before any work, what memory does not hold, and warns of inducing points that are too few.

        Args:
          x: features [n, F] of one data set.
          num_sets: data sets in a batch.
          num_channels: L of the model.

        Raises:
          MemoryError: naming what is needed, what there is, and what to use instead.
        """

    def check_count(self, num_points: int) -> None:  # noqa: B027 (most priors take any)
        """Refuses a batch with so many observed points in one data set; any will do by default.

        Raises:
          ValueError: saying what to do instead.
        """

    def check_points(self, num_data: int | None) -> None:
        """Refuses batches of some points of one data set where the bound is no sum over points.

        Args:
          num_data: points of that data set; None for validation data, which may have another number of points.

        Raises:
          ValueError: saying what to do instead.
        """
        if not self.shares_points:
            raise ValueError(
                f"the data have batches of points (points_per_batch), and {type(self).__name__} takes every batch for "
                "whole data sets: leave points_per_batch out, cut the series with data.windows, or train SVGPVAE with "
                "num_data=data.num_data"
            )

    def explained_variance(self, x: tf.Tensor) -> tf.Tensor | None:
        """The share [] of the prior's variance at features x [..., n, F] that inducing points explain; None without.

        Of several data sets, the least; `cost.check_explained_variance` warns of a small one.
        """
        return None

    def checked(self, data: LatentDataset) -> LatentDataset:
        """The latent data set itself, checked for this prior if executed eagerly.

        Raises:
          ValueError: see `LatentDataset.checked`.
        """
        return data.checked()

    def least_noise(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor | None:
        """A floor for the noise variances, below which rounding dominates, for features x [..., n, D].

        [..., 1 or L, 1], of the points that the mask, boolean [..., n], leaves; None where the noise does not enter.
        """
        return None

    @abc.abstractmethod
    def prior_covariance(self, x: tf.Tensor) -> tf.Tensor:
        """Prior covariance [..., L or 1, s, s] of the latent functions at x [..., s, D]."""

    def proposal(self, data: LatentDataset) -> Proposal:
        """Joint draws of the latents at the points of a latent data set, for averages that are its likelihood; O(n^3).

        Raises:
          ValueError: see `LatentDataset.checked`.
        """
        return RegressionProposal(self.prior_covariance(data.x), self.checked(data))

    def draw_prior(self, x: tf.Tensor, num_channels: int, seed: tf.Tensor) -> tf.Tensor:
        """One draw of the prior's functions of every channel, [..., L, s], at x [..., s, D]; O(s^3)."""
        covariance = self.prior_covariance(x)
        shape = tf.concat([tf.shape(x)[:-2], [num_channels], tf.shape(x)[-2:-1]], axis=0)
        return draw_jointly(tf.zeros(shape, covariance.dtype), covariance, seed)
