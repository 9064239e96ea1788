"""What the two rotated-MNIST experiments (SVGP-VAE and FGP-VAE) share: data, networks, objective, learning rate."""

import abc
import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from gpvae_tf import embeddings, kernels, networks, serving
from gpvae_tf._keras import keras
from gpvae_tf.data import rotated_mnist
from gpvae_tf.data.rotated_mnist import RotatedMNIST
from gpvae_tf.data.rotation_recipes import RotationConfig
from gpvae_tf.experiments.base import ExperimentConfig
from gpvae_tf.experiments.rotated_mnist.training import PIXELS, Learning, as_coded_geco
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.networks import rotated_mnist as networks_rotated
from gpvae_tf.objectives import GECO, BetaELBO, Objective
from gpvae_tf.training.optimizers import PRECISIONS, make_optimizer
from gpvae_tf.types import Gaussian

VECTOR_DIM = 8  # M of the authors' data files, and without a flag
VECTOR_SCALE = 1.5  # of object vectors and inducing points that do not start from principal components
NETWORKS: dict[str, tuple[Callable[..., keras.Model], Callable[..., keras.Model]]] = {
    "authors": (networks.mnist_encoder, networks.mnist_decoder),
    "wide": (networks_rotated.wide_encoder, networks_rotated.wide_decoder),
}


