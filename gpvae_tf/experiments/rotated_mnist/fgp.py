"""The rotated-MNIST experiment of FGP-VAE (Section 4): the authors' flags as a configuration, and its metrics."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from gpvae_tf import inducing, kernels
from gpvae_tf._keras import keras
from gpvae_tf.as_coded.shared_gaussian import AsCodedSharedGaussian
from gpvae_tf.data import minibatches
from gpvae_tf.data.rotation_recipes import RotationConfig
from gpvae_tf.data.split_by_object import Objects, by_object, objects_per_batch
from gpvae_tf.evaluation.conditional_generation import decode
from gpvae_tf.evaluation.object_tasks import CHUNK, ObjectTask, extrapolation_task, make_task
from gpvae_tf.experiments.rotated_mnist.config import RotatedConfig
from gpvae_tf.experiments.rotated_mnist.training import FAST, SHARED_PRESETS, Learning
from gpvae_tf.latent_gps import CorrelatedSharedGaussian, LatentGP, LatentPosterior, SharedGaussian, SparseGP
from gpvae_tf.models import FGPVAE
from gpvae_tf.types import Gaussian

JITTER = 1e-9  # of K_mm with --sparse, relative


@dataclasses.dataclass(frozen=True)
class FgpConfig(RotatedConfig):
    """What determines the numbers of a run; see `scripts/FGPVAE_experiments.py --help` for each field."""

    batch_size: int = 220
    nr_epochs: int = 1000
    kappa_squared: float = 0.033
    L_w: int = 8
    N_t: int = 11
    object_prior_corr: bool = False
    sparse: bool = False
    nr_inducing_points: int = 5
    extrapolate_experiment: bool = False

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {**SHARED_PRESETS["paper"], "shared": SharedGaussian, "learning": FAST},
        # F1 and F3: the global channels as coded.
        "authors_code": {
            **SHARED_PRESETS["authors_code"],
            "shared": AsCodedSharedGaussian,
            "learning": Learning(1e-3),
        },
    }

    def __post_init__(self):
        super().__post_init__()
        for name in ("batch_size", "nr_epochs", "N_t", "nr_inducing_points"):
            if not getattr(self, name) > 0:
                raise ValueError(f"--{name} must be positive, got {getattr(self, name)}")
        if not 1 <= self.L_w < self.L:
            raise ValueError(f"--L_w must lie in 1, ..., L - 1 = {self.L - 1}, got {self.L_w}")
        if self.batch_size % self.N_t:
            raise ValueError(f"--batch_size={self.batch_size} splits an object: use a multiple of --N_t={self.N_t}")
        if self.extrapolate_experiment and self.object_prior_corr:
            raise ValueError(
                "--extrapolate_experiment needs objects without vectors, --object_prior_corr gives them some"
            )
        for name in ("ov_joint", "object_kernel_normalize"):
            if getattr(self, name) and not self.object_prior_corr:
                raise ValueError(f"--{name} has no effect without --object_prior_corr")

    def folder(self, expid: str) -> str:
        return f"{expid}_FGPVAE"

    @property
    def rotation(self) -> RotationConfig:
        return dataclasses.replace(super().rotation, recipe="fgp", angles_per_instance=self.N_t)

    @functools.cached_property
    def objects(self) -> Objects:
        """The training split by object."""
        return by_object(self.data.train)

    @property
    def objects_per_batch(self) -> int:
        """Digits in a step."""
        return objects_per_batch(self.objects, self.batch_size)

    @property
    def steps_per_data_epoch(self) -> int:
        return minibatches.steps_per_epoch(self.objects, self.objects_per_batch)

    @property
    def num_steps(self) -> int:
        return self.steps_per_data_epoch * self.nr_epochs

    def stream(self, start: int) -> tf.data.Dataset:
        options = dict(seed=self.seed, start_step=start, shuffle=self.switch("shuffle"))
        return minibatches.object_batches(self.objects, self.objects_per_batch, **options)

    def optimizer(self) -> keras.optimizers.Optimizer:
        return self.make_optimizer(self.switch("learning"), self.N_t, self.pixel_variance)

    def _local(self) -> kernels.Kernel | LatentGP:
        """The local channels' kernel, or with --sparse a latent GP with inducing points evenly on the circle."""
        kernel = self.view_kernel()
        if not self.sparse:
            return kernel
        points = np.linspace(0.0, 2.0 * np.pi, self.nr_inducing_points, endpoint=False)[:, np.newaxis]
        return SparseGP(kernel, inducing.InducingPoints(points, dtype=self.dtypes["variable_dtype"]), jitter=JITTER)

    def _shared(self) -> LatentGP:
        if not self.object_prior_corr:
            return self.switch("shared")(self.gp_dtype)
        kernel = kernels.linear(normalize=self.object_kernel_normalize, dtype=self.gp_dtype)
        return CorrelatedSharedGaussian(kernel)

    def build_model(self) -> FGPVAE:
        return FGPVAE(
            *self.networks(),
            self._local(),
            image_shape=(28, 28, 1),
            latent_dim=self.L,
            num_local=self.L_w,
            shared=self._shared(),
            embedding=self.embedding(use_pca=True) if self.object_prior_corr else None,
            noise_clip=(1e-3, 100.0) if self.clip_qs else None,
            seed=self.seed,
            **self.likelihood_and_objective(),
        )

    @functools.cached_property
    def tasks(self) -> dict[str, ObjectTask]:
        """The held-out angle of training objects, in and outside the test split, and of new ones."""
        data = self.data
        tasks = {name: make_task(data.train, data.splits[name]) for name in ("test", "validation")}
        if self.extrapolate_experiment:
            tasks["extrapolation"] = extrapolation_task(data.eval, float(data.held_out_angle), self.N_t, seed=0)
        return tasks

    def evaluate(self, model: FGPVAE) -> dict[str, float]:
        numbers = {"data_epoch": model.num_steps / self.steps_per_data_epoch}
        seed = tf.constant([self.seed, model.num_steps], tf.int32)
        for name, task in self.tasks.items():
            numbers |= {f"{name}_{key}": value for key, value in task.errors(model, seed).items()}
        return numbers | kernels.learned(model.latent_gp)

    def train_latents(self, model: FGPVAE) -> tuple[Gaussian, np.ndarray]:
        # Images are encoded in chunks, but conditioned on at once: correlated objects know of each other.
        posterior = model.condition_on(minibatches.chunks(self.objects, CHUNK)).latent
        assert isinstance(posterior, LatentPosterior)
        marginals = posterior.marginals()  # [P, L, n]
        mask = self.objects.mask
        latents = Gaussian(*(tf.linalg.matrix_transpose(part).numpy()[mask] for part in marginals))
        return latents, self.data.train.inputs[self.objects.rows[mask]]

    def generate(self, model: FGPVAE, ids: np.ndarray) -> np.ndarray:
        train = self.data.train
        given = by_object(train.take(np.isin(train.ids, ids)))
        inputs = np.stack([np.full(len(ids), self.data.held_out_angle), given.ids], axis=-1).astype(np.float32)[:, None]
        latents = model.condition_on(minibatches.as_batch(given)).predict_f(tf.constant(inputs)).mean
        row = {int(number): i for i, number in enumerate(given.ids)}
        return decode(model, latents, tf.constant(inputs))[[row[int(number)] for number in ids], 0]

    def summary(self, numbers: Mapping[str, float]) -> str:
        shown = [f"{name} {numbers[f'{name}_mse']:.4f} ({numbers[f'{name}_mse_sampled']:.4f})" for name in self.tasks]
        return f"MSE per pixel of the decoded posterior mean (of one draw): {', '.join(shown)}"
