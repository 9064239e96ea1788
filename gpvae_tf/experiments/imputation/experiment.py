"""Imputation of sequences: what the configuration stands for."""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels, networks, serving
from gpvae_tf._keras import keras
from gpvae_tf.data import healing_mnist
from gpvae_tf.data.imputation_sets import ImputationSet, from_file
from gpvae_tf.data.row_batches import steps_per_epoch
from gpvae_tf.evaluation import imputations
from gpvae_tf.experiments.base import Experiment, Scores
from gpvae_tf.experiments.imputation.config import ImputationConfig
from gpvae_tf.experiments.imputation.models import IMPUTATION_MODELS
from gpvae_tf.likelihoods import BernoulliLikelihood, GaussianLikelihood, Likelihood
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.models.base import Batch
from gpvae_tf.objectives import BetaELBO
from gpvae_tf.training.optimizers import make_optimizer

EVENT_SHAPES = {"hmnist": (28, 28, 1), "physionet": (35,), "sprites": (64, 64, 3)}
NUM_TRAIN = {"hmnist": 50_000, "sprites": 8_000}  # of the file's training sequences; the others are for validation
HALVED_EVERY, LOWEST_RATE = 10, 0.1  # physionet's learning rate: epochs, and the share of it that it ends at
SCORED_AT_ONCE = 50  # sequences