@dataclasses.dataclass(frozen=True)
class RotatedConfig(ExperimentConfig):
    """Fields that both scripts have; names and defaults are the authors' flags, errors name the flag."""

    preset: str = "paper"
    seed: int = 0
    dataset: str = "3"
    beta: float = 0.001
    L: int = 16
    network_size: str = "authors"
    lr: float | None = None
    clip_qs: bool = False
    GECO: bool = False
    alpha: float = 0.99
    kappa_squared: float = 0.020
    max_log_multiplier: float = 6.0
    GP_joint: bool = False
    ov_joint: bool = False
    object_kernel_normalize: bool = False
    eval_every: int = 10
    precision: str | None = None  # type: ignore[assignment]  # the preset's, filled in below
    gp_dtype: str = "float64"
    data_dir: str | None = None
    mnist_manual_dir: str | None = None

    presets: ClassVar[Mapping[str, Mapping[str, Any]]]
    may_change_on_resume = ("data_dir", "mnist_manual_dir")

    def __post_init__(self):
        if self.preset not in self.presets:
            raise ValueError(f"--preset must be one of {', '.join(self.presets)}, got {self.preset!r}")
        if self.precision is None:
            object.__setattr__(self, "precision", self.switch("precision"))
        for name, allowed in (("precision", PRECISIONS), ("gp_dtype", ("float32", "float64"))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"--{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}")
        if not self.dataset or not set(self.dataset) <= set("0123456789") or len(set(self.dataset)) < len(self.dataset):
            raise ValueError(f"--dataset must be different digits such as 3 or 13679, got {self.dataset!r}")
        for name in ("beta", "L", "kappa_squared", "eval_every"):
            if not getattr(self, name) > 0:
                raise ValueError(f"--{name} must be positive, got {getattr(self, name)}")
        if self.network_size not in NETWORKS:
            raise ValueError(f"--network_size must be one of {', '.join(NETWORKS)}, got {self.network_size!r}")
        if self.lr is not None and not self.lr > 0:
            raise ValueError(f"--lr must be positive, got {self.lr}")
        if self.precision == "float64" and self.gp_dtype == "float32":
            raise ValueError("--precision=float64 makes everything float64; it contradicts --gp_dtype=float32")
        if self.preset == "authors_code" and self.GECO and self.precision != "float64":
            raise ValueError(
                f"--preset=authors_code with --GECO needs --precision=float64, got {self.precision}: its multiplier "
                "overflows float32 (B18)"
            )

    def switch(self, name: str) -> Any:
        """A named difference between the presets."""
        return self.presets[self.preset][name]

    @property
    def rotation(self) -> RotationConfig:
        """The recipe of the data."""
        return RotationConfig(digits=tuple(int(digit) for digit in self.dataset))

    @property
    def data(self) -> RotatedMNIST:
        """The splits, loaded once per process."""
        return _load(self.rotation, self.data_dir, self.mnist_manual_dir)

    @property
    def vector_dim(self) -> int:
        """M, dimension of the object vectors."""
        return VECTOR_DIM

    def servable(self, model: Any) -> serving.Servable:
        return serving.ServableLatentGP(model, input_dim=2)

    @property
    def dtypes(self) -> dict[str, Any]:
        """Of kernel algebra and variables."""
        return {"dtype": self.gp_dtype, "variable_dtype": "float64" if self.precision == "float64" else "float32"}

    def networks(self, conditions: int = 0) -> tuple[keras.Model, keras.Model]:
        """Encoder and decoder, of --network_size."""
        encoder, decoder = NETWORKS[self.network_size]
        options: dict[str, Any] = dict(conditions=conditions, policy=self.precision)
        return encoder(self.L, **options), decoder(self.L, **options)

    def view_kernel(self) -> kernels.Kernel:
        """a^2 exp(-2 sin^2((w - w') / 2) / l^2), l = a = 1 at first."""
        return kernels.periodic(trainable=self.GP_joint, **self.dtypes)

    def object_vectors(self, use_pca: bool) -> np.ndarray:
        """[P, M]: principal components of the upright images, or N(0, 1.5^2)."""
        if use_pca:
            return self.data.first_vectors(self.vector_dim)
        return np.random.default_rng(self.seed).normal(0.0, VECTOR_SCALE, (self.data.num_objects, self.vector_dim))

    def embedding(self, use_pca: bool) -> embeddings.ObjectVectors:
        """Object vectors, learned with --ov_joint."""
        dtype = self.dtypes["variable_dtype"]
        return embeddings.ObjectVectors(self.object_vectors(use_pca), trainable=self.ov_joint, dtype=dtype)

    @property
    def pixel_variance(self) -> float:
        """s^2 of N(y; decoder output, s^2).

        The authors minimise SE / K + (beta / L) KL, which is a multiple of the negative ELBO with s^2 = K beta / (2 L).
        Under GECO s^2 = 1, and the multiplier scales it.
        """
        return 1.0 if self.GECO else PIXELS * self.beta / (2 * self.L)

    def likelihood_and_objective(self) -> dict[str, Any]:
        """The model's likelihood and objective."""
        likelihood = GaussianLikelihood(self.pixel_variance)
        objective: Objective = BetaELBO()
        if self.GECO:
            target = likelihood.nats_at(self.kappa_squared, PIXELS)
            objective = self.switch("geco")(target, decay=self.alpha, log_range=(-6.0, self.max_log_multiplier))
        return {"likelihood": likelihood, "objective": objective}

    @property
    def constraint_label(self) -> str:
        """What GECO's logged constraint is."""
        return {GECO: "target - log p (nats per image)", as_coded_geco: "MSE - κ² (per pixel)"}[self.switch("geco")]

    @property
    @abc.abstractmethod
    def steps_per_data_epoch(self) -> int:
        """Mini-batches that hold the training split once."""

    @property
    def steps_per_epoch(self) -> int:  # type: ignore[override]
        return self.steps_per_data_epoch * self.eval_every

    @abc.abstractmethod
    def train_latents(self, model: Any) -> tuple[Gaussian, np.ndarray]:
        """Posterior mean and variance [N, L] of the training images' latents, and their inputs [N, 2]; NumPy."""

    @abc.abstractmethod
    def generate(self, model: Any, ids: np.ndarray) -> np.ndarray:
        """Training objects [k] at the held-out angle, generated from the training split: [k, 28, 28, 1]."""

    def make_optimizer(
        self, learning: Learning, images: int, variance: float, steps: int | None = None
    ) -> keras.optimizers.Optimizer:
        """Adam with --lr, or the learning rate given.

        Args:
          learning: how it is run.
          images: per data set of a batch.
          variance: of a pixel, at first.
          steps: that it is for; all if not given.
        """
        rate = learning.rate if self.lr is None else self.lr
        schedule = keras.optimizers.schedules.CosineDecay(rate, steps or self.num_steps) if learning.cosine else rate
        clip = None if learning.clip is None else learning.clip * images / variance
        return make_optimizer(schedule, precision=str(self.precision), clip_norm=clip)


@functools.lru_cache(maxsize=2)
def _load(rotation: RotationConfig, data_dir: str | None, mnist_manual_dir: str | None) -> RotatedMNIST:
    return rotated_mnist.load(rotation, data_dir=data_dir, mnist_manual_dir=mnist_manual_dir)
