"""The latent GP: a prior over latent functions that turns pseudo-observations into a posterior.

    images --encoder--> latent data set (x, y~, s~) --latent GP--> q(Z) --decoder--> p(y | z)

Every GP-VAE of the library is that line with another latent GP. Latents have shape [..., L, n] here, channel first, and
inputs [..., n, D], shared by the channels.
"""

import abc
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf.gp.gaussians import draw_jointly
from gpvae_tf.saving import Configurable
from gpvae_tf.types import Gaussian

Range = tuple[float, float]
TINY_VARIANCE = 1e-10  # float32 algebra can round a variance of nothing below zero


class LatentDataset(NamedTuple):
    """Inputs x with pseudo-observations y~ and noise variances s~ that the encoder made of the images (SVGP Sec. 3.2).

    Attributes:
      x: [..., n, D].
      y, noise_variance: [..., L, n].
      mask: boolean [..., n], True = observed, or None for all observed.
      coupling: [..., L, n], what lies above the diagonal of a banded precision's factor (`BandedGP`), or None.
      in_bound: boolean [..., n], the points whose likelihood the bound sums, where some of them are hidden from the
        posterior; None if they are those of the mask.
    """

    x: tf.Tensor
    y: tf.Tensor
    noise_variance: tf.Tensor
    mask: tf.Tensor | None = None
    coupling: tf.Tensor | None = None
    in_bound: tf.Tensor | None = None

    @property
    def channel_mask(self) -> tf.Tensor | None:
        """The mask with a channel axis, [..., 1, n]."""
        return None if self.mask is None else self.mask[..., tf.newaxis, :]

    def checked(self) -> "LatentDataset":
        """Itself, with what no posterior can be of refused if executed eagerly; a compiled step is skipped for it.

        Raises:
          ValueError: if y is not finite, or a noise variance not a positive number, where something was observed.
        """
        if not tf.executing_eagerly():
            return self
        seen = np.asarray(True if self.channel_mask is None else self.channel_mask)
        if bad := np.count_nonzero(~np.isfinite(self.y) & seen):
            raise ValueError(
                f"y has {bad} values that are not finite at observed points: NaN among the observations has to be "
                'masked, False there, which data.from_arrays(missing="nan") does; or the encoder has diverged'
            )
        noise = np.asarray(self.noise_variance)
        wrong = ~(np.isfinite(noise) & (noise > 0)) & seen
        if np.any(wrong):
            raise ValueError(
                f"noise_variance must be positive and finite at observed points; {np.count_nonzero(wrong)} are not, "
                f"such as {noise[wrong][0]}"
            )
        return self

    @classmethod
    def concat(cls, parts: "Sequence[LatentDataset]", axis: str = "points") -> "LatentDataset":
        """One latent data set made of several.

        Args:
          parts: one or more; a part without a mask counts as observed if another has one.
          axis: "points" if the parts hold more points of the same data sets, [..., n_1 + n_2 + ..., D]; "data sets" if
            they hold other data sets of the same length, [B_1 + B_2 + ..., n, D].

        Raises:
          ValueError: if there is no part.
        """
        if not parts:
            raise ValueError("batches is empty: there is nothing to condition on")
        if len(parts) == 1:
            return parts[0]
        masks: Sequence[tf.Tensor | None] = [part.mask for part in parts]
        if any(mask is not None for mask in masks):
            masks = [tf.ones(tf.shape(p.x)[:-1], tf.bool) if p.mask is None else p.mask for p in parts]
        columns = zip(*((*part[:3], mask, part.coupling) for part, mask in zip(parts, masks)))
        axes = (-2, -1, -1, -1, -1) if axis == "points" else (0, 0, 0, 0, 0)
        return cls(*(None if column[0] is None else tf.concat(column, a) for column, a in zip(columns, axes)))


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
    """

    part_names: tuple[str, ...]
    predicts_own_points, shares_points = True, False

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

    def kernel_inputs(self, x: tf.Tensor) -> tf.Tensor:
        """Those columns of features [..., n, F] whose differences a kernel computes; all of them by default."""
        return x

    def check(self, x: tf.Tensor, num_sets: int, num_channels: int) -> None:  # noqa: B027 (most serve any number of inputs)
        """Says before any work what will not do: memory that is not there, inducing points that are too few.

        Args:
          x: features [n, F] of one data set.
          num_sets: data sets in a batch.
          num_channels: L of the model.

        Raises:
          MemoryError: naming what is needed, what there is, and what to use instead.
        """

    def check_points(self, num_data: int | None) -> None:
        """Refuses batches of some points of one data set where the bound is no sum over points.

        Args:
          num_data: points of that data set; None where only a bound is asked for, of which it may be another.

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
        """A latent data set, with what this prior cannot be conditioned on refused if executed eagerly.

        Raises:
          ValueError: see `LatentDataset.checked`.
        """
        return data.checked()

    def least_noise(self, x: tf.Tensor) -> tf.Tensor | None:
        """The smallest noise variance that the algebra tells from rounding, for features x [..., n, D].

        [..., 1 or L, 1], which pseudo-observations are given at least; None where any will do, as in float64.
        """
        return None

    @abc.abstractmethod
    def prior_covariance(self, x: tf.Tensor) -> tf.Tensor:
        """Prior covariance [..., L or 1, s, s] of the latent functions at x [..., s, D]."""

    def draw_prior(self, x: tf.Tensor, num_channels: int, seed: tf.Tensor) -> tf.Tensor:
        """One draw of the prior's functions of every channel, [..., L, s], at x [..., s, D]; O(s^3)."""
        covariance = self.prior_covariance(x)
        shape = tf.concat([tf.shape(x)[:-2], [num_channels], tf.shape(x)[-2:-1]], axis=0)
        return draw_jointly(tf.zeros(shape, covariance.dtype), covariance, seed)
