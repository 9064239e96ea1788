"""Processor time of a training step and peak memory against the length of a sequence, one latent GP beside the other.

Every number is taken in a process of its own: one sequence of T times, two real values at each, two channels with
Matern-3/2 kernels, networks of 16 units, so that the latent GP is what costs. Time is that of the processor, over all
cores: it hardly depends on what else the machine does.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from gpvae_tf import data, inducing, kernels, likelihoods, models, networks
from gpvae_tf.benchmarks.fresh_process import run_in_fresh_process
from gpvae_tf.benchmarks.measurement import Measurement, in_words
from gpvae_tf.benchmarks.suite import Suite, seconds_of, training_step
from gpvae_tf.flags.options import option
from gpvae_tf.training import execution
from gpvae_tf.training.memory import peak_memory

LATENT_DIM, EVENT_SHAPE, LENGTH_SCALE = 2, (2,), 5.0
NUM_INDUCING, NUM_NEIGHBOURS = 100, 16
EXACT, MARKOV = "GPVAE, exact", "MarkovGPVAE, d = 2"
SPARSE, VECCHIA = f"SVGPVAE, m = {NUM_INDUCING}", f"VecchiaGPVAE, H = {NUM_NEIGHBOURS}"
TIME, MEMORY = "processor time per training step", "memory of training beyond the libraries'"


class Cost(NamedTuple):
    """What training takes: processor seconds of the median step, and MiB at the peak beyond what the libraries take."""

    seconds: float
    memory: float


def _svgp_vae(encoder: Any, decoder: Any, kernel: kernels.Kernel, *, length: int, **options: Any) -> models.SVGPVAE:
    points = inducing.InducingPoints(inducing.grid(0.0, float(length), min(NUM_INDUCING, length)), trainable=True)
    return models.SVGPVAE(encoder, decoder, kernel, points, **options)


BUILDERS: dict[str, Callable[..., models.LatentGPVAE]] = {
    EXACT: lambda *given, length, **options: models.GPVAE(*given, **options),
    MARKOV: lambda *given, length, **options: models.MarkovGPVAE(*given, **options),
    SPARSE: _svgp_vae,
    VECCHIA: lambda *given, length, **options: models.VecchiaGPVAE(*given, num_neighbours=NUM_NEIGHBOURS, **options),
}


@dataclasses.dataclass(frozen=True)
class LengthSuite(Suite):
    """Training steps on sequences of T = 100 to 100,000 times, time and memory: exact, Markovian, sparse, Vecchia.

    Every latent GP at every length in a process of its own, where memory holds it. Then what ten times the length
    costs, and the length from which the Markovian GP is faster than the exact one. Takes about 10 minutes.

    Raises:
      ValueError: if `lengths` is no list of different numbers >= 2.
    """

    lengths: str = option("100,300,1000,10000,100000", "Lengths T, with commas between them.")
    longest_exact: int = option(1_000, "Length up to which the exact GP is timed.", at_least=2)

    def __post_init__(self):
        super().__post_init__()
        parts = self.lengths.split(",")
        if not all(p.isdecimal() and int(p) >= 2 for p in parts) or len(set(map(int, parts))) < len(parts):
            raise ValueError(f"--lengths must be different numbers >= 2 such as 100,1000, got {self.lengths!r}")

    def measure(self) -> Iterator[list[Measurement]]:
        jit, lengths = execution.use_jit(self.jit), sorted(map(int, self.lengths.split(",")))
        costs: dict[str, dict[int, Cost]] = {name: {} for name in BUILDERS}
        for length in lengths:
            chosen = [name for name in BUILDERS if name != EXACT or length <= self.longest_exact]
            for name in chosen:
                costs[name][length] = run_in_fresh_process(cost_of, name, length, self.rounds, jit)
            yield [m for name in chosen for m in _measurements(name, length, costs[name][length])]
        yield [*_growth(costs), *_crossover(costs)]


def cost_of(name: str, length: int, steps: int, jit: bool) -> Cost:
    """What the steps of a model take; the process must have done nothing else."""
    execution.prepare(seed=0)
    libraries, model = peak_memory(), build(name, length)
    step = training_step(model, sequence(length).dataset.repeat(), jit=jit)
    seconds = seconds_of(step, steps, warm_up=1, clock=time.process_time)
    return Cost(statistics.median(seconds), peak_memory() - libraries)


def build(name: str, length: int) -> models.LatentGPVAE:
    """A model for `sequence(length)`."""
    encoder = networks.event_encoder(EVENT_SHAPE, LATENT_DIM, units=16)
    decoder = networks.event_decoder(EVENT_SHAPE, LATENT_DIM, units=16)
    kernel = kernels.matern(1.5, [LENGTH_SCALE] * LATENT_DIM, trainable=True)
    options: dict[str, Any] = dict(event_shape=EVENT_SHAPE, latent_dim=LATENT_DIM)
    options["likelihood"] = likelihoods.GaussianLikelihood()
    return BUILDERS[name](encoder, decoder, kernel, length=length, **options)


def sequence(length: int) -> data.SequenceData:
    """One sequence of sines at irregular times, one per unit of time."""
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0.0, length, length))[:, np.newaxis]
    waves = np.sin(times / np.array([3.0, 7.0])) + 0.1 * rng.normal(size=(length, 2))
    return data.from_arrays(waves[np.newaxis].astype(np.float32), times[np.newaxis], batch_size=1)


def _dataset(length: int) -> str:
    return f"one sequence, T = {length:,}"


def _measurements(name: str, length: int, cost: Cost) -> list[Measurement]:
    about: dict[str, Any] = dict(model=name, dataset=_dataset(length))
    return [
        Measurement(metric=TIME, value=1e3 * cost.seconds, note=in_words(cost.seconds), unit="ms", **about),
        Measurement(metric=MEMORY, value=cost.memory, note="at the peak", unit="MiB", **about),
    ]


def _growth(costs: dict[str, dict[int, Cost]]) -> Iterator[Measurement]:
    """Time and memory at the greatest length over those at a tenth of it; 10 is linear."""
    for name, found in costs.items():
        longest = max(found, default=0)
        if longest // 10 in found:
            for metric, ratio in zip(("time", "memory"), np.divide(found[longest], found[longest // 10])):
                about = f"{metric} of ten times the length"
                dataset = f"{_dataset(longest)} over {longest // 10:,}"
                yield Measurement(name, dataset, about, float(ratio), "10: linear")


def _crossover(costs: dict[str, dict[int, Cost]]) -> Iterator[Measurement]:
    """The first length at which the Markovian step is faster than the exact one; or the last, at which it is not."""
    for length, exact in costs[EXACT].items():
        markov = costs[MARKOV][length]
        note = f"{in_words(markov.seconds)} against {in_words(exact.seconds)}"
        if markov.seconds < exact.seconds:
            metric = "first length at which a step is faster than the exact GP's"
            yield Measurement(MARKOV, "one sequence", metric, float(length), note, unit="times")
            return
    if costs[EXACT]:
        metric = "length at which a step is still slower than the exact GP's, the longest of these"
        yield Measurement(MARKOV, "one sequence", metric, float(length), note, unit="times")
