"""Time per training step on the moving ball: our models in turn, and the clone's, in its own process.

Theirs is one Adam step of the graph of BALL_experiment.py, which generates its 35 videos itself; ours is Keras'
compiled train step on `MovingBall.stream`, 35 videos too.
"""

import dataclasses
import functools
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from gpvae_tf.benchmarks.suite import Measurement, Suite, check_clone, over_baseline, over_ours, seconds_of, take_turns
from gpvae_tf.comparison.cases.svgp_vae_ball_graphs import build_graph
from gpvae_tf.comparison.cases.svgp_vae_exact_gp import SVGP_VAE
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.comparison.runner import run_in_original
from gpvae_tf.experiments.moving_ball.config import BallConfig
from gpvae_tf.training import execution
from gpvae_tf.training.optimizers import make_optimizer

ELBOS = ("VAE", "GPVAE_Pearce", "SVGPVAE_Hensman")
BASELINE = "VAE"
DATASET = "moving ball, 35 videos of 30 frames"
OVER_OURS = "original's step time over ours"


@dataclasses.dataclass(frozen=True)
class BallSuite(Suite):
    """Steps of the VAE, the exact GP-VAE and SVGP-VAE with m = 15.

    Attributes:
      rounds: turns of every model.
      steps: per turn; their mean counts, the data pipeline having filled its buffer only at the first.
      jit: one of `execution.JIT`.
      original: folder of a clone of ratschlab/SVGP-VAE to time as well, or None.

    Raises:
      CloneError: if `original` is something else.
    """

    rounds: int = 5
    steps: int = 40
    jit: str = "auto"
    original: str | None = None

    def __post_init__(self):
        if self.original:
            check_clone(self.original, SVGP_VAE)

    def measure(self) -> Iterator[list[Measurement]]:
        jit = execution.use_jit(self.jit)
        trained = {elbo: our_step(elbo, jit=jit) for elbo in ELBOS}
        for step in trained.values():
            seconds_of(step, 0)  # traces all before any is timed
        turns = {elbo: functools.partial(self._mean_seconds, step) for elbo, step in trained.items()}
        ours = take_turns(turns, self.rounds)
        yield over_baseline(ours, BASELINE, f"step time over {BASELINE}'s", dataset=DATASET)
        if self.original:
            theirs = {elbo: time_original(Path(self.original), elbo, self.rounds * self.steps) for elbo in ELBOS}
            yield over_ours(theirs, ours, OVER_OURS, dataset=DATASET)

    def _mean_seconds(self, step: Callable[[], object]) -> list[float]:
        return [statistics.fmean(seconds_of(step, self.steps, warm_up=0))]


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
        return {"seconds": np.array(seconds_of(lambda: session.run(step), int(given["steps"])))}


def our_step(elbo: str, *, jit: bool = False) -> Callable[[], object]:
    """One training step of our model for --elbo, as scripts/BALL_experiment.py builds it, waited for."""
    config = BallConfig(elbo=elbo, clip_qs=elbo.startswith("SVGPVAE"))
    model = config.build_model()
    model.compile(optimizer=make_optimizer(), jit_compile=jit)
    step, batches = model.make_train_function(), iter(config.stream(0))
    return lambda: step(batches)["elbo"].numpy()


def time_both(clone: Path, steps: int = 20) -> list[Measurement]:
    """Median seconds per step of both sides, one model after the other."""
    theirs, ours = {}, {}
    for elbo in ELBOS:
        theirs[elbo] = time_original(clone, elbo, steps)
        ours[elbo] = statistics.median(seconds_of(our_step(elbo), steps))
    return over_ours(theirs, ours, OVER_OURS, dataset=DATASET)
