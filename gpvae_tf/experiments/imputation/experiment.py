"""Imputation of sequences: what the configuration stands for."""

from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels, serving
from gpvae_tf._keras import keras
from gpvae_tf.data.row_batches import steps_per_epoch
from gpvae_tf.evaluation import imputations
from gpvae_tf.experiments.imputation.config import ImputationConfig
from gpvae_tf.experiments.imputation.models import IMPUTATION_MODELS
from gpvae_tf.experiments.imputation.sequences import SequencesExperiment
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.objectives import BetaELBO
from gpvae_tf.training.optimizers import make_optimizer
from gpvae_tf.types import Batch

HALVED_EVERY, LOWEST_RATE = 10, 0.1  # physionet's learning rate: epochs, and the share of it that it ends at


class ImputationExperiment(SequencesExperiment[ImputationConfig]):
    """An imputation run: its model, and how well it fills in."""

    name = "imputation"
    script = "GPVAE_imputation.py"
    config_class = ImputationConfig
    folder_name = "{expid}_{model_type}"

    @property
    def steps_per_epoch(self) -> int:
        return steps_per_epoch(self.train_set, self.config.batch_size)

    @property
    def num_steps(self) -> int:
        return self.config.num_steps or self.config.num_epochs * self.steps_per_epoch

    def build_model(self) -> LatentGPVAE:
        """The model of --model_type."""
        config, about = self.config, self.data_type
        options: dict[str, Any] = dict(
            decoder=about.decoder(config, about.event_shape),
            event_shape=about.event_shape,
            latent_dim=config.latent_dim,
            likelihood=about.likelihood,
            objective=BetaELBO(config.beta),
            mask_channel=config.mask_channel,
            seed=config.seed,
        )
        num_frames = self.train_set.truth.shape[1]
        return IMPUTATION_MODELS[config.model_type].build(config, num_frames, options)

    def optimizer(self) -> keras.optimizers.Optimizer:
        config, rate = self.config, self.config.learning_rate
        if self.data_type.halves_rate:
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
        config, only_seen = self.config, IMPUTATION_MODELS[self.config.model_type].only_seen
        batches = self.train_set.stream(config.batch_size, seed=config.seed, start_step=start, only_seen=only_seen)
        return batches.map(self.shown)

    def evaluate(self) -> dict[str, float]:
        """The bound's parts of the first sequences that are scored, and what is learned of the kernel."""
        model, batch = self.model, self.shown(self.scored_set.batch(tf.range(min(256, len(self.scored_set)))))
        bound = model.elbo(batch, tf.constant([self.config.seed, 0]))
        numbers = {"validation_elbo": float(tf.reduce_mean(bound.elbo))} if not self.config.testing else {}
        return numbers | kernels.learned(model.latent_gp)

    def filled_in(self, rows: slice, batch: Batch) -> imputations.FilledIn:
        truth, binary = self.scored_set.truth[rows], self.data_type.binary
        seed = self.config.seed + rows.start
        return imputations.fill_in(self.model, self.shown(batch), truth, binary=binary, seed=seed)

    def pictured(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        imputed = self.model.impute(self.shown(batch), interval=0.9, num_samples=100, seed=self.config.seed)
        return np.asarray(imputed.mean), np.asarray(imputed.stddev)

    def servable(self) -> serving.Servable:
        return serving.ServableLatentGP(self.model, input_dim=1)
