"""The GP encoder (Kim & Pavlovic, 2021, Section 5): what its configuration stands for."""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf.datasets import image_benchmarks
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.datasets.image_benchmarks import Benchmark, BenchmarkSource
from gpvae_tf.evaluation import bounds, importance
from gpvae_tf.evaluation.batched import OverImages
from gpvae_tf.experiments.base import Scores
from gpvae_tf.experiments.gp_encoder.config import GPEncoderConfig
from gpvae_tf.experiments.gp_encoder.family_options import FamilyOptions
from gpvae_tf.experiments.gp_encoder.models import FAMILIES, NetworkSetting, networks_for
from gpvae_tf.experiments.images import ImageExperiment, Schedule
from gpvae_tf.flags.options import options_of
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models.image_vae import ImageVAE

NUM_MONITORED = 500  # validation images that are looked at every epoch
NUM_EXAMPLES = 256  # training images on which features are measured


class GPEncoderExperiment(ImageExperiment[GPEncoderConfig]):
    """A run of one posterior family; networks see images less the mean image of the training set."""

    name = "gpenc"
    script = "GPENC_experiment.py"
    config_class = GPEncoderConfig
    expid = "gpenc"
    folder_name = "{expid}_{model}_{dataset}_z{z_dim}"

    def folder(self, expid: str) -> str:
        """Name of a run's folder, which ends with the family's options that are not the defaults: `..._n_flow-2`."""
        config, defaults = self.config, self.config.defaults()
        given = {name: getattr(config, name) for name in options_of(FamilyOptions)}
        changed = [f"_{name}-{value}" for name, value in given.items() if value != defaults[name]]
        return super().folder(expid) + "".join(changed)

    @property
    def schedule(self) -> Schedule:
        config = self.config
        return Schedule(config.batch_size, config.n_epochs, config.learning_rate, first_best=config.first_best_epoch)

    @functools.cached_property
    def data(self) -> Benchmark:
        """Centred images and their mean."""
        config = self.config
        source = BenchmarkSource(config.data_dir, config.mnist_manual_dir, config.data_file, config.celeba_crop)
        return image_benchmarks.load(config.dataset, source, seed=config.split_seed, num_train=config.num_train)

    @property
    def splits(self) -> Splits:
        return self.data.splits

    @property
    def test_images(self) -> np.ndarray:
        """The centred images that are scored, [n, H, W, C]."""
        return self.splits.test.images[: self.config.num_test or None]

    def validation_loss(self) -> bounds.NegativeELBO:
        return bounds.NegativeELBO(batch_size=self.config.batch_size)

    def network_setting(self) -> NetworkSetting:
        """What the networks are built from."""
        images = self.splits.train.images
        return NetworkSetting(
            networks_for(images.shape[1:]),
            self.config.z_dim,
            self.config,
            policy=self.config.precision,
            steps_per_epoch=self.steps_per_epoch,
            example_images=tf.constant(images[:NUM_EXAMPLES]),
        )

    def likelihood(self) -> GaussianLikelihood:
        """One variance for all pixels: learned, starting at that of the training images around their mean, or fixed."""
        if self.config.obs_noise_scale is not None:
            return GaussianLikelihood(self.config.obs_noise_scale**2)
        return GaussianLikelihood(float(np.mean(np.square(self.splits.train.images), dtype=np.float64)), trainable=True)

    def new_model(self) -> ImageVAE:
        setting = self.network_setting()
        posterior = FAMILIES[self.config.model].build(setting)
        exempt = () if posterior.regularizer() is None else ("weights_kl",)  # --warmup is of the KL of z
        return ImageVAE(
            posterior,
            setting.decoder(),
            objective=self.config.objective(self.steps_per_epoch, exempt),
            event_shape=setting.networks.event_shape,
            likelihood=self.likelihood(),
            num_data=len(self.splits.train),
            seed=self.config.seed,
            name=self.config.model.lower(),
        )

    @functools.cached_property
    def _monitor(self) -> OverImages | None:
        """What the family's q(z | y) tells of images; None if nothing."""
        monitor, model = FAMILIES[self.config.model].monitor, self.model
        return monitor and OverImages(lambda images, seed: monitor(model.encode(images, seed=seed)), model)

    def evaluate(self) -> dict[str, float]:
        """The observation noise, and what the family tells of some validation images: the GP encoder its variances."""
        pixels = self.model.likelihood.distribution(tf.zeros(self.model.event_shape))
        shown = {"obs_noise_sigma": float(pixels.stddev()[0, 0, 0])}
        if self._monitor is None:
            return shown
        values = self._monitor(self.splits.validation.images[:NUM_MONITORED], batch_size=self.config.batch_size)
        return shown | {name: float(value.mean(dtype=np.float64)) for name, value in values.items()}

    def select_weights(self) -> None:
        """The weights of the epoch with the best validation bound, or the last ones."""
        if self.config.select_epoch == "best":
            super().select_weights()

    def score(self) -> Scores:
        """Bounds of both sets, and of the test set the importance-weighted log-likelihood, nats per image.

        For a model with a GP the predicted shares of its two parts in the posterior variance are there too: p / N and
        p / 2N (docs/deviations.md, G2).
        """
        model, numbers = self.model, self.evaluate()
        if "variance_share_f" in numbers:
            share = networks_for(model.event_shape).units / len(self.splits.train)
            numbers |= {"predicted_share_f": share, "predicted_share_h": share / 2.0}
        for name, images in {"validation": self.splits.validation.images, "test": self.test_images}.items():
            values = bounds.mean_bound(model, images, batch_size=self.config.batch_size)
            numbers |= {f"{name}_{key}": value for key, value in values.items()}
        options: dict[str, Any] = dict(num_samples=self.config.K_iwae, batch_size=self.config.batch_size)
        nats = importance.log_likelihoods(model, self.test_images, **options)
        numbers["test_iwae"] = float(nats.mean())
        numbers["test_iwae_se"] = float(nats.std(ddof=1) / np.sqrt(len(nats))) if len(nats) > 1 else 0.0
        return Scores(numbers | {"num_test": len(self.test_images)}, {"test_iwae": nats})

    def servable(self) -> serving.Servable:
        """It takes and gives pixels in [0, 1]; the mean image is subtracted and added inside."""
        return serving.ServableImages(self.model, self.data.mean)

    def summary(self, numbers: Mapping[str, float]) -> str:
        return (
            f"test ELBO {numbers['test_elbo']:.2f}, log-likelihood {numbers['test_iwae']:.2f} +- "
            f"{numbers['test_iwae_se']:.2f} nats per image ({self.config.K_iwae} importance samples)"
        )
