"""Times of training and inference as ratios between models and over the authors' code, and peak memory.

`SUITES` are the parts of scripts/benchmark.py. What of the authors' code runs here runs through `gpvae_tf.comparison`.
"""

from gpvae_tf.benchmarks.fitting import FitSuite
from gpvae_tf.benchmarks.half_precision import PrecisionSuite
from gpvae_tf.benchmarks.inference import InferenceSuite
from gpvae_tf.benchmarks.length import LengthSuite
from gpvae_tf.benchmarks.measurement import render_measurements, result_row
from gpvae_tf.benchmarks.moving_ball import BallSuite
from gpvae_tf.benchmarks.priors import PriorSuite
from gpvae_tf.benchmarks.rotated_mnist import MnistSuite
from gpvae_tf.benchmarks.served_requests import ServingSuite
from gpvae_tf.benchmarks.sprites import SpritesSuite
from gpvae_tf.benchmarks.suite import Suite

SUITES: dict[str, type[Suite]] = {
    "ball": BallSuite,
    "mnist": MnistSuite,
    "priors": PriorSuite,
    "inference": InferenceSuite,
    "sprites": SpritesSuite,
    "length": LengthSuite,
    "serving": ServingSuite,
    "precision": PrecisionSuite,
    "fit": FitSuite,
}

__all__ = [
    "SUITES",
    "Suite",
    "render_measurements",
    "result_row",
]
