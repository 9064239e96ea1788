"""SVGP-VAE's experiment on rotated MNIST (Section 4.2, Table 1), with the models beside it."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels, serving
from gpvae_tf._keras import keras
from gpvae_tf.data.row_batches import steps_per_epoch
from gpvae_tf.datasets import contexts, minibatches, rotated_mnist
from gpvae_tf.datasets.rotated_splits import RotatedMNIST
from gpvae_tf.embeddings import ObjectVectors
from gpvae_tf.evaluation import conditional_generation, new_objects
from gpvae_tf.evaluation.new_objects import NewObjects, VectorsOf
from gpvae_tf.experiments.base import Scores
from gpvae_tf.experiments.rotated_mnist.bias import write_bias
from gpvae_tf.experiments.rotated_mnist.experiment import RotatedExperiment
from gpvae_tf.experiments.rotated_mnist.svgp_config import SvgpConfig, SvgpOptions
from gpvae_tf.experiments.rotated_mnist.svgp_models import ROTATED_MODELS, RotatedModel
from gpvae_tf.experiments.rotated_mnist.unseen_digits import (
    INFERRED,
    LOGGED_SIZE,
    REPRESENTED,
    score_name,
    sizes_of,
    unseen_digits,
)
from gpvae_tf.experiments.rotated_mnist.whole_objects import WholeObjects
from gpvae_tf.experiments.staged_experiment import StagedExperiment
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.types import Gaussian

OFFSET_SPREAD = 0.1  # of the coordinates --object_offset sets; without any the inducing points' density is singular
INFERRED_NUMBER = score_name(INFERRED, "mse", LOGGED_SIZE)


class SvgpExperiment(StagedExperiment[SvgpConfig], RotatedExperiment[SvgpConfig]):
    """A run of the model of --elbo."""

    name = "mnist"
    script = "MNIST_experiment.py"
    config_class = SvgpConfig
    options_class = SvgpOptions
    folder_name = "{expid}_{elbo}"

    @property
    def record(self) -> RotatedModel:
        """How the model of --elbo is built, trained and asked for latents."""
        return ROTATED_MODELS[self.config.elbo]

    @functools.cached_property
    def data(self) -> RotatedMNIST:
        """The splits, generated and cached on disk, or the contents of --mnist_data_path."""
        config = self.config
        if config.mnist_data_path:
            return rotated_mnist.from_file(config.mnist_data_path, config.dataset)
        return super().data

    @property
    def vector_dim(self) -> int:  # type: ignore[override]
        return self.config.M

    def view_kernel(self) -> kernels.Kernel:
        """a^2 exp(-2 sin^2((w - w') / 2) / l^2), a = 1 and l = --view_length_scale at first."""
        return kernels.periodic(self.config.view_length_scale, trainable=self.config.GP_joint, **self.config.dtypes)

    def object_vectors(self, use_pca: bool) -> np.ndarray:
        """[P, M]: principal components of the upright images, or N(0, 1.5^2); first comes --object_offset, if not 0.

        <v, v'> is 0 at the mean of the components, so without an offset the mean object's latents are 0 at all angles.
        """
        vectors, offset = super().object_vectors(use_pca), self.config.object_offset
        if not offset:
            return vectors
        first = np.random.default_rng(self.config.seed).normal(offset, OFFSET_SPREAD, len(vectors))
        return np.column_stack([first, vectors[:, :-1]])

    @functools.cached_property
    def whole_objects(self) -> WholeObjects | None:
        """The objects with all their images, of which a network makes their vectors; None where they are a table's."""
        config = self.config
        return WholeObjects(self.data, config.batch_size) if config.object_vectors == "network" else None

    def build_model(self) -> LatentGPVAE:
        if self.whole_objects:
            self.unseen(LOGGED_SIZE)  # refuses data with too few images before the run starts
        return self.record.build(self)

    @property
    def steps_per_data_epoch(self) -> int:
        if self.whole_objects:
            return self.whole_objects.steps_per_epoch
        return steps_per_epoch(self.data.train, self.config.batch_size)

    def enter_stage(self, stage: str, model: Any) -> None:
        super().enter_stage(stage, model)
        if self.record.objective:
            model.objective = self.record.objective(self, stage)

    def stage_optimizer(self, stage: str, steps: int) -> keras.optimizers.Optimizer:
        record = self.record
        return self.adam(record.learning(self, stage), self.config.batch_size, record.variance(self), steps)

    def stream(self, start: int) -> tf.data.Dataset:
        config = self.config
        if self.whole_objects:
            batches = self.whole_objects.stream(start, seed=config.seed, shuffle=self.preset.shuffle)
            return contexts.with_random_contexts(batches, config.training_context, seed=config.seed, start_step=start)
        options: dict[str, Any] = dict(seed=config.seed, start_step=start, shuffle=self.preset.shuffle)
        return minibatches.image_batches(self.data.train, config.batch_size, **options)

    def callbacks(self) -> Sequence[keras.callbacks.Callback]:
        return self.record.callbacks(self)

    def predictor(self) -> Predictor:
        """The model conditioned on the training split."""
        if self.whole_objects:
            return self.model.condition_on(self.whole_objects.chunks())
        return self.record.predictor(self)

    def inputs_of(self, inputs: np.ndarray) -> tf.Tensor:
        """The model's inputs [1, n, D] at (angle, id) [n, 2] of training objects, whose vectors a network may make."""
        whole = self.whole_objects
        return (whole.inputs_of(self.model.embedding, inputs) if whole else tf.constant(inputs))[tf.newaxis]

    def evaluate(self) -> dict[str, float]:
        """Conditional generation at the held-out angle, of test, validation and unseen objects; the learned kernel."""
        return self._evaluate(self.predictor())

    def _evaluate(self, predictor: Predictor) -> dict[str, float]:
        model = self.model
        numbers = {"data_epoch": self.data_epoch}
        for name in ("test", "validation"):
            if name not in self.data.splits:  # the authors' files have none to choose by
                continue
            split = self.data.splits[name]
            inputs = self.inputs_of(split.inputs)
            marginals = predictor.predict_f(inputs)
            errors = conditional_generation.generation_errors(
                model, marginals, split.images[None], inputs, seed=self.evaluation_seed
            )
            numbers |= {f"{name}_{key}": value for key, value in errors.items()}
        if self.whole_objects:
            found = self._unseen_errors(predictor, LOGGED_SIZE, new_objects.represented(model))
            numbers |= {f"{REPRESENTED}_{key}": value for key, value in found.items()}
        return numbers | kernels.learned(model.latent_gp)

    @functools.cache  # noqa: B019 (one per run)
    def unseen(self, num_given: int) -> NewObjects:
        """Digits that were never trained on; see `unseen_digits`."""
        return unseen_digits(self.data, num_given)

    def vectors_of_unseen(self, predictor: Predictor) -> dict[str, VectorsOf]:
        """How unseen digits can get vectors, by the names of the scores; in no way where digits have none."""
        embedding, found = self.model.embedding, dict[str, VectorsOf]()
        if self.whole_objects:
            found[REPRESENTED] = new_objects.represented(self.model)
            found[INFERRED] = new_objects.inferred(predictor)
        elif isinstance(embedding, ObjectVectors) and embedding.vector_dim > 1:
            known = tf.gather(embedding.vectors, np.unique(self.data.train.ids))  # the table has rows of unseen ones
            found[INFERRED] = new_objects.inferred(predictor, known)
        return found

    def _unseen_errors(self, predictor: Predictor, num_given: int, vectors_of: VectorsOf) -> dict[str, float]:
        unseen = self.unseen(num_given)
        return new_objects.object_errors(self.model, predictor, [unseen], self.evaluation_seed, vectors_of)

    def score(self) -> Scores:
        """The numbers of the logs, and the error of unseen digits that have vectors, by number of context images."""
        predictor = self.predictor()
        numbers = self._evaluate(predictor)
        for vectors, vectors_of in self.vectors_of_unseen(predictor).items():
            for size in sizes_of(self.data):
                found = self._unseen_errors(predictor, size, vectors_of)
                numbers |= {score_name(vectors, key, size): value for key, value in found.items()}
        return Scores(numbers)

    def train_latents(self) -> tuple[Gaussian, np.ndarray]:
        inputs = self.data.train.inputs
        marginals = self.predictor().predict_f(self.inputs_of(inputs))
        return Gaussian(*(part[0].numpy() for part in marginals)), inputs

    def generate(self, ids: np.ndarray) -> np.ndarray:
        angles = np.full(len(ids), self.data.held_out_angle)
        inputs = self.inputs_of(np.stack([angles, ids], axis=-1).astype(np.float32))
        means = self.predictor().predict_f(inputs).mean
        return conditional_generation.decode(self.model, means, inputs)[0]

    def write_extras(self, folder: Path, options: Any) -> list[Path]:
        """Writes latents.npz with --save_latents and the bias of mini-batches with --bias_analysis."""
        written = super().write_extras(folder, options)
        return [*written, write_bias(folder, self)] if options.bias_analysis else written

    def summary(self, numbers: Mapping[str, float]) -> str:
        return (
            f"test MSE per pixel {numbers['test_mse']:.4f} (decoded posterior mean), "
            f"{numbers['test_mse_sampled']:.4f} (one draw)"
            + (f"; of unseen digits {numbers['extrapolation_mse']:.4f}" if "extrapolation_mse" in numbers else "")
            + (f", {numbers[INFERRED_NUMBER]:.4f} with inferred vectors" if INFERRED_NUMBER in numbers else "")
        )

    def servable(self) -> serving.Servable:
        if not self.whole_objects:
            return super().servable()
        return serving.ServableNewObjects(self.model, self.model.statistics(self.whole_objects.chunks()))
