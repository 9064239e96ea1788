"""What determines a run's numbers, and how a run is executed: frozen dataclasses whose fields are the flags."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from gpvae_tf.flags.checks import check_needs, check_values
from gpvae_tf.flags.choices import PRECISIONS
from gpvae_tf.flags.command_line import RemovedFlag
from gpvae_tf.flags.options import choosing_data, may_change, needs, option, options_of
from gpvae_tf.training.execution import JIT, STRATEGIES

PRESET_HELP = "paper: the paper's equations; authors_code: what the released code does."
PRECISION_HELP = "Floating-point precision of the networks; last layers are float32 in mixed precision."


@dataclasses.dataclass(frozen=True)
class Config:
    """What determines a run's numbers. Every field is declared with `option` and is a flag of the same name.

    Attributes:
      removed: flags of the authors' that have no meaning here, for every class of the hierarchy its own.
    """

    preset: str = option("paper", PRESET_HELP, choices=("paper", "authors_code"))
    seed: int = option(0, "Random seed of weights, data order and draws. (The authors' is never used, B6.)")
    precision: str = option("float32", PRECISION_HELP, choices=PRECISIONS)

    removed: ClassVar[Mapping[str, RemovedFlag]] = {}

    def __post_init__(self):
        for name, (_, about) in options_of(self).items():
            value = getattr(self, name)
            if isinstance(value, list):  # of config.json and of the command line
                object.__setattr__(self, name, tuple(value))
            elif about.formerly and isinstance(value, str) and value in about.formerly:
                object.__setattr__(self, name, about.formerly[value])
        check_values(self)
        check_needs(self)
        self.check()

    def check(self) -> None:  # noqa: B027 (most configurations have fields that do not depend on each other)
        """Refuses fields that contradict each other.

        Raises:
          ValueError: naming the flags.
        """

    @property
    def may_change(self) -> tuple[str, ...]:
        """Options that a resumed run may give other values, because they determine no number that is there."""
        return may_change(self)

    @property
    def choosing_data(self) -> tuple[str, ...]:
        """Options of `may_change` without which other data are read."""
        return choosing_data(self)

    @property
    def places(self) -> tuple[str, ...]:
        """Options that say where data lie, which determines no number; a file of other data is no such option."""
        return tuple(name for name, (_, about) in options_of(self).items() if about.is_path and about.may_change)

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Default values of the options by name."""
        return {field.name: field.default for field in dataclasses.fields(cls)}

    @classmethod
    def all_removed(cls) -> dict[str, RemovedFlag]:
        """`removed` of the class and of those it derives from."""
        return {name: why for base in cls.__mro__ for name, why in vars(base).get("removed", {}).items()}


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """How a run is executed and where it is written; nothing here determines a number."""

    base_dir: str = option(".", "Folder in which the run's folder is made.", is_path=True)
    expid: str = option("run", "Name of the run.")
    save: bool = option(True, "Write the run's folder; --nosave trains and prints only.")
    show_pics: bool = option(
        False, "Open the pictures in windows at the end (needs a display).", needs=[needs("save"), needs("figures")]
    )
    jit: str = option("auto", "Compile the training step with XLA; auto: on a GPU only.", choices=JIT)
    steps_per_execution: int = option(
        1,
        "Training steps taken in one go, which spares what lies between them; a signal waits for the last one.",
        at_least=1,
    )
    strategy: str = option("none", "tf.distribute strategy; multi_worker reads TF_CONFIG.", choices=STRATEGIES)
    wait_for_workers: float = option(
        600.0, "Seconds to wait for the other workers to start.", above=0.0, needs=needs("strategy", "multi_worker")
    )
    resume: bool = option(
        False, "Continue the run in the output folder from its newest whole checkpoint.", needs=needs("save")
    )
    figures: bool = option(True, "Draw the run's pictures at the end.")
    export: bool = option(True, "Write a SavedModel at the end.")
    verbose: int = option(1, "0: quiet, 1: progress bar, 2: one line per epoch.", at_least=0, at_most=2)

    removed: ClassVar[Mapping[str, RemovedFlag]] = {
        "ram": RemovedFlag("TensorFlow 2 lets GPU memory grow as needed; there is no fraction to set.")
    }

    def __post_init__(self):
        check_values(self)
        check_needs(self)
