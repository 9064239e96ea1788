"""Training in stages by --opt_regime (SVGP-VAE's scripts): VAE-N, GP-N, joint-N, N epochs each."""

import dataclasses
import functools
import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

from gpvae_tf._keras import keras
from gpvae_tf.models.staged import StagedTraining
from gpvae_tf.training.loop import Phase

REGIME_HELP = "Stages VAE-N, GP-N or joint-N, N epochs each, separated by spaces or commas."
_REGIME = re.compile(r"(VAE|GP|joint)-([1-9]\d*)")


def read_regimes(texts: Sequence[str]) -> list[tuple[str, int]]:
    """Stages with their epochs.

    Raises:
      ValueError: if there is none, or one is written in another way.
    """
    wrong = [text for text in texts if not _REGIME.fullmatch(text)]
    if wrong or not texts:
        raise ValueError(f"--opt_regime must list VAE-N, GP-N or joint-N, N epochs each, got {wrong or 'nothing'}")
    parts = (text.split("-") for text in texts)
    return [(stage, int(epochs)) for stage, epochs in parts]


def enter_stage(stage: str, model: StagedTraining) -> None:
    """Makes a model train in a stage."""
    model.stage = stage


@dataclasses.dataclass(frozen=True)
class Stages:
    """The stages of a run.

    Attributes:
      regimes: stages with their epochs.
      steps_per_data_epoch: mini-batches that hold the training split once.
    """

    regimes: Sequence[tuple[str, int]]
    steps_per_data_epoch: int

    @property
    def num_steps(self) -> int:
        """Training steps in all."""
        return self.steps_per_data_epoch * sum(epochs for _, epochs in self.regimes)

    def phases(
        self, enter: Callable[[str, Any], None] | None, optimizer: Callable[[str, int], keras.optimizers.Optimizer]
    ) -> Sequence[Phase]:
        """One per stage, for models that have stages; a single joint stage needs none.

        Args:
          enter: sets a model up for a stage; None for models without stages.
          optimizer: makes the optimizer of a stage and its number of steps.
        """
        if enter is None or [stage for stage, _ in self.regimes] == ["joint"]:
            return ()
        steps = [epochs * self.steps_per_data_epoch for _, epochs in self.regimes]
        return [
            Phase(end, functools.partial(enter, stage), functools.partial(optimizer, stage, length))
            for end, (stage, _), length in zip(itertools.accumulate(steps), self.regimes, steps)
        ]
