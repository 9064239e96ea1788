"""The GP-encoder experiment (Kim & Pavlovic, 2021, Section 10): its flags as a configuration."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf._keras import keras
from gpvae_tf.data import image_benchmarks
from gpvae_tf.data.binarization import Splits
from gpvae_tf.data.image_benchmarks import BENCHMARKS, Benchmark, BenchmarkSource
from gpvae_tf.evaluation import bounds, importance
from gpvae_tf.evaluation.batched import OverImages
from gpvae_tf.experiments.gp_encoder.flags import FamilyFlags
from gpvae_tf.experiments.gp_encoder.models import FAMILIES, Recipe, networks_for
from gpvae_tf.experiments.images import ImageConfig
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models.image_vae import ImageVAE

NUM_MONITORED = 500  # validation images that are looked at every epoch
NUM_EXAMPLES = 256  # training images on which features are measured
OBS_NOISE = ("learned", "fixed")
SELECT_EPOCH = ("best", "last")


@dataclasses.dataclass(frozen=True)
class GpencConfig(FamilyFlags, ImageConfig):
    """What determines the numbers of a run; names are those of run.py in yookoon/VLAE where it has them."""

    presets = ("paper",)

    model: str = "GPVAE"
    dataset: str = "mnist"
    z_dim: int = 50
    batch_size: int = 128
    n_epochs: int = 2000
    learning_rate: float = 5e-4  # type: ignore[assignment]
    obs_noise: str = "learned"
    obs_noise_scale: float | None = None
    K_iwae: int = 100
    select_epoch: str = "best"
    split_seed: int = 0
    num_train: int = 0
    num_test: int = 0
    celeba_crop: int = 148
    cosine: bool = False

    def __post_init__(self):
        FamilyFlags.__post_init__(self)
        ImageConfig.__post_init__(self)
        known = {"preset": self.presets, "model": FAMILIES, "dataset": BENCHMARKS}
        for name, names in {**known, "obs_noise": OBS_NOISE, "select_epoch": SELECT_EPOCH}.items():
            if getattr(self, name) not in names:
                raise ValueError(f"--{name} must be one of {', '.join(names)}, got {getattr(self, name)!r}")
        for name, least in {"z_dim": 1, "K_iwae": 1, "num_train": 0, "num_test": 0}.items():
            if getattr(self, name) < least:
                raise ValueError(f"--{name} must be >= {least}, got {getattr(self, name)}")
        if (self.obs_noise == "fixed") != (self.obs_noise_scale is not None):
            raise ValueError("--obs_noise=fixed and --obs_noise_scale, its standard deviation, need each other")
        if self.obs_noise_scale is not None and not self.obs_noise_scale > 0:
            raise ValueError(f"--obs_noise_scale must be positive, got {self.obs_noise_scale}")
        if self.first_best_epoch > self.n_epochs:
            raise ValueError(
                f"--n_epochs must be > {self.first_best_epoch - 1}, when the last of --n_component={self.n_component} "
                f"joins with --rme_epochs={self.rme_epochs}; got {self.n_epochs}"
            )

    @property
    def first_best_epoch(self) -> int:
        """With --rme_epochs, the first in which every component of RME has joined."""
        return 1 + (self.n_component - 1) * self.rme_epochs if self.model == "RME" else 1

    @property
    def data(self) -> Benchmark:
        """Images and their mean, loaded once per process."""
        source = BenchmarkSource(self.data_dir, self.mnist_manual_dir, self.data_file, self.celeba_crop)
        return _load(self.dataset, source, self.split_seed, self.num_train)

    @property
    def splits(self) -> Splits:
        return self.data.splits

    @property
    def test_images(self) -> np.ndarray:
        """Those that are scored, centred, [n, H, W, C]."""
        return self.splits.test.images[: self.num_test or None]

    @property
    def num_epochs(self) -> int:
        return self.n_epochs

    @property
    def train_batch_size(self) -> int:
        return self.batch_size

    def validation_loss(self) -> bounds.NegativeELBO:
        return bounds.NegativeELBO(batch_size=self.batch_size)

    @property
    def recipe(self) -> Recipe:
        """What the networks are built from."""
        images = self.splits.train.images
        return Recipe(
            networks_for(images.shape[1:]),
            self.z_dim,
            self,
            policy=self.precision,
            steps_per_epoch=self.steps_per_epoch,
            example_images=tf.constant(images[:NUM_EXAMPLES]),
        )

    def likelihood(self) -> GaussianLikelihood:
        """One variance for all pixels: learned, starting at that of the training images around their mean, or fixed."""
        if self.obs_noise_scale is not None:
            return GaussianLikelihood(self.obs_noise_scale**2)
        return GaussianLikelihood(float(np.mean(np.square(self.splits.train.images), dtype=np.float64)), trainable=True)

    def build_model(self) -> ImageVAE:
        keras.utils.set_random_seed(self.seed)  # the networks' initial weights
        recipe = self.recipe
        return ImageVAE(
            FAMILIES[self.model].build(recipe),
            recipe.decoder(),
            image_shape=recipe.networks.image_shape,
            likelihood=self.likelihood(),
            num_data=len(self.splits.train),
            seed=self.seed,
            name=self.model.lower(),
        )

    def evaluate(self, model: ImageVAE) -> dict[str, float]:
        """The observation noise, and what the family tells of some validation images: the GP encoder its variances."""
        shown = {"obs_noise_sigma": float(model.likelihood.distribution(tf.zeros(model.image_shape)).stddev()[0, 0, 0])}
        monitor = _monitor(self.model, model)
        if monitor is None:
            return shown
        values = monitor(self.splits.validation.images[:NUM_MONITORED], batch_size=self.batch_size)
        return shown | {name: float(value.mean(dtype=np.float64)) for name, value in values.items()}

    def finish(self, model: ImageVAE) -> None:
        """The weights of the epoch with the best validation bound, or the last ones."""
        if self.select_epoch == "best":
            super().finish(model)

    def score(self, model: ImageVAE) -> dict[str, float]:
        """Bounds of both sets, and of the test set the importance-weighted log-likelihood, nats per image.

        For a model with a GP the predicted shares of its two parts in the posterior variance are there too: p / N and
        p / 2N (docs/deviations.md, G2).
        """
        numbers = self.evaluate(model)
        if "variance_share_f" in numbers:
            share = networks_for(model.image_shape).units / len(self.splits.train)
            numbers |= {"predicted_share_f": share, "predicted_share_h": share / 2.0}
        for name, images in {"validation": self.splits.validation.images, "test": self.test_images}.items():
            values = bounds.mean_bound(model, images, batch_size=self.batch_size)
            numbers |= {f"{name}_{key}": value for key, value in values.items()}
        options: dict[str, Any] = dict(num_samples=self.K_iwae, batch_size=self.batch_size)
        nats = importance.log_likelihoods(model, self.test_images, **options)
        numbers["test_iwae"] = float(nats.mean())
        numbers["test_iwae_se"] = float(nats.std(ddof=1) / np.sqrt(len(nats))) if len(nats) > 1 else 0.0
        model.test_iwae = nats  # of every test image; the pictures' code keeps it, for t-tests
        return numbers | {"num_test": len(self.test_images)}

    def servable(self, model: ImageVAE) -> serving.Servable:
        """It takes and gives pixels in [0, 1]; the mean image is subtracted and added inside."""
        return serving.ServableImages(model, self.data.mean)

    def folder(self, expid: str) -> str:
        return f"{expid}_{self.model}_{self.dataset}_z{self.z_dim}"

    def summary(self, numbers: Mapping[str, float]) -> str:
        return (
            f"test ELBO {numbers['test_elbo']:.2f}, log-likelihood {numbers['test_iwae']:.2f} +- "
            f"{numbers['test_iwae_se']:.2f} nats per image ({self.K_iwae} importance samples)"
        )


@functools.lru_cache(maxsize=1)
def _load(name: str, source: BenchmarkSource, seed: int, num_train: int) -> Benchmark:
    return image_benchmarks.load(name, source, seed=seed, num_train=num_train)


@functools.lru_cache(maxsize=1)
def _monitor(family: str, model: ImageVAE) -> OverImages | None:
    """The family's monitor, compiled once per model; None if it has none."""
    monitor = FAMILIES[family].monitor
    return monitor and OverImages(lambda images, seed: monitor(model.encode(images, seed=seed)), model.image_shape)
