"""FGP-VAE's experiment on rotated MNIST (Section 4): its model, and how well it generates objects at other angles."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import inducing, kernels
from gpvae_tf._keras import keras
from gpvae_tf.as_coded.shared_gaussian import AsCodedSharedGaussian
from gpvae_tf.data.row_batches import steps_per_epoch
from gpvae_tf.datasets import minibatches
from gpvae_tf.datasets.rotation_recipes import RotationConfig
from gpvae_tf.datasets.split_by_object import Objects, by_object, objects_per_batch
from gpvae_tf.evaluation.conditional_generation import decode
from gpvae_tf.evaluation.object_tasks import CHUNK, ObjectTask, extrapolation_task, make_task
from gpvae_tf.experiments.rotated_mnist.experiment import RotatedExperiment
from gpvae_tf.experiments.rotated_mnist.fgp_config import FgpConfig
from gpvae_tf.latent_gps import CorrelatedSharedGaussian, LatentGP, LatentPosterior, SharedGaussian, SparseGP
from gpvae_tf.models import FGPVAE
from gpvae_tf.types import Gaussian

JITTER = 1e-9  # of K_mm with --sparse, relative
# The latent GP of the global channels by preset; F1 and F3: as coded.
SHARED_CHANNELS = {"paper": SharedGaussian, "authors_code": AsCodedSharedGaussian}


class FgpExperiment(RotatedExperiment[FgpConfig]):
    """A run of FGP-VAE."""

    name = "fgp"
    script = "FGPVAE_experiments.py"
    config_class = FgpConfig
    folder_name = "{expid}_FGPVAE"

    @property
    def rotation(self) -> RotationConfig:
        return dataclasses.replace(super().rotation, recipe="fgp", angles_per_instance=self.config.N_t)

    @functools.cached_property
    def objects(self) -> Objects:
        """The training split by object."""
        return by_object(self.data.train)

    @property
    def objects_per_batch(self) -> int:
        """Digits in a step."""
        return objects_per_batch(self.objects, self.config.batch_size)

    @property
    def steps_per_data_epoch(self) -> int:
        return steps_per_epoch(self.objects, self.objects_per_batch)

    @property
    def num_steps(self) -> int:
        return self.steps_per_data_epoch * self.config.nr_epochs

    def stream(self, start: int) -> tf.data.Dataset:
        options: dict[str, Any] = dict(seed=self.config.seed, start_step=start, shuffle=self.preset.shuffle)
        return minibatches.object_batches(self.objects, self.objects_per_batch, **options)

    def optimizer(self) -> keras.optimizers.Optimizer:
        return self.adam(self.preset.learning, self.config.N_t, self.pixel_variance, self.num_steps)

    def _local(self) -> kernels.Kernel | LatentGP:
        """The local channels' kernel, or with --sparse a latent GP with inducing points evenly on the circle."""
        kernel = self.view_kernel()
        if not self.config.sparse:
            return kernel
        points = np.linspace(0.0, 2.0 * np.pi, self.config.nr_inducing_points, endpoint=False)[:, np.newaxis]
        return SparseGP(
            kernel, inducing.InducingPoints(points, dtype=self.config.dtypes["variable_dtype"]), jitter=JITTER
        )

    def _shared(self) -> LatentGP:
        config = self.config
        if not config.object_prior_corr:
            return SHARED_CHANNELS[config.preset](config.gp_dtype)
        kernel = kernels.linear(normalize=config.object_kernel_normalize, dtype=config.gp_dtype)
        return CorrelatedSharedGaussian(kernel)

    def build_model(self) -> FGPVAE:
        config = self.config
        return FGPVAE(
            *self.networks(),
            self._local(),
            event_shape=self.event_shape,
            latent_dim=config.L,
            num_local=config.L_w,
            shared=self._shared(),
            embedding=self.embedding(use_pca=True) if config.object_prior_corr else None,
            noise_clip=(1e-3, 100.0) if config.clip_qs else None,
            seed=config.seed,
            **self.likelihood_and_objective(),
        )

    @functools.cached_property
    def tasks(self) -> dict[str, ObjectTask]:
        """The held-out angle of training objects, in and outside the test split, and of new ones."""
        data, config = self.data, self.config
        tasks = {name: make_task(data.train, data.splits[name]) for name in ("test", "validation")}
        if config.extrapolate_experiment:
            tasks["extrapolation"] = extrapolation_task(data.eval, float(data.held_out_angle), config.N_t, seed=0)
        return tasks

    def evaluate(self) -> dict[str, float]:
        """Conditional generation in every task, and the learned kernel."""
        numbers = {"data_epoch": self.data_epoch}
        for name, task in self.tasks.items():
            found = task.errors(self.model, self.evaluation_seed)
            numbers |= {f"{name}_{key}": value for key, value in found.items()}
        return numbers | kernels.learned(self.model.latent_gp)

    def train_latents(self) -> tuple[Gaussian, np.ndarray]:
        # Images are encoded in chunks, but conditioned on at once: correlated objects know of each other.
        posterior = self.model.condition_on(minibatches.chunks(self.objects, CHUNK)).latent
        assert isinstance(posterior, LatentPosterior)
        marginals = posterior.marginals()  # [P, L, n]
        mask = self.objects.mask
        latents = Gaussian(*(tf.linalg.matrix_transpose(part).numpy()[mask] for part in marginals))
        return latents, self.data.train.inputs[self.objects.rows[mask]]

    def generate(self, ids: np.ndarray) -> np.ndarray:
        train = self.data.train
        given = by_object(train.take(np.isin(train.ids, ids)))
        inputs = np.stack([np.full(len(ids), self.data.held_out_angle), given.ids], axis=-1).astype(np.float32)[:, None]
        latents = self.model.condition_on(minibatches.as_batch(given)).predict_f(tf.constant(inputs)).mean
        row = {int(number): i for i, number in enumerate(given.ids)}
        return decode(self.model, latents, tf.constant(inputs))[[row[int(number)] for number in ids], 0]

    def summary(self, numbers: Mapping[str, float]) -> str:
        shown = [f"{name} {numbers[f'{name}_mse']:.4f} ({numbers[f'{name}_mse_sampled']:.4f})" for name in self.tasks]
        return f"MSE per pixel of the decoded posterior mean (of one draw): {', '.join(shown)}"
