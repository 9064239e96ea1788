"""The rotated-MNIST experiment of SVGP-VAE (Section 4.2): the authors' flags as a configuration, and its metrics."""

import dataclasses
import functools
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.data import minibatches, rotated_mnist
from gpvae_tf.data.rotated_splits import RotatedMNIST
from gpvae_tf.evaluation import conditional_generation
from gpvae_tf.experiments.rotated_mnist import svgp_models as mnist_models
from gpvae_tf.experiments.rotated_mnist import svgp_recipes as mnist_recipes
from gpvae_tf.experiments.rotated_mnist.config import VECTOR_DIM, RotatedConfig
from gpvae_tf.experiments.rotated_mnist.training import SHARED_PRESETS
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.training.loop import Phase
from gpvae_tf.types import Gaussian

OFFSET_SPREAD = 0.1  # of the coordinates --object_offset sets; without any the inducing points' density is singular
_REGIME = re.compile(r"(VAE|GP|joint)-([1-9]\d*)")


@dataclasses.dataclass(frozen=True)
class MnistConfig(RotatedConfig):
    """What determines the numbers of a rotated-MNIST run; see `scripts/MNIST_experiment.py --help` for each field."""

    elbo: str = "VAE"
    batch_size: int = 256
    nr_epochs: int = 1000
    opt_regime: tuple[str, ...] = ("joint-1000",)
    nr_inducing_points: float = 2.0
    ip_joint: bool = False
    jitter: float = 1e-6
    PCA: bool = False
    M: int = VECTOR_DIM
    view_length_scale: float = 1.0
    object_offset: float = 0.0
    mnist_data_path: str | None = None

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {**SHARED_PRESETS["paper"], **mnist_models.PRESETS["paper"]},
        "authors_code": {**SHARED_PRESETS["authors_code"], **mnist_models.PRESETS["authors_code"]},
    }

    def __post_init__(self):
        object.__setattr__(self, "opt_regime", tuple(self.opt_regime))  # a list, from config.json
        if self.elbo not in mnist_recipes.RECIPES:
            raise ValueError(f"--elbo must be one of {', '.join(mnist_recipes.RECIPES)}, got {self.elbo!r}")
        super().__post_init__()
        for name in ("batch_size", "nr_epochs", "nr_inducing_points", "M", "view_length_scale"):
            if not getattr(self, name) > 0:
                raise ValueError(f"--{name} must be positive, got {getattr(self, name)}")
        if not np.isfinite(self.object_offset):
            raise ValueError(f"--object_offset must be finite, got {self.object_offset}")
        wrong = [text for text in self.opt_regime if not _REGIME.fullmatch(text)]
        if wrong or not self.opt_regime:
            raise ValueError(f"--opt_regime must list VAE-N, GP-N or joint-N, N epochs each, got {wrong or 'nothing'}")
        unused = {"GECO": self.GECO, "ip_joint": self.ip_joint, "GP_joint": self.GP_joint, "ov_joint": self.ov_joint}
        for name, given in unused.items():
            if given and name not in self.recipe.uses:
                raise ValueError(f"--{name} has no effect with --elbo={self.elbo}")

    @property
    def data(self) -> RotatedMNIST:
        """Generated and cached, or the contents of --mnist_data_path."""
        return _from_file(self.mnist_data_path, self.dataset) if self.mnist_data_path else super().data

    @property
    def vector_dim(self) -> int:
        return self.M

    def view_kernel(self) -> kernels.Kernel:
        """a^2 exp(-2 sin^2((w - w') / 2) / l^2), a = 1 and l = --view_length_scale at first."""
        return kernels.periodic(self.view_length_scale, trainable=self.GP_joint, **self.dtypes)

    def object_vectors(self, use_pca: bool) -> np.ndarray:
        """[P, M]: principal components of the upright images, or N(0, 1.5^2); first comes --object_offset, if not 0.

        <v, v'> is 0 at the mean of the components, so without an offset the mean object's latents are 0 at all angles.
        """
        vectors = super().object_vectors(use_pca)
        if not self.object_offset:
            return vectors
        first = np.random.default_rng(self.seed).normal(self.object_offset, OFFSET_SPREAD, len(vectors))
        return np.column_stack([first, vectors[:, :-1]])

    @property
    def recipe(self) -> mnist_recipes.Recipe:
        """How the model of --elbo is built and looked at."""
        return mnist_recipes.RECIPES[self.elbo]

    def folder(self, expid: str) -> str:
        return f"{expid}_{self.elbo}"

    @property
    def regimes(self) -> list[tuple[str, int]]:
        """Stages with their epochs; one of --nr_epochs where the model has no stages."""
        if "opt_regime" not in self.recipe.uses:
            return [("joint", self.nr_epochs)]
        return [(text.split("-")[0], int(text.split("-")[1])) for text in self.opt_regime]

    @property
    def steps_per_data_epoch(self) -> int:
        return minibatches.steps_per_epoch(self.data.train, self.batch_size)

    @property
    def num_steps(self) -> int:
        return self.steps_per_data_epoch * sum(epochs for _, epochs in self.regimes)

    @property
    def phases(self) -> Sequence[Phase]:
        """One per stage of --opt_regime, for models that have stages; a single joint stage needs none."""
        if self.recipe.prepare is None or [stage for stage, _ in self.regimes] == ["joint"]:
            return ()
        steps = [epochs * self.steps_per_data_epoch for _, epochs in self.regimes]
        prepare = functools.partial(self.recipe.prepare, self)
        parts = zip(itertools.accumulate(steps), self.regimes, steps)
        return [Phase(end, functools.partial(prepare, stage, length)) for end, (stage, _), length in parts]

    def stream(self, start: int) -> tf.data.Dataset:
        options = dict(seed=self.seed, start_step=start, shuffle=self.switch("shuffle"))
        return minibatches.image_batches(self.data.train, self.batch_size, **options)

    def optimizer(self) -> keras.optimizers.Optimizer:
        return self.recipe.optimizer(self)

    def build_model(self) -> LatentGPVAE:
        return self.recipe.build(self)

    def callbacks(self, model: LatentGPVAE) -> list[keras.callbacks.Callback]:
        return self.recipe.callbacks(self)

    def evaluate(self, model: LatentGPVAE) -> dict[str, float]:
        """Conditional generation at the held-out angle, of test and validation objects, and the learned kernel."""
        numbers = {"data_epoch": model.num_steps / self.steps_per_data_epoch}
        predictor = self.recipe.predictor(model, self.data)
        for name in ("test", "validation"):
            if name not in self.data.splits:  # the authors' files have none to choose by
                continue
            split = self.data.splits[name]
            inputs = tf.constant(split.inputs)[tf.newaxis]
            marginals = predictor.predict_f(inputs)
            errors = conditional_generation.generation_errors(
                model, marginals, split.images[None], inputs, seed=tf.constant([self.seed, model.num_steps], tf.int32)
            )
            numbers |= {f"{name}_{key}": value for key, value in errors.items()}
        return numbers | kernels.learned(model.latent_gp)

    def train_latents(self, model: LatentGPVAE) -> tuple[Gaussian, np.ndarray]:
        inputs = self.data.train.inputs
        marginals = self.recipe.predictor(model, self.data).predict_f(tf.constant(inputs)[tf.newaxis])
        return Gaussian(*(part[0].numpy() for part in marginals)), inputs

    def generate(self, model: LatentGPVAE, ids: np.ndarray) -> np.ndarray:
        angles = np.full(len(ids), self.data.held_out_angle)
        inputs = tf.constant(np.stack([angles, ids], axis=-1), tf.float32)[tf.newaxis]
        predictor = self.recipe.predictor(model, self.data)
        return conditional_generation.decode(model, predictor.predict_f(inputs).mean, inputs)[0]

    def summary(self, numbers: Mapping[str, float]) -> str:
        return (
            f"test MSE per pixel {numbers['test_mse']:.4f} (decoded posterior mean), "
            f"{numbers['test_mse_sampled']:.4f} (one draw)"
        )


@functools.lru_cache(maxsize=1)
def _from_file(path: str, digits: str) -> RotatedMNIST:
    return rotated_mnist.from_file(path, digits)
