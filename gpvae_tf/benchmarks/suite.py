"""What the suites share: options, and clocks of models that take turns.

Only ratios of times that were taken in one run on one idle machine say something, so models take turns, and clones
follow right after.
"""

import abc
import dataclasses
import functools
import statistics
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from gpvae_tf._keras import keras
from gpvae_tf.benchmarks.measurement import Measurement
from gpvae_tf.comparison.case import FGP_VAE, SVGP_VAE, Repository, recognise
from gpvae_tf.flags.checks import check_values
from gpvae_tf.flags.options import option, options_of
from gpvae_tf.training import execution
from gpvae_tf.training.optimizers import make_optimizer

WARM_UP = 5  # steps before any is timed
CLONES = {"original": SVGP_VAE, "original_fgp": FGP_VAE}  # the options that name one
Key = TypeVar("Key", bound=Hashable)


@dataclasses.dataclass(frozen=True)
class Suite(abc.ABC):
    """What is timed together. The fields are flags of scripts/benchmark.py, checked when a suite is made.

    Raises:
      ValueError: naming an option that is out of bounds.
      CloneError: if a clone is not one of its repository.
    """

    rounds: int = option(5, "Turns of every model; the median over all of them counts.", at_least=1)
    jit: str = option("auto", "Compile with XLA; auto: on a GPU only.", choices=execution.JIT)

    def __post_init__(self):
        check_values(self)
        for repository, clone in self.clones():
            recognise(clone, [repository])

    def clones(self) -> list[tuple[Repository, str]]:
        """The clones that are given, with the repository of each."""
        given = [(repository, getattr(self, name, None)) for name, repository in CLONES.items()]
        return [(repository, clone) for repository, clone in given if clone]

    @abc.abstractmethod
    def measure(self) -> Iterator[list[Measurement]]:
        """The numbers, part by part, each part as soon as it is known."""

    def prepare(self) -> bool:
        """Seeds everything; returns whether to compile with XLA."""
        execution.prepare(seed=0)
        return execution.use_jit(self.jit)

    def changed(self) -> dict[str, Any]:
        """The options that differ from their defaults; paths as the word that stands for them in a result's command."""
        changed = {}
        for name, (field, about) in options_of(self).items():
            if (value := getattr(self, name)) != field.default:
                changed[name] = "CLONE" if name in CLONES else "FOLDER" if about.is_path else value
        return changed


@dataclasses.dataclass(frozen=True)
class TableSuite(Suite):
    """A suite of rows of tables, whose experiments find their data in these folders."""

    data_dir: str | None = option(None, "Cache of generated data, and of TFDS.", is_path=True)
    mnist_manual_dir: str | None = option(
        None, "Folder with MNIST's .gz files, for machines without network.", is_path=True
    )

    @property
    def places(self) -> dict[str, str | None]:
        """The folders, as flags of the experiments that have them."""
        return {"data_dir": self.data_dir, "mnist_manual_dir": self.mnist_manual_dir}


def take_turns(turns: Mapping[Key, Callable[[], Sequence[float]]], rounds: int) -> dict[Key, float]:
    """Median seconds of several models, each of which has a turn in every round, so that all see the same load.

    Args:
      turns: trains a model for a turn and returns the seconds that count, by model.
      rounds: how often every model has its turn.
    """
    seconds: dict[Key, list[float]] = {key: [] for key in turns}
    for _ in range(rounds):
        for key, turn in turns.items():
            seconds[key] += turn()
    return {key: statistics.median(values) for key, values in seconds.items()}


def seconds_of(
    step: Callable[[], object], steps: int, warm_up: int = WARM_UP, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Seconds of every step, after some that are not timed: they trace, and fill the data pipeline's buffers.

    Args:
      step: runs one step and waits for it.
      steps: how many are timed.
      warm_up: how many are run before them and not timed.
      clock: what tells the time, in seconds; `time.process_time` that of the processor.
    """
    seconds = []
    for _ in range(warm_up + steps):
        start = clock()
        step()
        seconds.append(clock() - start)
    return seconds[warm_up:]


def step_times(
    steps: Mapping[Key, Callable[[], object]],
    per_turn: int,
    rounds: int,
    of_turn: Callable[[list[float]], list[float]] = list,
) -> dict[Key, float]:
    """Median seconds per step of several models that take turns; all are warm before any is timed.

    Args:
      steps: runs one step of a model and waits for it, by model.
      per_turn: number of steps of a turn.
      rounds: turns of every model.
      of_turn: makes of a turn's seconds those that count; all of them by default.
    """
    for step in steps.values():
        seconds_of(step, 0)
    timed = lambda step: of_turn(seconds_of(step, per_turn, warm_up=0))
    return take_turns({key: functools.partial(timed, step) for key, step in steps.items()}, rounds)


def training_step(model: keras.Model, stream: Any, *, jit: bool) -> Callable[[], object]:
    """One compiled training step of a model on the next batch of a stream, data included, waited for."""
    model.compile(make_optimizer(), jit_compile=jit)
    step, batches = model.make_train_function(), iter(stream)
    return lambda: step(batches)["elbo"].numpy()
