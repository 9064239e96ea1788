"""CP-VAE's experiments (Lavda et al., 2020, Section 5) and the VampPrior's (Tomczak & Welling, 2018), its baselines."""

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.datasets import image_sets
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.evaluation import importance
from gpvae_tf.experiments.base import Scores
from gpvae_tf.experiments.cp_vae import clustered_start
from gpvae_tf.experiments.cp_vae.config import CpvaeConfig, PriorConfig, VampPriorConfig
from gpvae_tf.experiments.cp_vae.datasets import CPVAE_DATASETS
from gpvae_tf.experiments.cp_vae.families import CPVAE_FAMILIES, VAMPPRIOR_FAMILIES, PriorFamily, choose
from gpvae_tf.experiments.cp_vae.models import Hyperparameters
from gpvae_tf.experiments.cp_vae.presets import COMPONENTS, CPVAE_PRESETS, FIXED_COMPONENTS
from gpvae_tf.experiments.cp_vae.scores import score_scalars
from gpvae_tf.experiments.images import ImageExperiment, Schedule
from gpvae_tf.models.cp_vae import LABEL_PART
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.priors import PseudoInputs
from gpvae_tf.training.initial_weights import load_or_initialize
from gpvae_tf.training.optimizers import make_optimizer

SCALARS = 10_000  # generated for the two-sample test, as many as the test set has
C = TypeVar("C", bound=PriorConfig)


class PriorExperiment(ImageExperiment[C], Generic[C]):
    """A run of a model of CP-VAE's Table 1.

    Attributes:
      families: records of the script's models.
    """

    families: ClassVar[Mapping[str, PriorFamily]]

    @property
    def family(self) -> PriorFamily:
        """The model's record."""
        config: Any = self.config  # both scripts have the flags, with other choices
        return choose(self.families, config.model_name, config.prior)

    @property
    def num_components(self) -> int:
        """K, the number of categories, Gaussians or pseudo-inputs; 1 for models without a K."""
        return getattr(self.config, self.family.components) if self.family.components else 1

    def folder(self, expid: str) -> str:
        return f"{expid}_{self.family.name}_{self.config.dataset_name}"

    @functools.cached_property
    def splits(self) -> Splits:
        return CPVAE_DATASETS[self.config.dataset_name].load(self.config)

    @property
    def binarize(self) -> bool:
        return self.splits.train.bounded

    @property
    def schedule(self) -> Schedule:
        config = self.config
        waiting = dict(patience=config.early_stopping_epochs, warm_up=config.warmup)
        return Schedule(config.batch_size, config.epochs, config.lr, **waiting)

    @property
    def switches(self) -> Mapping[str, Any]:
        """What the preset stands for."""
        return CPVAE_PRESETS[self.config.preset]

    @property
    def at_once(self) -> tuple[str, ...]:
        """Parts of the bound that --warmup leaves alone."""
        return ()

    @property
    def hyperparameters(self) -> Hyperparameters:
        """What the model is built from."""
        config, likelihood = self.config, CPVAE_DATASETS[self.config.dataset_name].likelihood()
        return Hyperparameters(
            self.switches,
            event_shape=self.splits.train.images.shape[1:],
            latent_dim=config.z1_size,
            num_components=self.num_components,
            steps_per_epoch=self.steps_per_epoch,
            units=config.hidden_size,
            policy=config.precision,
            seed=config.seed,
            options={"objective": config.objective(self.steps_per_epoch, self.at_once), "likelihood": likelihood},
        )

    def new_model(self) -> ImageVAE:
        return self.family.build(self.hyperparameters)

    def optimizer(self) -> keras.optimizers.Optimizer:
        """Adam, or the authors' AdamNormGrad; --clip_norm bounds the gradients."""
        kind, clip_norm = self.switches["optimizer"], self.config.clip_norm or None
        return make_optimizer(self.learning_rate(), precision=self.config.precision, clip_norm=clip_norm, kind=kind)

    def evaluate(self) -> dict[str, float]:
        return self.family.epoch_metrics(self.model, self.splits)

    def score(self) -> Scores:
        """Validation and test bounds, the test log-likelihood, and the use of the code; of scalars a two-sample test.

        The log-likelihood of --num_likelihood test images is carried over to all: log-likelihood minus ELBO there, plus
        the ELBO of the whole set, as the difference varies from image to image far less than either.
        """
        family, model, splits = self.family, self.model, self.splits
        numbers = {f"validation_{name}": v for name, v in family.bounds(model, splits.validation.images).items()}
        numbers |= {f"test_{name}": v for name, v in family.bounds(model, splits.test.images).items()}
        images = splits.test.images[: self.config.num_likelihood or None]
        values = importance.log_likelihoods(model, images, num_samples=self.config.S)
        gap = float(values.mean()) - family.bounds(model, images)["elbo"]
        numbers |= {"test_log_likelihood": numbers["test_elbo"] + gap, "likelihood_gap": gap}
        numbers["num_likelihood"] = len(images)
        scalars = {} if splits.test.bounded else score_scalars(self.generated_scalars(seed=0), splits.test.images)
        return Scores(numbers | family.code_use(model, splits) | scalars)

    def generated_images(self, num: int) -> dict[str, np.ndarray]:
        """`num` generated images by way, E[y | z], [num, H, W, C]."""
        ways = self.family.latents(self.model, self.splits, num, tf.constant([self.config.seed, 0]))
        return {name: self.model.decode(latents).numpy() for name, latents in ways.items()}

    def generated_scalars(self, seed: int) -> dict[str, np.ndarray]:
        """`SCALARS` generated scalars by way, [SCALARS], the decoder's noise included."""
        ways = self.family.latents(self.model, self.splits, SCALARS, tf.constant([seed, 0]))
        noise = tf.constant([seed, 1])
        return {name: self.model.observe(latents, noise).numpy().ravel() for name, latents in ways.items()}

    def summary(self, numbers: Mapping[str, float]) -> str:
        two_sample = ""
        if "ks_statistic" in numbers:
            two_sample = f"; Kolmogorov-Smirnov D = {numbers['ks_statistic']:.4f}, p = {numbers['ks_p_value']:.3g}"
        return (
            f"test ELBO {numbers['test_elbo']:.2f}, log-likelihood {numbers['test_log_likelihood']:.2f} nats per image "
            f"({self.config.S} importance samples){two_sample}"
        )


