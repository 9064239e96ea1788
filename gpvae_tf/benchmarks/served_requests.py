"""Processor time and memory of a request to a SavedModel against its size, without a network in between.

The model is that of the moving ball, videos of 32 x 32 pixels, as BALL_experiment.py builds it; what it has learned
changes no time. Every number is taken in a process of its own that has answered one small request before. Time is that
of the processor, over all cores: it hardly depends on what else the machine does.
"""

import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf.benchmarks.fresh_process import run_in_fresh_process
from gpvae_tf.benchmarks.measurement import Measurement, in_words
from gpvae_tf.benchmarks.suite import Suite, seconds_of
from gpvae_tf.experiments.moving_ball.config import BallConfig
from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.flags.options import option
from gpvae_tf.training import execution
from gpvae_tf.training.memory import peak_memory

MODELS = {"GPVAE, exact": "GPVAE_Pearce", "SVGPVAE, m = 15": "SVGPVAE_Hensman"}
NUM_SAMPLES = 20
SIGNATURES = {"predict": "predict", f"{NUM_SAMPLES} draws": "predict_interval"}
TIME = "processor time per request"
MEMORY = "memory of a request beyond the loaded model's"


class RequestCost(NamedTuple):
    """What a request takes: seconds of the processor, their median, and MiB at the peak beyond the loaded model's."""

    seconds: float
    memory: float


@dataclasses.dataclass(frozen=True)
class ServingSuite(Suite):
    """Requests to SavedModels of the moving ball: predictions, and intervals from 20 draws, by the size of a request.

    A size is data sets x points, as many in the context as in the query. Takes about 4 minutes.

    Raises:
      ValueError: if `sizes` is no list of sizes.
    """

    sizes: str = option("1x30,10x30,1x300,1x1000", "Data sets x points of a request, with commas between them.")

    def __post_init__(self):
        super().__post_init__()
        if not all(len(size) == 2 and min(size) >= 1 for size in self._sizes()):
            raise ValueError(f"--sizes must be sizes such as 1x30,10x30, got {self.sizes!r}")

    def measure(self) -> Iterator[list[Measurement]]:
        jit = self.prepare()
        with tempfile.TemporaryDirectory() as folder:
            for model, elbo in MODELS.items():
                path = export(elbo, Path(folder) / elbo)
                for kind, signature in SIGNATURES.items():
                    for size in self._sizes():
                        cost = run_in_fresh_process(cost_of, path, signature, *size, self.rounds, jit)
                        yield list(_measurements(f"{model}, {kind}", size, cost))

    def _sizes(self) -> list[tuple[int, ...]]:
        parts = [size.split("x") for size in self.sizes.split(",")]
        return [tuple(int(part) if part.isdecimal() else 0 for part in size) for size in parts]


def export(elbo: str, folder: Path) -> Path:
    """Exports the moving ball's model of an objective; returns the path of the version."""
    return BallExperiment(BallConfig(elbo=elbo)).servable().write_version(folder)


def cost_of(path: Path, signature: str, data_sets: int, points: int, rounds: int, jit: bool) -> RequestCost:
    """What requests of a size take; the process must have done nothing else."""
    execution.prepare(seed=0)
    served = serving.load(path)
    ask = answering(served.signatures[signature], jit=jit)
    ask(request(signature, 1, 2))
    loaded, given = peak_memory(), request(signature, data_sets, points)
    seconds = seconds_of(lambda: ask(given), rounds, warm_up=1, clock=time.process_time)
    return RequestCost(statistics.median(seconds), peak_memory() - loaded)


def answering(function: Any, *, jit: bool) -> Callable[[dict[str, tf.Tensor]], object]:
    """A signature's function, waited for; compiled with XLA if `jit`."""
    called = tf.function(function, jit_compile=True) if jit else function
    return lambda given: [value.numpy() for value in called(**given).values()]


def request(signature: str, data_sets: int, points: int) -> dict[str, tf.Tensor]:
    """A request of a size, with as many points in the query as in the context."""
    rng = np.random.default_rng(0)
    images = (rng.uniform(size=(data_sets, points, 32, 32, 1)) < 0.1).astype(np.float32)
    times = np.tile(np.linspace(1.0, 30.0, points, dtype=np.float32)[:, np.newaxis], (data_sets, 1, 1))
    given: dict[str, Any] = {
        "context_observations": images,
        "context_inputs": times,
        "query_inputs": times + np.float32(0.5),
    }
    if signature == "predict_interval":
        given |= {"context_mask": np.ones(images.shape, bool), "interval": np.float32(0.9)}
        given |= {"num_samples": np.int32(NUM_SAMPLES), "seed": np.zeros(2, np.int32)}
    return {name: tf.constant(value) for name, value in given.items()}


def _measurements(model: str, size: tuple[int, ...], cost: RequestCost) -> Iterator[Measurement]:
    data_sets, points = size
    dataset = f"{data_sets} {'video' if data_sets == 1 else 'videos'}, {points:,} frames known, {points:,} asked for"
    yield Measurement(model, dataset, TIME, 1e3 * cost.seconds, in_words(cost.seconds), unit="ms")
    yield Measurement(model, dataset, MEMORY, cost.memory, "at the peak", unit="MiB")
