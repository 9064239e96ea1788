"""SVGP-VAE's experiment on SPRITES (Section 4.3): data, model, training and scores."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels, plotting, serving
from gpvae_tf._keras import keras
from gpvae_tf.datasets import cache, contexts, sprites, sprites_batches
from gpvae_tf.datasets.sprites_splits import CharacterSplit, Sprites
from gpvae_tf.evaluation import new_objects
from gpvae_tf.evaluation.new_objects import VectorsOf
from gpvae_tf.experiments.base import Scores
from gpvae_tf.experiments.sprites import models, scores, starts
from gpvae_tf.experiments.sprites.config import SpritesConfig
from gpvae_tf.experiments.sprites.representation import pretrain
from gpvae_tf.experiments.staged_experiment import StagedExperiment
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.models.prediction.predictor import Predictor

POSES_FILE = "poses.gif"  # in a run's folder


class SpritesExperiment(StagedExperiment[SpritesConfig]):
    """A run of the model of --elbo."""

    name = "sprites"
    script = "SPRITES_experiment.py"
    config_class = SpritesConfig
    expid = "debug_SPRITES"
    folder_name = "{expid}_{elbo}"

    @functools.cached_property
    def data(self) -> Sprites:
        """Frames and splits; frames are composed once and cached on disk."""
        config = self.config
        data = sprites.load(
            config.sprites_dir or cache.folder(config.data_dir) / "sprites",
            data_dir=config.data_dir,
            frames_per_character=config.frames_per_character,
            seed=config.seed,
            num_validation=config.num_validation,
            variants=config.variants or None,
        )
        if self.is_gp and config.N_context >= len(data.poses):
            raise ValueError(
                f"--N_context must lie in 1, ..., {len(data.poses) - 1}, because characters have {len(data.poses)} "
                f"poses, got {config.N_context}"
            )
        return data

    @property
    def event_shape(self) -> tuple[int, int, int]:  # type: ignore[override]
        return self.data.image_shape

    @property
    def clip_value(self) -> float | None:
        return self.config.clip_grad_thres if self.config.clip_grad else None

    @functools.cached_property
    def pose_vectors(self) -> np.ndarray:
        """[A, L_action], at first."""
        config, shape = self.config, (len(self.data.poses), self.config.L_action)
        if config.PCA:
            return starts.pose_vectors(self.data.train, *shape)
        return np.random.default_rng([config.seed, 1]).normal(0.0, starts.SCALE, shape)

    def build_model(self) -> LatentGPVAE:
        if not self.is_gp:
            return models.build_vae(self.config, self.data)
        return models.build_svgp_vae(self.config, self.data, self.pose_vectors, **self.likelihood_and_objective())

    @property
    def is_gp(self) -> bool:
        """Whether the model generates poses of characters never seen."""
        return self.config.elbo in models.SPARSE_GPS

    @property
    def steps_per_data_epoch(self) -> int:
        return sprites_batches.steps_per_epoch(self.data.train, self.config.batch_size)

    def stage_optimizer(self, stage: str, steps: int) -> keras.optimizers.Optimizer:
        variance = self.pixel_variance if self.is_gp else models.VAE_VARIANCE
        return self.adam(self.preset.learning, self.config.batch_size, variance, steps)

    def stream(self, start: int) -> tf.data.Dataset:
        options: dict[str, Any] = dict(seed=self.config.seed, start_step=start, shuffle=self.preset.shuffle)
        batches = sprites_batches.character_batches(self.data.train, self.config.batch_size, **options)
        kind = self.config.training_context
        return contexts.with_random_contexts(batches, kind, seed=self.config.seed, start_step=start)

    def train(self, folder: Path | None = None, *, resume: bool = False, verbose: int = 1) -> None:
        config = self.config
        if self.is_gp and config.repr_nn_pretrain != "no":
            pretrain(
                self.model.embedding.network,
                self.data.train,
                learning_rate=config.lr_repr_nn,
                epochs=config.nr_epochs_repr_nn,
                batch_size=config.batch_size_repr_nn,
                seed=config.seed,
                folder=folder,
                verbose=verbose,
            )
        super().train(folder, resume=resume, verbose=verbose)

    def predictor(self) -> Predictor:
        """The model conditioned on the training characters."""
        return self.model.condition_on(sprites_batches.chunks(self.data.train, self.config.batch_size))

    def errors(
        self,
        predictor: Predictor,
        split: CharacterSplit,
        num_context: int,
        num_given: int,
        vectors_of: VectorsOf | None = None,
    ) -> dict[str, float]:
        """MSE of a split's characters in the poses from `num_given` on, from the first `num_context`.

        Their vectors are the representation network's if `vectors_of` is None.
        """
        parts = (scores.new_objects(part, num_context, num_given) for part in scores.in_parts(split))
        how = vectors_of or new_objects.represented(self.model)
        return new_objects.object_errors(self.model, predictor, parts, self.evaluation_seed, how)

    def evaluate(self) -> dict[str, float]:
        """Error on test and validation characters, from --N_context poses; of a VAE, that of reconstructions."""
        numbers = {"data_epoch": self.data_epoch}
        if not self.is_gp:
            return numbers | {"test_mse": scores.reconstruction_error(self.model, self.data.test)}
        predictor, given = self.predictor(), self.config.N_context
        for name in ("test", "validation"):
            if name in self.data.splits:
                found = self.errors(predictor, self.data.splits[name], given, given)
                numbers |= {f"{name}_{key}": value for key, value in found.items()}
        return numbers | kernels.learned(self.model.latent_gp)

    def score(self) -> Scores:
        """The numbers of the logs; of a GP also the error of the last pose by the number of context frames."""
        numbers = self.evaluate()
        if not self.is_gp:
            return Scores(numbers)
        predictor, num_poses, first = self.predictor(), len(self.data.poses), self.config.N_context
        ways = {
            "": (scores.CONTEXT_SIZES, new_objects.represented(self.model)),
            scores.INFERRED: (scores.INFERRED_SIZES, new_objects.inferred(predictor)),
        }
        for ending, (sizes, vectors_of) in ways.items():
            for size in (size for size in sizes if size < num_poses):
                found = self.errors(predictor, self.data.test, size, self.num_given(size), vectors_of)
                numbers |= {f"test_{key}_context_{size}{ending}": value for key, value in found.items()}
            generate = lambda split, how=vectors_of: self.generate(split, predictor, vectors_of=how)[1]
            numbers |= scores.style_scores(self.data, first, generate, ending)
        return Scores(numbers)

    def num_given(self, num_context: int) -> int:
        """The first pose that is generated from so many: the same ones for all numbers up to --N_context."""
        return max(num_context, self.config.N_context)

    def generate(
        self,
        split: CharacterSplit,
        predictor: Predictor | None = None,
        *,
        first: int | None = None,
        vectors_of: VectorsOf | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Characters in the poses from number `first` on: truth and what is generated, [k, s, H, W, C] each.

        Args:
          split: the characters, the first --N_context of whose poses are given.
          predictor: the model conditioned on the training characters, if there is one already.
          first: --N_context if None; before that, poses that are given are generated too.
          vectors_of: what gives the characters their vectors; the representation network if None.
        """
        given = self.config.N_context
        objects = scores.new_objects(split, given, given if first is None else first)
        inputs = new_objects.inputs_of(self.model, objects, vectors_of or new_objects.represented(self.model))
        images = (predictor or self.predictor()).generate(inputs).numpy()
        return objects.images, images.reshape(objects.images.shape)

    def write_extras(self, folder: Path, options: Any) -> list[Path]:
        """Writes poses.gif: a test character in all poses, truth on the left, generated on the right."""
        if not self.is_gp:
            return []
        truth, generated = self.generate(self.data.test.take(slice(1)), first=0)
        return [plotting.save_animation([truth[0], generated[0]], folder / POSES_FILE)]

    def summary(self, numbers: Mapping[str, float]) -> str:
        if not self.is_gp:
            return f"MSE per pixel of reconstructed test characters {numbers['test_mse']:.4f}"
        return (
            f"MSE per pixel of test characters from {self.config.N_context} poses: {numbers['test_mse']:.4f} "
            f"(decoded posterior mean), {numbers['test_mse_sampled']:.4f} (one draw)"
        )

    def servable(self) -> serving.Servable:
        if not self.is_gp:
            return serving.ServableLatentGP(self.model, input_dim=2)
        chunks = sprites_batches.chunks(self.data.train, self.config.batch_size)
        return serving.ServableNewObjects(self.model, self.model.statistics(chunks))
