"""Where training in half precision ends beside training in float32, and what a step takes there.

Every training is one of a table's rows, cut short, in a process of its own. Time is that of the processor, over all
cores: it hardly depends on what else the machine does. A CPU without half-precision arithmetic converts numbers and
gains nothing; the time to look at is that of a GPU.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from gpvae_tf.benchmarks.fresh_process import run_in_fresh_process
from gpvae_tf.benchmarks.measurement import Measurement, in_words
from gpvae_tf.benchmarks.suite import TableSuite, seconds_of
from gpvae_tf.experiments.base import Experiment
from gpvae_tf.experiments.cp_vae.table import CpvaeTable
from gpvae_tf.experiments.moving_ball.table import MovingBallTable
from gpvae_tf.experiments.rotated_mnist.table import RotatedMnistTable
from gpvae_tf.experiments.table import Entry
from gpvae_tf.flags.options import option
from gpvae_tf.training import execution

BASELINE = "float32"
HALF = ("mixed_bfloat16", "mixed_float16")
TIMED = 50  # steps, after training
TIME = f"processor time per step over {BASELINE}'s"


@dataclasses.dataclass(frozen=True)
class ShortTraining:
    """A row of a table that is trained in every precision.

    Attributes:
      model: its name.
      entry: its experiment and flags.
      shortened: the flags of a share of its steps.
      metric: what `score` is, for the results.
      score: the number by which the trained model is judged.
      dataset: its data, in words.
    """

    model: str
    entry: Entry
    shortened: Callable[[float], dict[str, Any]]
    metric: str
    score: Callable[[Any], float]
    dataset: str

    def experiment(self, share: float, **flags: Any) -> Experiment:
        """The run of a share of the row's steps, with those of further flags that the experiment has."""
        return self.entry.build(**self.shortened(share), **flags)


def _part(number: int, share: float) -> int:
    return max(round(number * share), 1)


# By the table that the row stands in.
TRAININGS: dict[str, ShortTraining] = {
    MovingBallTable.name: ShortTraining(
        "SVGP-VAE, m = 15",
        MovingBallTable.entries["SVGPVAE_Hensman"],
        lambda share: {"steps": _part(25_000, share)},
        "test RMSE per frame",
        lambda experiment: experiment.evaluate()["test_rmse"],
        "moving ball",
    ),
    RotatedMnistTable.name: ShortTraining(
        "SVGP-VAE, m = 32",
        RotatedMnistTable.entries["svgp"],
        lambda share: {"opt_regime": (f"joint-{_part(1_000, share)}",)},
        "test MSE",
        lambda experiment: experiment.evaluate()["test_mse"],
        "rotated MNIST, digit 3",
    ),
    CpvaeTable.name: ShortTraining(
        "CP-VAE(10)",
        CpvaeTable.entries["cp10"],
        lambda share: {"epochs": _part(50, share), "warmup": _part(10, share)},
        "negative relaxed bound on the test set",
        lambda experiment: -experiment.family.bounds(experiment.model, experiment.splits.test.images)["relaxed_bound"],
        "MNIST",
    ),
}


class Ended(NamedTuple):
    """Where a training ended: its score, its steps, how many of them were skipped, and processor seconds of one."""

    score: float
    steps: int
    skipped: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class PrecisionSuite(TableSuite):
    """Rows of the moving ball, rotated MNIST and CP-VAE trained in float32, mixed_bfloat16 and mixed_float16.

    The scores at the end over those of float32 with the same seed, those of float32 with other seeds beside them, and
    the time of a step. Takes about an hour on 2 CPU cores with the default --share.
    """

    share: float = option(0.2, "The share of a row's steps that is trained.", above=0.0, at_most=1.0)
    only: str | None = option(None, "Table of the one row that is trained; all three by default.", choices=TRAININGS)
    seeds: int = option(2, "Seeds of float32, the first of which the other precisions share.", at_least=1)

    def measure(self) -> Iterator[list[Measurement]]:
        jit = self.prepare()
        for table in [self.only] if self.only else TRAININGS:
            whole, *others = (
                run_in_fresh_process(end_of, table, self.share, jit, self.places | {"seed": seed})
                for seed in range(self.seeds)
            )
            for seed, end in enumerate(others, 1):
                yield [_score(table, f"{BASELINE}, seed {seed}", end, whole)]
            for precision in HALF:
                end = run_in_fresh_process(end_of, table, self.share, jit, self.places | {"precision": precision})
                yield [_score(table, precision, end, whole), _time(table, precision, end, whole)]


def end_of(table: str, share: float, jit: bool, flags: Mapping[str, Any]) -> Ended:
    """Trains one of `TRAININGS` and times further steps; the process must have done nothing else.

    Args:
      table: whose row it is.
      share, flags: see `ShortTraining.experiment`.
      jit: whether to compile with XLA.
    """
    training = TRAININGS[table]
    execution.prepare(seed=flags.get("seed", 0))
    experiment = training.experiment(share, **flags)
    experiment.compile(jit_compile=jit)
    experiment.train(verbose=0)
    trained, score = experiment.model, training.score(experiment)
    skipped, steps = trained.num_skipped, trained.num_steps
    step, batches = trained.make_train_function(), iter(experiment.stream(steps))
    seconds = seconds_of(lambda: step(batches)["elbo"].numpy(), TIMED, clock=time.process_time)
    return Ended(score, steps, skipped, statistics.fmean(seconds))


def _score(table: str, how: str, end: Ended, whole: Ended) -> Measurement:
    note = f"{end.score:.4g}, {BASELINE} {whole.score:.4g}; {end.skipped} of {end.steps:,} steps skipped"
    metric = f"{TRAININGS[table].metric} over {BASELINE}'s"
    return _measurement(table, how, metric, end.score / whole.score, note, end)


def _time(table: str, how: str, end: Ended, whole: Ended) -> Measurement:
    note = f"{in_words(end.seconds)}, {BASELINE} {in_words(whole.seconds)}"
    return _measurement(table, how, TIME, end.seconds / whole.seconds, note, end)


def _measurement(table: str, how: str, metric: str, value: float, note: str, end: Ended) -> Measurement:
    training = TRAININGS[table]
    return Measurement(f"{training.model}, {how}", f"{training.dataset}, {end.steps:,} steps", metric, value, note)
