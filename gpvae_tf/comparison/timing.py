"""Time per training step on the moving ball: the clone's, in its own process, and ours; one after the other.

Theirs is one Adam step of the graph of BALL_experiment.py, which generates its 35 videos itself; ours is Keras'
compiled train step on `MovingBall.stream`, 35 videos too.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gpvae_tf.comparison.cases.svgp_vae_ball_graphs import build_graph
from gpvae_tf.comparison.differences import table
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.comparison.runner import run_in_original
from gpvae_tf.experiments.ball import BallConfig
from gpvae_tf.training.optimizers import make_optimizer

ELBOS = ("VAE", "GPVAE_Pearce", "SVGPVAE_Hensman")
WARM_UP = 5


class StepTime(NamedTuple):
    """Median seconds per step of a model, on both sides."""

    elbo: str
    theirs: float
    ours: float


def time_original(clone: Path, elbo: str, steps: int = 20) -> float:
    """Median seconds per step of the clone's ball experiment, after warm-up.

    Args:
      clone: folder of a clone of ratschlab/SVGP-VAE.
      elbo: a value of its --elbo.
      steps: how many are timed.

    Raises:
      OriginalError: if the clone could not be run.
    """
    inputs = {"elbo": np.array(elbo), "steps": np.array(steps)}
    result = run_in_original(clone, {"time": steps_of_original}, {"time": inputs}, gpu=True)
    return float(np.median(result["time"]["seconds"]))


def steps_of_original(original: Original, given: Arrays) -> Arrays:
    """Job in the clone's process: seconds of every step."""
    tf = original.tf
    frames = original.module("utils").build_video_batch_graph(batch=35, tmax=30, px=32, py=32, r=3, lt=2.0)
    loss = -tf.reduce_mean(build_graph(original, frames, str(given["elbo"]))["elbo"])
    step = tf.train.AdamOptimizer().minimize(loss)
    with original.session() as session:
        session.run(tf.global_variables_initializer())
        return {"seconds": np.array(_seconds(lambda: session.run(step), int(given["steps"])))}


def our_step(elbo: str, *, jit: bool = False) -> Callable[[], object]:
    """One training step of our model for --elbo, as scripts/BALL_experiment.py builds it, waited for."""
    config = BallConfig(elbo=elbo, clip_qs=elbo.startswith("SVGPVAE"))
    model = config.build_model()
    model.compile(optimizer=make_optimizer(), jit_compile=jit)
    step, batches = model.make_train_function(), iter(config.stream(0))
    return lambda: step(batches)["elbo"].numpy()


def time_ours(elbo: str, steps: int = 20) -> float:
    """Median seconds per step of our model for --elbo, after warm-up."""
    return statistics.median(_seconds(our_step(elbo), steps))


def time_interleaved(elbos: tuple[str, ...], rounds: int, steps: int, *, jit: bool = False) -> dict[str, list[float]]:
    """Seconds per step of several of our models, each timed in every round, so that all see the same load.

    Args:
      elbos: values of --elbo.
      rounds: how often every model has its turn.
      steps: per turn; its mean counts, the data pipeline having filled its buffer only at the first.
      jit: compile with XLA.

    Returns:
      mean seconds per step of each round, by model.
    """
    runners = {elbo: our_step(elbo, jit=jit) for elbo in elbos}
    for run in runners.values():
        _seconds(run, 0)  # warm-up: traces
    means: dict[str, list[float]] = {elbo: [] for elbo in elbos}
    for _ in range(rounds):
        for elbo, run in runners.items():
            start = time.perf_counter()
            for _ in range(steps):
                run()
            means[elbo].append((time.perf_counter() - start) / steps)
    return means


def _seconds(step: Callable[[], object], steps: int) -> list[float]:
    seconds = []
    for _ in range(WARM_UP + steps):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return seconds[WARM_UP:]


def time_both(clone: Path, steps: int = 20, elbos: tuple[str, ...] = ELBOS) -> list[StepTime]:
    """Both sides of every model, one after the other."""
    return [StepTime(elbo, time_original(clone, elbo, steps), time_ours(elbo, steps)) for elbo in elbos]


def render(times: list[StepTime]) -> str:
    """The table: milliseconds per step, and theirs over ours (above 1: ours is faster)."""
    rows = [(t.elbo, f"{1e3 * t.theirs:.1f}", f"{1e3 * t.ours:.1f}", f"{t.theirs / t.ours:.2f}") for t in times]
    return table(("step time", "theirs, ms", "ours, ms", "theirs / ours"), rows)
