"""Time per training step of every model of CP-VAE's Table 1, and the memory of Monte Carlo likelihoods.

A step is Keras' compiled train step on a batch of 100 images of 28 x 28, gathered and binarized anew by the data
pipeline. The images are made up: no step's time depends on what is in them.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from gpvae_tf.benchmarks.fresh_process import run_in_fresh_process
from gpvae_tf.benchmarks.measurement import Measurement, over_baseline
from gpvae_tf.benchmarks.suite import Suite, step_times, training_step
from gpvae_tf.datasets import image_sets
from gpvae_tf.evaluation.category_likelihood import enumerated_log_likelihood
from gpvae_tf.evaluation.importance import importance_weighted, log_likelihoods
from gpvae_tf.experiments.cp_vae.families import PRIOR_FAMILIES
from gpvae_tf.experiments.cp_vae.models import Hyperparameters
from gpvae_tf.experiments.cp_vae.presets import CPVAE_PRESETS
from gpvae_tf.flags.options import needs, option
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.training.memory import peak_memory

BASELINE, BATCH_SIZE = "VAE", 100
IMAGE_SHAPE = (28, 28, 1)
MORE = 10  # factor on the draws, for the growth of memory
DATASET = f"binarized 28 x 28 images, batches of {BATCH_SIZE}"


class TimedPrior(NamedTuple):
    """A model whose training step is timed.

    Attributes:
      model: name of one of `PRIOR_FAMILIES`.
      num_components: K.
      switches: what differs from the paper's preset.
      target: the largest time over the VAE's that is aimed at, None for no aim.
    """

    model: str
    num_components: int = 10
    switches: Mapping[str, Any] = MappingProxyType({})
    target: float | None = None

    def build(self) -> ImageVAE:
        """The model, as scripts/CPVAE_experiment.py and VampPrior_experiment.py build it."""
        switches = {**CPVAE_PRESETS["paper"], **self.switches}
        return PRIOR_FAMILIES[self.model].build(
            Hyperparameters(switches, IMAGE_SHAPE, num_components=self.num_components)
        )

    def step(self, *, jit: bool = False) -> Callable[[], object]:
        """One training step, data included, waited for."""
        grey = image_sets.ImageSet("train", np.square(_uniform(20 * BATCH_SIZE)))
        return training_step(self.build(), image_sets.stream(grey, BATCH_SIZE, binarize=True), jit=jit)


TIMED_PRIORS: dict[str, TimedPrior] = {
    BASELINE: TimedPrior("vae"),
    "MG, K = 500": TimedPrior("mg", 500),
    "VampPrior, K = 500": TimedPrior("vamp", 500),
    "HVAE": TimedPrior("hvae"),
    "HVP, K = 500": TimedPrior("hvp", 500),
    "CP-VAE, K = 10, enumerated": TimedPrior("cp", 10, {"estimator": "enumerate"}, target=3.0),
    "CP-VAE, K = 10, one draw": TimedPrior("cp", 10, {"estimator": "straight_through"}),
    "CP-VAE, K = 500, one draw": TimedPrior("cp", 500, {"estimator": "straight_through"}, target=2.0),
}
# The model and the estimator of every log-likelihood, by its name in the table.
LIKELIHOODS: dict[str, tuple[str, Callable[..., Any]]] = {
    "VAE, drawn from q(z | y)": ("VAE", importance_weighted),
    "CP-VAE, K = 10, drawn from q(z, c | y)": ("CP-VAE, K = 10, enumerated", importance_weighted),
    "CP-VAE, K = 10, categories enumerated": ("CP-VAE, K = 10, enumerated", enumerated_log_likelihood),
}


@dataclasses.dataclass(frozen=True)
class PriorSuite(Suite):
    """Training steps of every row of CP-VAE's Table 1 (100 binarized images, data included) over the VAE's.

    Then the peak memory of Monte Carlo log-likelihoods with 10 times the draws over that with --samples draws, each in
    a process of its own. Takes about 4 minutes.
    """

    steps: int = option(40, "Training steps per turn.", at_least=1)
    memory: bool = option(True, "Measure peak memory, each in a process of its own.")
    images: int = option(128, "Number of images of the log-likelihoods.", at_least=1, needs=needs("memory"))
    samples: int = option(100, "Number of draws of the log-likelihoods.", at_least=1, needs=needs("memory"))

    def measure(self) -> Iterator[list[Measurement]]:
        jit = self.prepare()
        seconds = step_times(
            {name: timed.step(jit=jit) for name, timed in TIMED_PRIORS.items()}, self.steps, self.rounds
        )
        found = over_baseline(seconds, BASELINE, f"step time over {BASELINE}'s", dataset=DATASET)
        aims = {name: f", aim: at most {timed.target:g}" for name, timed in TIMED_PRIORS.items() if timed.target}
        yield [m._replace(note=m.note + aims.get(m.model, "")) for m in found]
        if self.memory:
            yield [self._growth(name) for name in LIKELIHOODS]

    def _growth(self, name: str) -> Measurement:
        """Memory beyond that of the libraries, at 10 S draws over S."""
        few, many = (
            run_in_fresh_process(memory_of, name, self.images, count) for count in (self.samples, MORE * self.samples)
        )
        note = f"{many:.0f} MiB with {MORE * self.samples} draws, {few:.0f} MiB with {self.samples}"
        metric = f"peak memory of log-likelihoods, {MORE} times the draws"
        return Measurement(name, f"{self.images} binary 28 x 28 images", metric, many / few, note)


def memory_of(name: str, num_images: int, num_samples: int) -> float:
    """Most memory that log-likelihoods take beyond what libraries do, MiB; the process must have done nothing else.

    Args:
      name: name of one of `LIKELIHOODS`.
      num_images: size of the test set.
      num_samples: number S of draws per image.
    """
    imports, (model, estimate) = peak_memory(), LIKELIHOODS[name]
    images = np.round(_uniform(num_images))
    log_likelihoods(TIMED_PRIORS[model].build(), images, num_samples=num_samples, estimate=estimate)
    return peak_memory() - imports


def _uniform(num: int) -> np.ndarray:
    """Images [num, 28, 28, 1] of values in [0, 1)."""
    return np.random.default_rng(0).random((num, *IMAGE_SHAPE), np.float32)
