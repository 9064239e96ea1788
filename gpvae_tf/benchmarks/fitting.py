"""What Keras' `fit` adds to a training step: its loop, and the pipeline that gathers and binarizes batches."""

import dataclasses
import statistics
from collections.abc import Callable, Iterator, Sequence

import tensorflow as tf

from gpvae_tf.benchmarks.measurement import Measurement, in_words
from gpvae_tf.benchmarks.suite import TableSuite, seconds_of, take_turns
from gpvae_tf.experiments.base import Experiment
from gpvae_tf.experiments.cp_vae.table import CpvaeTable
from gpvae_tf.experiments.gp_encoder.table import GPEncoderTable
from gpvae_tf.experiments.moving_ball.table import MovingBallTable
from gpvae_tf.experiments.rotated_mnist.table import RotatedMnistTable
from gpvae_tf.experiments.table import Table
from gpvae_tf.flags.options import option
from gpvae_tf.training.callbacks import Clock

# The rows whose steps are timed, by table.
ROWS: dict[type[Table], tuple[str, ...]] = {
    MovingBallTable: ("VAE", "GPVAE_Pearce", "SVGPVAE_Hensman"),
    RotatedMnistTable: ("svgp", "fgp", "cvae", "svigp"),
    CpvaeTable: ("vae", "cp10", "vamp500", "hvae"),
    GPEncoderTable: ("vae", "gpvae"),
}
TABLES = {table.name: table for table in ROWS}
STEP = "compiled step on one batch"
Turn = Callable[[], Sequence[float]]


@dataclasses.dataclass(frozen=True)
class FitSuite(TableSuite):
    """Time per step of `fit` over that of the compiled step on one batch, for rows of four tables.

    With one step in one go and with --steps_per_execution. Takes about 10 minutes.
    """

    steps: int = option(40, "Training steps per turn.", at_least=1)
    steps_per_execution: int = option(10, "Training steps taken in one go, beside one.", at_least=2)
    table: str | None = option(None, "Table whose rows are timed; all four by default.", choices=TABLES)

    def measure(self) -> Iterator[list[Measurement]]:
        jit = self.prepare()
        for table, rows in ROWS.items():
            if self.table in (None, table.name):
                for row in rows:
                    entry = table.entries[row]
                    make = lambda entry=entry: entry.build(**self.places)
                    yield self._measured(entry.name, entry.dataset, make, jit)

    def _measured(self, model: str, dataset: str, make: Callable[[], Experiment], jit: bool) -> list[Measurement]:
        fits = {f"{num} in one go": _compiled(make(), num, jit) for num in (1, self.steps_per_execution)}
        turns = {STEP: _bare(next(iter(fits.values())), self.steps, jit)}
        turns |= {name: _fit(experiment, self.steps) for name, experiment in fits.items()}
        for turn in turns.values():  # traces
            turn()
        seconds = take_turns(turns, self.rounds)
        return [
            Measurement(
                model,
                dataset,
                f"time per step of fit, {name}, over that of the {STEP}",
                seconds[name] / seconds[STEP],
                f"{in_words(seconds[name])} over {in_words(seconds[STEP])}",
            )
            for name in fits
        ]


def _compiled(experiment: Experiment, at_once: int, jit: bool) -> Experiment:
    """The experiment with its model as its first stage of training has it."""
    experiment.compile(jit_compile=jit, steps_per_execution=at_once)
    for phase in experiment.phases[:1]:
        phase.enter(experiment.model)
    return experiment


def _bare(experiment: Experiment, steps: int, jit: bool) -> Turn:
    """Mean seconds per compiled training step on the first batch, after one that is not timed."""
    batch, step = next(iter(experiment.stream(0))), tf.function(experiment.model.train_step, jit_compile=jit)
    return lambda: [statistics.mean(seconds_of(lambda: step(batch)["elbo"].numpy(), steps, warm_up=1))]


def _fit(experiment: Experiment, steps: int) -> Turn:
    """Mean seconds per step of an epoch of `fit`, after one that fills the pipeline."""

    def turn() -> list[float]:
        history = experiment.model.fit(
            experiment.stream(0), epochs=2, steps_per_epoch=steps, callbacks=[Clock()], verbose=0
        )
        return [history.history["seconds"][-1] / steps]

    return turn
