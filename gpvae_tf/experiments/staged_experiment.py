"""Experiments that train in the stages of --opt_regime, each with an optimizer of its own."""

import abc
import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from gpvae_tf._keras import keras
from gpvae_tf.experiments.pixel_config import PixelConfig
from gpvae_tf.experiments.pixel_experiment import PixelExperiment
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
    def regimes(self) -> Sequence[tuple[str, int]]:
        """The stages of --opt_regime with their epochs."""
        return self.config.regimes  # type: ignore[attr-defined]

    @property
    def num_steps(self) -> int:
        return self.steps_per_data_epoch * sum(epochs for _, epochs in self.regimes)

    @property
    def phases(self) -> Sequence[Phase]:
        """One per stage, for models that have stages; a single joint stage needs none."""
        if self.enter_stage is None or [stage for stage, _ in self.regimes] == ["joint"]:
            return ()
        steps = [epochs * self.steps_per_data_epoch for _, epochs in self.regimes]
        return [
            Phase(end, partial(self.enter_stage, stage), partial(self.stage_optimizer, stage, length))
            for end, (stage, _), length in zip(itertools.accumulate(steps), self.regimes, steps)
        ]

    def optimizer(self) -> keras.optimizers.Optimizer:
        return self.stage_optimizer("joint", self.num_steps)
