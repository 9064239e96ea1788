"""Time per training step of every model of CP-VAE's Table 1, and the memory of Monte Carlo likelihoods.

A step is Keras' compiled train step on a batch of 100 images of 28 x 28, gathered and binarized anew by the data
pipeline. The images are made up: no step's time depends on what is in them.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from gpvae_tf.benchmarks.fresh_process import peak_memory, run_in_fresh_process
from gpvae_tf.benchmarks.suite import Measurement, Suite, in_words, over_baseline, step_times
from gpvae_tf.data import image_sets
from gpvae_tf.evaluation.category_likelihood import enumerated_log_likelihoods
from gpvae_tf.evaluation.importance import log_likelihoods
from gpvae_tf.experiments.cp_vae import models as prior_models
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.training import execution
from gpvae_tf.training.optimizers import make_optimizer

BASELINE, BATCH_SIZE = "VAE", 100
IMAGE_SHAPE = (28, 28, 1)
MORE = 10  # times the draws, for the growth of memory
DATASET = f"binarized 28 x 28 images, batches of {BATCH_SIZE}"


class Timed(NamedTuple):
    """A model to be timed.

    Attributes:
      model: one of `prior_models.MODELS`.
      num_components: K.
      switches: what differs from the paper's preset.
      target: its time over the VAE's that is aimed at.
    """

    model: str
    num_components: int = 10
    switches: Mapping[str, Any] = MappingProxyType({})
    target: float | None = None

    def build(self) -> ImageVAE:
        """The model, as scripts/CPVAE_experiment.py and VampPrior_experiment.py build it."""
        switches = {**prior_models.PRESETS["paper"], **self.switches}
        recipe = prior_models.Recipe(switches, IMAGE_SHAPE, num_components=self.num_components)
        return prior_models.build(self.model, recipe)

    def step(self, *, jit: bool = False) -> Callable[[], object]:
        """One training step, data included, waited for."""
        model = self.build()
        model.compile(make_optimizer(), jit_compile=jit)
        grey = image_sets.ImageSet("train", np.square(_uniform(20 * BATCH_SIZE)))
        step, batches = model.make_train_function(), iter(image_sets.stream(grey, BATCH_SIZE, binarize=True))
        return lambda: step(batches)["elbo"].numpy()


MODELS: dict[str, Timed] = {
    BASELINE: Timed("vae"),
    "MG, K = 500": Timed("mg", 500),
    "VampPrior, K = 500": Timed("vamp", 500),
    "HVAE": Timed("hvae"),
    "HVP, K = 500": Timed("hvp", 500),
    "CP-VAE, K = 10, enumerated": Timed("cp", 10, {"estimator": "enumerate"}, target=3.0),
    "CP-VAE, K = 10, one draw": Timed("cp", 10, {"estimator": "straight_through"}),
    "CP-VAE, K = 500, one draw": Timed("cp", 500, {"estimator": "straight_through"}, target=2.0),
}
# Likelihoods by what they are called, as model and function.
LIKELIHOODS: dict[str, tuple[str, Callable[..., np.ndarray]]] = {
    "VAE, drawn from q(z | y)": ("VAE", log_likelihoods),
    "CP-VAE, K = 10, drawn from q(z, c | y)": ("CP-VAE, K = 10, enumerated", log_likelihoods),
    "CP-VAE, K = 10, categories enumerated": ("CP-VAE, K = 10, enumerated", enumerated_log_likelihoods),
}


@dataclasses.dataclass(frozen=True)
class PriorSuite(Suite):
    """Steps of all rows of Table 1, and peak memory of likelihoods at S and 10 S draws.

    Attributes:
      rounds: turns of every model.
      steps: per turn; their median counts.
      jit: one of `execution.JIT`.
      memory: whether to measure peak memory, every likelihood in a process of its own.
      images: how many the likelihoods are of, in batches of 128.
      samples: S.
    """

    rounds: int = 5
    steps: int = 40
    jit: str = "auto"
    memory: bool = True
    images: int = 128
    samples: int = 100

    def measure(self) -> Iterator[list[Measurement]]:
        jit = execution.use_jit(self.jit)
        execution.prepare(seed=0)
        seconds = step_times({name: timed.step(jit=jit) for name, timed in MODELS.items()}, self.steps, self.rounds)
        found = over_baseline(seconds, BASELINE, f"step time over {BASELINE}'s", dataset=DATASET)
        yield [m._replace(note=_note(seconds[m.model], MODELS[m.model].target)) for m in found]
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
      name: of one of `LIKELIHOODS`.
      num_images: of the test set.
      num_samples: S.
    """
    imports, (model, evaluate) = peak_memory(), LIKELIHOODS[name]
    images = np.round(_uniform(num_images))
    evaluate(MODELS[model].build(), images, num_samples=num_samples)
    return peak_memory() - imports


def _uniform(num: int) -> np.ndarray:
    """Images [num, 28, 28, 1] of values in [0, 1)."""
    return np.random.default_rng(0).random((num, *IMAGE_SHAPE), np.float32)


def _note(seconds: float, target: float | None) -> str:
    return in_words(seconds) if target is None else f"{in_words(seconds)}, aim: at most {target:g}"