class ImputationExperiment(Experiment[ImputationConfig]):
    """An imputation run: its sequences, its model, and how well it fills in."""

    name = "imputation"
    script = "GPVAE_imputation.py"
    config_class = ImputationConfig
    folder_name = "{expid}_{model_type}"
    aliases = {"exp_name": "expid", "basedir": "base_dir"}

    @property
    def steps_per_epoch(self) -> int:
        return steps_per_epoch(self.train_set, self.config.batch_size)

    @property
    def num_steps(self) -> int:
        return self.config.num_steps or self.config.num_epochs * self.steps_per_epoch

    @functools.cached_property
    def splits(self) -> dict[str, ImputationSet]:
        """The sequences to train on, "train", and to score, "validation" or, with --testing, "test"."""
        config = self.config
        if config.data_dir:
            return _splits_of_file(config)
        law = healing_mnist.HealingConfig(missing=config.missing, max_angle=config.max_angle)
        return healing_mnist.load(law, data_dir=config.cache_dir, mnist_manual_dir=config.mnist_manual_dir)

    @property
    def train_set(self) -> ImputationSet:
        """What the model is trained on."""
        return self._train_and_scored[0]

    @property
    def scored_set(self) -> ImputationSet:
        """What it is scored on: the validation split, or the test split with --testing."""
        return self._train_and_scored[1]

    @functools.cached_property
    def _train_and_scored(self) -> tuple[ImputationSet, ImputationSet]:
        config = self.config
        scored = self.splits["test" if config.testing else "validation"]
        return self.splits["train"].take(slice(config.num_train or None)), scored.take(slice(config.num_scored or None))

    @property
    def likelihood(self) -> Likelihood:
        """Bernoulli for black and white pixels, a Gaussian of variance 1 for real numbers."""
        return BernoulliLikelihood() if self.config.data_type == "hmnist" else GaussianLikelihood(1.0)

    def build_model(self) -> LatentGPVAE:
        """The model of --model_type."""
        config, shape = self.config, EVENT_SHAPES[self.config.data_type]
        units = config.sizes("decoder_sizes")
        options: dict[str, Any] = dict(
            decoder=networks.imputation_decoder(shape, config.latent_dim, units=units, policy=config.precision),
            event_shape=shape,
            latent_dim=config.latent_dim,
            likelihood=self.likelihood,
            objective=BetaELBO(config.beta),
            mask_channel=config.mask_channel,
            seed=config.seed,
        )
        num_frames = self.train_set.truth.shape[1]
        return IMPUTATION_MODELS[config.model_type].build(config, num_frames, options)

    def optimizer(self) -> keras.optimizers.Optimizer:
        config, rate = self.config, self.config.learning_rate
        if config.data_type == "physionet":
            numbers = range(1, max(2, -(-self.num_steps // (HALVED_EVERY * self.steps_per_epoch))))
            boundaries = [number * HALVED_EVERY * self.steps_per_epoch for number in numbers]
            rates = [rate * max(LOWEST_RATE, 0.5**number) for number in (0, *numbers)]
            rate = keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, rates)
        return make_optimizer(rate, precision=config.precision, clip_norm=config.gradient_clip)

    def shown(self, batch: Batch) -> Batch:
        """What the model sees of a batch."""
        if IMPUTATION_MODELS[self.config.model_type].sees_mask:
            return batch
        return {name: part for name, part in batch.items() if name != "mask"}

    def stream(self, start: int) -> tf.data.Dataset:
        config = self.config
        return self.train_set.stream(config.batch_size, seed=config.seed, start_step=start).map(self.shown)

    def evaluate(self) -> dict[str, float]:
        """The bound's parts of the first sequences that are scored, and what is learned of the kernel."""
        model, batch = self.model, self.shown(self.scored_set.batch(tf.range(min(256, len(self.scored_set)))))
        bound = model.elbo(batch, tf.constant([self.config.seed, 0]))
        numbers = {"validation_elbo": float(tf.reduce_mean(bound.elbo))} if not self.config.testing else {}
        return numbers | kernels.learned(model.latent_gp)

    def filled_in(self, rows: slice, batch: Batch) -> imputations.FilledIn:
        """What the trained model makes of some of the scored sequences."""
        seed = self.config.seed + rows.start
        return imputations.fill_in(self.model, self.shown(batch), self.scored_set.truth[rows], seed=seed)

    def score(self) -> Scores:
        """NLL and squared error of the missing entries, and the area under the ROC curve where there are labels."""
        data = self.scored_set
        totals = imputations.Totals(binary=self.config.data_type == "hmnist")
        imputed = np.empty(data.truth.shape, np.float32)
        for rows, batch in data.chunks(SCORED_AT_ONCE):
            filled = self.filled_in(rows, batch)
            totals.add(data.truth[rows], data.scored[rows], filled)
            imputed[rows] = np.where(data.observed[rows], data.truth[rows], filled.mean)
        numbers = totals.means()
        if data.labels is not None and self.config.auroc:
            rounded = np.round(imputed) if self.config.data_type == "hmnist" else imputed
            numbers |= imputations.auroc(rounded, data.labels)
        return Scores(numbers)

    def summary(self, numbers: Mapping[str, float]) -> str:
        text = f"missing entries: NLL {numbers['missing_nll_one_draw']:.4f} nats, MSE {numbers['missing_mse']:.4f}"
        return text + (f", AUROC {numbers['auroc']:.4f}" if "auroc" in numbers else "")

    def servable(self) -> serving.Servable:
        return serving.ServableLatentGP(self.model, input_dim=1)


def _splits_of_file(config: ImputationConfig) -> dict[str, ImputationSet]:
    """The splits of a file of the authors' (`--data_dir`)."""
    shape, kind = EVENT_SHAPES[config.data_type], config.data_type

    def split(name: str, **more: str) -> ImputationSet:
        parts = {"truth": f"x_{name}_full", "missing": f"m_{name}_miss", **more}
        return from_file(config.data_dir, shape, parts if kind == "sprites" else parts | {"labels": f"y_{name}"})

    if kind == "physionet":
        tested = split("train", scored="m_train_artificial")  # as in the authors' train.py: what it was trained on
        return {"train": split("train"), "validation": split("val", scored="m_val_artificial"), "test": tested}
    whole, first = split("train"), NUM_TRAIN[kind]
    return {"train": whole.take(slice(first)), "validation": whole.take(slice(first, None)), "test": split("test")}
