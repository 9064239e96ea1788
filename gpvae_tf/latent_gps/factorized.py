"""A latent GP made of two: local channels that vary with the view, global ones that belong to the object (FGP-VAE)."""

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from gpvae_tf.latent_gps.base import TINY_VARIANCE, LatentGP, LatentPosterior, LatentPredictor, Range
from gpvae_tf.latent_gps.latent_dataset import LatentDataset
from gpvae_tf.types import Gaussian

LOCAL, GLOBAL = "local_", "global_"


class FactorizedPredictor(LatentPredictor):
    """Predictors of local and global channels, which are independent, at once.

    Attributes:
      local, shared: those of the halves.
    """

    def __init__(self, prior: "FactorizedGP", local: Any, shared: Any):
        self._prior, self.local, self.shared = prior, local, shared

    def predict(self, x: tf.Tensor) -> Gaussian:
        x, x_shared = self._prior.split_inputs(x)
        return Gaussian(*map(_join, self.local.predict(x), self.shared.predict(x_shared)))

    def predict_joint(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        x, x_shared = self._prior.split_inputs(x)
        (mean, cov), (mean_shared, cov_shared) = self.local.predict_joint(x), self.shared.predict_joint(x_shared)
        return _join(mean, mean_shared), _join(cov, cov_shared, axis=-3)


class FactorizedPosterior(FactorizedPredictor, LatentPosterior):
    """q(Z) = q(z^1..z^J) q(z^(J+1)..z^L): the channels are independent, so both halves are conditioned on their own."""

    def __init__(self, prior: "FactorizedGP", data: LatentDataset):
        self.data = data
        local, shared = prior.split(data)
        super().__init__(prior, prior.local.condition(local), prior.shared.condition(shared))

    def marginals(self) -> Gaussian:
        return Gaussian(*map(_join, self.local.marginals(), self.shared.marginals()))

    def draw(self, noise: tf.Tensor, variance_range: Range = (TINY_VARIANCE, math.inf)) -> tf.Tensor:
        noise, noise_shared = tf.split(noise, (self._prior.num_local, self._prior.num_shared), axis=-2)
        return _join(self.local.draw(noise, variance_range), self.shared.draw(noise_shared, variance_range))

    def regularizer(self) -> Mapping[str, tf.Tensor]:
        """Parts [..., J] with the prefix local_, parts [..., L - J] with global_."""
        halves = {LOCAL: self.local.regularizer(), GLOBAL: self.shared.regularizer()}
        return {prefix + name: value for prefix, parts in halves.items() for name, value in parts.items()}


class FactorizedGP(LatentGP):
    """The factorized prior of FGP-VAE Section 3: J local channels under one latent GP, L - J global ones under another.

    With `ExactGP` and `SharedGaussian` and one data set per object it is FGP-VAE, O(P Q^3) for P objects of Q images;
    with `SparseGP` it is the sparse FGP-VAE that the paper leaves as future work, O(P Q m^2). Inputs are split
    too, x = (w, d): the local GP sees the view's columns, the global one those of the object, if there are any.

    Args:
      local: prior of the first channels.
      num_local: J, >= 1.
      shared: prior of the others.
      num_shared: L - J, >= 1.
      view_columns: leading input columns, those of the view.

    Raises:
      ValueError: if a number is not positive, a half is made for another number of channels, or the dtypes differ.
    """

    def __init__(self, local: LatentGP, num_local: int, shared: LatentGP, num_shared: int, *, view_columns: int = 1):
        for name, value in (("num_local", num_local), ("num_shared", num_shared), ("view_columns", view_columns)):
            if value < 1:
                raise ValueError(
                    f"{name} must be >= 1, got {value}; a model of one kind of channel needs no FactorizedGP"
                )
        for name, half, size in (("local", local, num_local), ("shared", shared, num_shared)):
            if half.num_channels not in (None, size):
                raise ValueError(f"{name} is made for {half.num_channels} channels, num_{name} is {size}")
        if local.dtype != shared.dtype:
            raise ValueError(f"local computes in {local.dtype.name}, shared in {shared.dtype.name}; expected one dtype")
        super().__init__(local.dtype, name="factorized")
        self.local, self.num_local = local, num_local
        self.shared, self.num_shared = shared, num_shared
        self.view_columns = view_columns
        self.part_names = (*(LOCAL + n for n in local.part_names), *(GLOBAL + n for n in shared.part_names))

    @property
    def num_channels(self) -> int:
        return self.num_local + self.num_shared

    @property
    def predicts_own_points(self) -> bool:  # type: ignore[override]
        """Whether both halves' predictions know the data's own points: a prediction is one of all channels."""
        return self.local.predicts_own_points and self.shared.predicts_own_points

    def split_inputs(self, x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Inputs [..., n, D] as the local GP sees them, [..., n, view_columns], and what is left for the global one.

        Raises:
          ValueError: if there are fewer columns than the view has.
        """
        if x.shape[-1] is not None and x.shape[-1] < self.view_columns:
            raise ValueError(f"inputs has {x.shape[-1]} columns; expected at least the view's {self.view_columns}")
        return x[..., : self.view_columns], x[..., self.view_columns :]

    def kernel_inputs(self, x: tf.Tensor) -> tf.Tensor:
        """Those of the view: objects have ids."""
        return self.local.kernel_inputs(self.split_inputs(x)[0])

    def check(self, x: tf.Tensor, num_sets: int, num_channels: int) -> None:
        self.local.check(self.split_inputs(x)[0], num_sets, self.num_local)

    def check_count(self, num_points: int) -> None:
        self.local.check_count(num_points)

    def explained_variance(self, x: tf.Tensor) -> tf.Tensor | None:
        return self.local.explained_variance(self.split_inputs(x)[0])

    def least_noise(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor | None:
        """The higher of the floors of the two, for all channels alike."""
        floors = [
            part.least_noise(columns, mask) for part, columns in zip((self.local, self.shared), self.split_inputs(x))
        ]
        own = [tf.reduce_max(least, axis=-2, keepdims=True) for least in floors if least is not None]
        return functools.reduce(tf.maximum, own) if own else None

    @property
    def stands_for_more(self) -> bool:  # type: ignore[override]
        return self.local.stands_for_more or self.shared.stands_for_more

    def split(self, data: LatentDataset) -> tuple[LatentDataset, LatentDataset]:
        """The latent data sets of the local and the global channels."""
        (x, x_shared), sizes = self.split_inputs(data.x), (self.num_local, self.num_shared)
        (y, y_shared), (noise, noise_shared) = (tf.split(a, sizes, axis=-2) for a in (data.y, data.noise_variance))
        shared = data._replace(x=x_shared, y=y_shared, noise_variance=noise_shared)
        return data._replace(x=x, y=y, noise_variance=noise), shared

    def condition(self, data: LatentDataset) -> FactorizedPosterior:
        return FactorizedPosterior(self, data.checked())

    def condition_on_all(self, data: LatentDataset) -> FactorizedPredictor:
        """A posterior, which tells more than a predictor, unless a half stands for more points than the data have."""
        if not self.stands_for_more:
            return self.condition(data)
        local, shared = self.split(data.checked())
        return FactorizedPredictor(self, self.local.condition_on_all(local), self.shared.condition_on_all(shared))

    def prior_covariance(self, x: tf.Tensor) -> tf.Tensor:
        x, x_shared = self.split_inputs(x)
        every: Callable[[int], tf.Tensor] = lambda num: tf.zeros([num, 1, 1], self.dtype)  # [1, s, s] -> [num, s, s]
        local = self.local.prior_covariance(x) + every(self.num_local)
        return _join(local, self.shared.prior_covariance(x_shared) + every(self.num_shared), axis=-3)


def _join(local: tf.Tensor, shared: tf.Tensor, axis: int = -2) -> tf.Tensor:
    """Local and global channels along the channel axis."""
    return tf.concat([local, shared], axis=axis)