class CpvaeExperiment(PriorExperiment[CpvaeConfig]):
    """A run of CP-VAE, or of a VAE with a standard normal or a mixture of Gaussians for prior."""

    name = "cpvae"
    script = "CPVAE_experiment.py"
    config_class = CpvaeConfig
    expid = "cpvae"
    families = CPVAE_FAMILIES

    def folder(self, expid: str) -> str:
        return f"{expid}_{self.family.name}{self.config.disc_size}_{self.config.dataset_name}"

    @property
    def switches(self) -> Mapping[str, Any]:
        """Those of the preset, with --estimator, --covariance and --fixed_var in their places."""
        config = self.config
        changed: dict[str, Any] = {"estimator": config.estimator} if config.estimator else {}
        changed |= {"components": COMPONENTS[config.covariance]} if config.preset == "paper" else {}
        changed |= {"components": FIXED_COMPONENTS} if config.fixed_var else {}
        return {**super().switches, **changed}

    def train(self, folder: Path | None = None, *, resume: bool = False, verbose: int = 1) -> None:
        if self.config.start == "mixture":
            file = None if folder is None else folder / "start.npz"
            load_or_initialize(
                file, self.model.trainable_variables, functools.partial(self.start_from_mixture, verbose)
            )
        super().train(folder, resume=resume, verbose=verbose)

    def start_from_mixture(self, verbose: int = 0) -> None:
        """Makes the categories clusters of the latents of a VAE; see `clustered_start`."""
        config = self.config
        clustered_start.start(
            self,
            epochs=config.start_epochs,
            lr=config.start_lr,
            clip_norm=config.clip_norm or None,
            fits=config.start_fits,
            trial=config.start_trial,
            verbose=verbose,
        )

    @functools.cached_property
    def training_labels(self) -> np.ndarray | None:
        """Those of --num_labels images."""
        config, labels = self.config, self.splits.train.labels
        if not config.num_labels:
            return None
        if labels is None:
            raise ValueError(f"--num_labels={config.num_labels}: {config.dataset_name} has no labels")
        if labels.max() >= config.disc_size:
            raise ValueError(f"--disc_size={config.disc_size} is below the {labels.max() + 1} labels of the images")
        return image_sets.first_labels(labels, config.num_labels)

    @property
    def at_once(self) -> tuple[str, ...]:
        return (LABEL_PART,) if self.config.num_labels else ()

    @property
    def hyperparameters(self) -> Hyperparameters:
        given, config = super().hyperparameters, self.config
        options = dict(given.options)
        if (labels := self.training_labels) is not None:
            weight = 0.1 * len(labels) / config.num_labels if config.label_weight is None else config.label_weight
            options["label_weight"] = weight
        return dataclasses.replace(given, temp_min=config.temp_min, anneal_rate=config.anneal_rate, options=options)


class VampPriorExperiment(PriorExperiment[VampPriorConfig]):
    """A run of a VAE of one or two levels with a standard normal or a VampPrior."""

    name = "vampprior"
    script = "VampPrior_experiment.py"
    config_class = VampPriorConfig
    expid = "vampprior"
    families = VAMPPRIOR_FAMILIES

    @property
    def hyperparameters(self) -> Hyperparameters:
        return dataclasses.replace(super().hyperparameters, pseudo_inputs=self._pseudo_inputs())

    def _pseudo_inputs(self) -> PseudoInputs | None:
        """The initial pseudo-inputs: draws around --pseudoinputs_mean, or training images; None without VampPrior."""
        config, images = self.config, self.splits.train.images
        if self.family.components is None:
            return None
        if config.use_training_data_init:
            return PseudoInputs.from_images(images, self.num_components, seed=config.seed)
        mean, deviation = config.pseudoinputs_mean, config.pseudoinputs_std
        return PseudoInputs.normal(
            self.num_components, images.shape[1:], mean=mean, deviation=deviation, seed=config.seed
        )
