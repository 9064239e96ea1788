"""What experiments with Gaussian pixels share: likelihood and objective, Adam, and how often a run is evaluated."""

import abc
import math
from typing import Any, ClassVar, Generic, TypeVar

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.experiments.base import Experiment
from gpvae_tf.experiments.pixel_config import PixelConfig
from gpvae_tf.experiments.pixel_presets import Learning, PixelPreset
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.objectives import BetaELBO, Objective
from gpvae_tf.training.optimizers import make_optimizer

C = TypeVar("C", bound=PixelConfig)


class PixelExperiment(Experiment[C], Generic[C]):
    """A run whose pixel errors are weighed against the KL by --beta or by --GECO.

    Attributes:
      event_shape: (H, W, C).
    """

    event_shape: ClassVar[tuple[int, int, int]]

    @property
    def preset(self) -> PixelPreset:
        """What --preset stands for."""
        return self.config.presets[self.config.preset]

    @property
    def num_pixels(self) -> int:
        """K, values of an image."""
        return math.prod(self.event_shape)

    @property
    def pixel_variance(self) -> float:
        """s^2 of N(y; decoder output, s^2).

        The authors minimise SE / K + (beta / L) KL, which is a multiple of the negative ELBO with s^2 = K beta / (2 L).
        Under GECO s^2 = 1, and the multiplier scales it.
        """
        return 1.0 if self.config.GECO else self.num_pixels * self.config.beta / (2 * self.config.L)

    def likelihood_and_objective(self) -> dict[str, Any]:
        """The model's likelihood and objective."""
        config, likelihood = self.config, GaussianLikelihood(self.pixel_variance)
        objective: Objective = BetaELBO()
        if config.GECO:
            target = likelihood.nats_at(config.kappa_squared, self.num_pixels)
            log_range = (-6.0, config.max_log_multiplier)
            objective = self.preset.geco(target, self.num_pixels, config.alpha, log_range)
        return {"likelihood": likelihood, "objective": objective}

    @property
    @abc.abstractmethod
    def steps_per_data_epoch(self) -> int:
        """Mini-batches that hold the training split once."""

    @property
    def steps_per_epoch(self) -> int:
        return self.steps_per_data_epoch * self.config.eval_every

    @property
    def data_epoch(self) -> float:
        """How often the model has seen the training split, for the logs."""
        return self.model.num_steps / self.steps_per_data_epoch

    @property
    def evaluation_seed(self) -> tf.Tensor:
        """The seed [2] of an evaluation's draws."""
        return tf.constant([self.config.seed, self.model.num_steps], tf.int32)

    def adam(self, learning: Learning, images: int, variance: float, steps: int) -> keras.optimizers.Optimizer:
        """Adam with --lr, or the learning rate given.

        Args:
          learning: rate, schedule and clipping.
          images: number of images of a data set in a batch.
          variance: pixel variance at first.
          steps: number of training steps that it is for.
        """
        rate = learning.rate if self.config.lr is None else self.config.lr
        schedule = keras.optimizers.schedules.CosineDecay(rate, steps) if learning.cosine else rate
        clip = None if learning.clip is None else learning.clip * images / variance
        return make_optimizer(schedule, precision=self.config.precision, clip_norm=clip, clip_value=self.clip_value)

    @property
    def clip_value(self) -> float | None:
        """Largest entry of a gradient; None for any."""
        return None
