"""Experiments that train in the stages of --opt_regime, each with an optimizer of its own."""

import abc
import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from gpvae_tf._keras import keras
from gpvae_tf.experiments.pixel_config import PixelConfig
from gpvae_tf.experiments.pixel_experiment import PixelExperiment
from gpvae_tf.experiments.regimes import read_regimes
from gpvae_tf.training.loop import Phase

C = TypeVar("C", bound=PixelConfig)


class StagedExperiment(PixelExperiment[C], Generic[C]):
    """A run whose configuration has --opt_regime, and --nr_epochs for models without stages."""

    def enter_stage(self, stage: str, model: Any) -> None:
        """Makes the model train in a stage."""
        model.stage = stage

    @abc.abstractmethod
    def stage_optimizer(self, stage: str, steps: int) -> keras.optimizers.Optimizer:
        """A new optimizer for a stage of so many steps."""

    @property
    def regimes(self) -> Sequence[tuple[str, int]]:
        """The stages of --opt_regime with their epochs; one of --nr_epochs where the model has none."""
        config: Any = self.config
        has_stages = config.needs_of["opt_regime"].is_met(config)
        return read_regimes(config.opt_regime) if has_stages else [("joint", config.nr_epochs)]

    @property
    def num_steps(self) -> int:
        return self.steps_per_data_epoch * sum(epochs for _, epochs in self.regimes)

    @property
    def phases(self) -> Sequence[Phase]:
        """One per stage; a single joint stage needs none."""
        if [stage for stage, _ in self.regimes] == ["joint"]:
            return ()
        steps = [epochs * self.steps_per_data_epoch for _, epochs in self.regimes]
        return [
            Phase(end, partial(self.enter_stage, stage), partial(self.stage_optimizer, stage, length))
            for end, (stage, _), length in zip(itertools.accumulate(steps), self.regimes, steps)
        ]

    def optimizer(self) -> keras.optimizers.Optimizer:
        return self.stage_optimizer("joint", self.num_steps)
