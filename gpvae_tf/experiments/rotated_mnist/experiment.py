"""What the two rotated-MNIST experiments (SVGP-VAE and FGP-VAE) share: data, networks, kernel, objective, optimizer."""

import abc
import functools
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from gpvae_tf import embeddings, kernels, serving
from gpvae_tf._keras import keras
from gpvae_tf.data import rotated_mnist
from gpvae_tf.data.rotated_mnist import RotatedMNIST
from gpvae_tf.data.rotation_recipes import RotationConfig
from gpvae_tf.experiments.base import Experiment, RunOptions
from gpvae_tf.experiments.rotated_mnist.config import NETWORKS, RotatedConfig, RotatedOptions
from gpvae_tf.experiments.rotated_mnist.training import PIXELS, ROTATED_PRESETS, Learning, RotatedPreset
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.objectives import BetaELBO, Objective
from gpvae_tf.training.optimizers import make_optimizer
from gpvae_tf.types import Gaussian

VECTOR_SCALE = 1.5  # of object vectors and inducing points that do not start from principal components
C = TypeVar("C", bound=RotatedConfig)


class RotatedExperiment(Experiment[C], Generic[C]):
    """A run on rotated MNIST.

    Attributes:
      vector_dim: M, dimension of the object vectors; 8 in the authors' data files.
    """

    options_class: ClassVar[type[RunOptions]] = RotatedOptions
    expid = "debug_MNIST"
    vector_dim = 8

    @property
    def preset(self) -> RotatedPreset:
        """What --preset stands for in both experiments."""
        return ROTATED_PRESETS[self.config.preset]

    @property
    def rotation(self) -> RotationConfig:
        """The recipe of the data."""
        return RotationConfig(digits=tuple(int(digit) for digit in self.config.dataset))

    @functools.cached_property
    def data(self) -> RotatedMNIST:
        """The splits, generated and cached on disk."""
        config = self.config
        return rotated_mnist.load(self.rotation, data_dir=config.data_dir, mnist_manual_dir=config.mnist_manual_dir)

    def networks(self, conditions: int = 0) -> tuple[keras.Model, keras.Model]:
        """Encoder and decoder, of --network_size."""
        encoder, decoder = NETWORKS[self.config.network_size]
        options: dict[str, Any] = dict(conditions=conditions, policy=self.config.precision)
        return encoder(self.config.L, **options), decoder(self.config.L, **options)

    def view_kernel(self) -> kernels.Kernel:
        """a^2 exp(-2 sin^2((w - w') / 2) / l^2), l = a = 1 at first."""
        return kernels.periodic(trainable=self.config.GP_joint, **self.config.dtypes)

    def object_vectors(self, use_pca: bool) -> np.ndarray:
        """[P, M]: principal components of the upright images, or N(0, 1.5^2)."""
        if use_pca:
            return self.data.first_vectors(self.vector_dim)
        shape = (self.data.num_objects, self.vector_dim)
        return np.random.default_rng(self.config.seed).normal(0.0, VECTOR_SCALE, shape)

    def embedding(self, use_pca: bool) -> embeddings.ObjectVectors:
        """Object vectors, learned with --ov_joint."""
        dtype = self.config.dtypes["variable_dtype"]
        return embeddings.ObjectVectors(self.object_vectors(use_pca), trainable=self.config.ov_joint, dtype=dtype)

    @property
    def pixel_variance(self) -> float:
        """s^2 of N(y; decoder output, s^2).

        The authors minimise SE / K + (beta / L) KL, which is a multiple of the negative ELBO with s^2 = K beta / (2 L).
        Under GECO s^2 = 1, and the multiplier scales it.
        """
        return 1.0 if self.config.GECO else PIXELS * self.config.beta / (2 * self.config.L)

    def likelihood_and_objective(self) -> dict[str, Any]:
        """The model's likelihood and objective."""
        config, likelihood = self.config, GaussianLikelihood(self.pixel_variance)
        objective: Objective = BetaELBO()
        if config.GECO:
            target = likelihood.nats_at(config.kappa_squared, PIXELS)
            objective = self.preset.geco(target, decay=config.alpha, log_range=(-6.0, config.max_log_multiplier))
        return {"likelihood": likelihood, "objective": objective}

    @property
    @abc.abstractmethod
    def steps_per_data_epoch(self) -> int:
        """Mini-batches that hold the training split once."""

    @property
    def steps_per_epoch(self) -> int:
        return self.steps_per_data_epoch * self.config.eval_every

    def adam(self, learning: Learning, images: int, variance: float, steps: int) -> keras.optimizers.Optimizer:
        """Adam with --lr, or the learning rate given.

        Args:
          learning: rate, schedule and clipping.
          images: number of images of a data set in a batch.
          variance: pixel variance at first.
          steps: number of training steps that it is for.
        """
        rate = learning.rate if self.config.lr is None else self.config.lr
        schedule = keras.optimizers.schedules.CosineDecay(rate, steps) if learning.cosine else rate
        clip = None if learning.clip is None else learning.clip * images / variance
        return make_optimizer(schedule, precision=self.config.precision, clip_norm=clip)

    @abc.abstractmethod
    def train_latents(self) -> tuple[Gaussian, np.ndarray]:
        """Posterior mean and variance [N, L] of the training images' latents, and their inputs [N, 2]; NumPy."""

    @abc.abstractmethod
    def generate(self, ids: np.ndarray) -> np.ndarray:
        """Training objects [k] at the held-out angle, generated from the training split: [k, 28, 28, 1]."""

    def write_extras(self, folder: Path, options: Any) -> list[Path]:
        """Writes latents.npz with --save_latents: mean and variance [N, L] of the training images, angles and ids."""
        if not options.save_latents:
            return []
        (mean, variance), inputs = self.train_latents()
        path = folder / "latents.npz"
        np.savez(path, mean=mean, variance=variance, angles=inputs[:, 0], ids=inputs[:, 1].astype(int))
        return [path]

    def servable(self) -> serving.Servable:
        return serving.ServableLatentGP(self.model, input_dim=2)
