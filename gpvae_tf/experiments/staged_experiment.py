"""Experiments that train in the stages of --opt_regime, each with an optimizer of its own."""

import abc
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from gpvae_tf._keras import keras
from gpvae_tf.experiments.pixel_config import PixelConfig
from gpvae_tf.experiments.pixel_experiment import PixelExperiment
from gpvae_tf.experiments.regimes import Stages
from gpvae_tf.training.loop import Phase

C = TypeVar("C", bound=PixelConfig)


class StagedExperiment(PixelExperiment[C], Generic[C]):
    """A run whose configuration has `regimes`, stages with their epochs."""

    @property
    @abc.abstractmethod
    def enter_stage(self) -> Callable[[str, Any], None] | None:
        """Sets the model up for a stage; None for models without stages."""

    @abc.abstractmethod
    def stage_optimizer(self, stage: str, steps: int) -> keras.optimizers.Optimizer:
        """A new optimizer for a stage of so many steps."""

    @property
    def stages(self) -> Stages:
        """The stages of --opt_regime."""
        return Stages(self.config.regimes, self.steps_per_data_epoch)  # type: ignore[attr-defined]

    @property
    def num_steps(self) -> int:
        return self.stages.num_steps

    @property
    def phases(self) -> Sequence[Phase]:
        return self.stages.phases(self.enter_stage, self.stage_optimizer)

    def optimizer(self) -> keras.optimizers.Optimizer:
        return self.stage_optimizer("joint", self.num_steps)
