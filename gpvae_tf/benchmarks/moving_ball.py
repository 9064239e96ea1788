"""Time per training step on the moving ball: our models in turn, and the clone's, in its own process.

A step of theirs is one of Adam on the graph of BALL_experiment.py, which generates its 35 videos itself; ours is Keras'
compiled train step on `MovingBall.stream`, 35 videos too.
"""

import dataclasses
import statistics
from collections.abc import Callable, Iterator

import numpy as np

from gpvae_tf.benchmarks.measurement import Measurement, over_baseline, over_ours
from gpvae_tf.benchmarks.original_training import OriginalSteps, train
from gpvae_tf.benchmarks.suite import Suite, step_times, training_step
from gpvae_tf.comparison.case import SVGP_VAE
from gpvae_tf.comparison.cases.svgp_vae_ball_graphs import build_graph
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.experiments.moving_ball.config import BallConfig
from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.flags.options import option

ELBOS = ("VAE", "GPVAE_Pearce", "SVGPVAE_Hensman")
BASELINE = "VAE"
DATASET = "moving ball, 35 videos of 30 frames"


@dataclasses.dataclass(frozen=True)
class BallSuite(Suite):
    """Training steps on the moving ball, data included, of the VAE, the exact GP-VAE and SVGP-VAE with m = 15.

    With a clone its steps follow, in a process of their own. Takes about a minute, three with a clone.
    """

    steps: int = option(40, "Training steps per turn.", at_least=1)
    original: str | None = option(None, "A clone of ratschlab/SVGP-VAE to time beside ours.")

    def measure(self) -> Iterator[list[Measurement]]:
        jit = self.prepare()
        # The mean of a turn counts, because the data pipeline has filled its buffer only at a turn's first steps.
        mean = lambda seconds: [statistics.fmean(seconds)]
        ours = step_times({elbo: our_step(elbo, jit=jit) for elbo in ELBOS}, self.steps, self.rounds, mean)
        yield over_baseline(ours, BASELINE, f"step time over {BASELINE}'s", dataset=DATASET)
        if self.original:
            theirs = {elbo: original_steps(elbo, self.rounds * self.steps).seconds(self.original) for elbo in ELBOS}
            yield over_ours(theirs, ours, "original's step time over ours", dataset=DATASET)


def our_step(elbo: str, *, jit: bool = False) -> Callable[[], object]:
    """One training step of our model for --elbo, as scripts/BALL_experiment.py builds it, waited for."""
    experiment = BallExperiment(BallConfig(elbo=elbo, clip_qs=elbo.startswith("SVGPVAE")))
    return training_step(experiment.model, experiment.stream(0), jit=jit)


def original_steps(elbo: str, steps: int) -> OriginalSteps:
    """That many steps of the graph that the authors' --elbo builds."""
    return OriginalSteps(SVGP_VAE, train_original, steps=steps, options={"elbo": np.array(elbo)})


def train_original(original: Original, given: Arrays) -> Arrays:
    """Trains the graph for the --elbo in `given` in the clone's process; see `original_training.train`."""
    frames = original.module("utils").build_video_batch_graph(batch=35, tmax=30, px=32, py=32, r=3, lt=2.0)
    loss = -original.tf.reduce_mean(build_graph(original, frames, str(given["elbo"]))["elbo"])
    return train(original, given, loss, original.tf.no_op())
