"""What the two rotated-MNIST experiments (SVGP-VAE and FGP-VAE) share: data, networks, kernel, vectors."""

import abc
import functools
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from gpvae_tf import embeddings, kernels, serving
from gpvae_tf._keras import keras
from gpvae_tf.datasets import rotated_mnist
from gpvae_tf.datasets.rotated_mnist import RotatedMNIST
from gpvae_tf.datasets.rotation_recipes import RotationConfig
from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.experiments.pixel_experiment import PixelExperiment
from gpvae_tf.experiments.rotated_mnist.config import NETWORKS, RotatedConfig, RotatedOptions
from gpvae_tf.files import atomic_write
from gpvae_tf.types import Gaussian

VECTOR_SCALE = 1.5  # of object vectors and inducing points that do not start from principal components
C = TypeVar("C", bound=RotatedConfig)


class RotatedExperiment(PixelExperiment[C], Generic[C]):
    """A run on rotated MNIST.

    Attributes:
      vector_dim: M, dimension of the object vectors; 8 in the authors' data files.
    """

    options_class: ClassVar[type[RunOptions]] = RotatedOptions
    event_shape = (28, 28, 1)
    expid = "debug_MNIST"
    vector_dim = 8

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
        with atomic_write(path, "wb") as file:
            np.savez(file, mean=mean, variance=variance, angles=inputs[:, 0], ids=inputs[:, 1].astype(int))
        return [path]

    def servable(self) -> serving.Servable:
        return serving.ServableLatentGP(self.model, input_dim=2)
