"""A latent-GP model given data: batches are encoded one at a time, and only what they say of the latents is kept."""

import abc
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.embeddings import Embedding
from gpvae_tf.input_roles import InputRoles
from gpvae_tf.latent_gps import LatentDataset, LatentGP, LatentPredictor, cost
from gpvae_tf.models import eager_checks, masks
from gpvae_tf.models.compiled import compiled_method
from gpvae_tf.models.input_checks import as_tensor, check_inputs
from gpvae_tf.models.prediction.imputation import Imputing
from gpvae_tf.models.prediction.input_spec import KernelInputs, ShapeRecorder
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.scaling import Scaling
from gpvae_tf.types import Batch


class Conditioning(Imputing):
    """A model whose latents are functions of inputs: `condition_on`.

    A subclass sets the attributes (see `LatentGPVAE`), and says by `latent_dataset` what its encoder makes of a batch.
    """

    latent_gp: LatentGP
    embedding: Embedding | None
    scaling: Scaling
    roles: InputRoles
    batches_add: str
    conditions_on_inputs: bool

    @abc.abstractmethod
    def latent_dataset(self, batch: Batch) -> LatentDataset:
        """(x, y~, s~) that the encoder makes of a batch, channel first."""

    @abc.abstractmethod
    def features(self, inputs: tf.Tensor) -> tf.Tensor:
        """Features of inputs [..., n, D] that the kernel takes, in the dtype of the kernel algebra."""

    def condition_on(self, batches: Batch | Iterable[Batch] | None = None) -> Predictor:
        """The model given data, to be asked for latents and observations at any inputs.

        Batches are encoded one at a time and only their latents, or sums of statistics where the model is sparse, are
        kept; so the observations need not fit into memory at once.

        Args:
          batches: one batch (see `models.latent_gp_vae`), or several that hold more points of the same data sets
            (FGP-VAE: other objects). None where variables of the model hold its training set (GPPVAE, DeepSVIGP).

        Raises:
          ValueError: if there is no batch, or several hold other sequences where more points are expected, as far as
            their shapes tell, or sequences of other lengths.
        """
        if batches is None:
            raise ValueError(f"batches is None: {self.name} keeps nothing of its training set, give it the data")
        if self.batches_add == "points":
            _check_adds_points(batches)
        batches = [batches] if isinstance(batches, Mapping) else batches
        recorded = ShapeRecorder(batches, self.batches_add, self._kernel_inputs)
        latent = self.latent_predictor(recorded)
        return Predictor(self, latent, recorded.input_spec(self.embedding))

    @property
    def _kernel_inputs(self) -> KernelInputs | None:
        """What the kernel sees of inputs; None where an embedding is between, whose inputs may be ids."""
        if self.embedding is not None:
            return None
        of = lambda inputs: self.latent_gp.kernel_inputs(self.features(inputs))
        return KernelInputs(of, self.without_roles, self.latent_gp.dtype)

    @property
    def predicts_with(self) -> tuple[tf.Variable, ...]:
        """The step and the latent GP's variables: after a change of one, a `Predictor` made before it is outdated."""
        return (self.steps, *self.latent_gp.variables)

    def latent_predictor(self, batches: Iterable[Batch]) -> LatentPredictor:
        """The latent GP's predictor given several batches, at least one."""
        parts = [self.checked_latent_dataset(batch) for batch in batches]
        return self.condition_latents(LatentDataset.concat(parts, self.batches_add))

    def condition_latents(self, data: LatentDataset) -> LatentPredictor:
        """The latent GP's predictor given a latent data set, which is all that is known."""
        return self.latent_gp.condition_on_all(data)

    def checked_latent_dataset(self, batch: Batch) -> LatentDataset:
        """The latent data set of a batch, with a warning where the latent GP can make little of its inputs.

        Raises:
          ValueError: outside compiled code, if `fit` would refuse its values or inputs.
        """
        self.check_values(batch)
        self.check_inputs_of(batch)
        data, explained = self._compiled_latent_dataset(masks.encodable(batch))
        cost.check_explained_variance(explained)
        return data

    def check_inputs_of(self, batch: Batch) -> None:
        """Refuses, outside compiled code, inputs that are not finite or that rounding has merged.

        Raises:
          ValueError: see `input_checks.check_inputs` and `InputRoles.check`.
        """
        if self.embedding is None and eager_checks.are_due():  # vectors of objects may lie as close as they like
            check_inputs(self.without_roles(as_tensor(batch["inputs"])).numpy())

    def check_roles(self, inputs: tf.Tensor) -> None:
        """Refuses, outside compiled code, columns of inputs [..., D] that are no conditions or exposures."""
        if self.roles and eager_checks.are_due():
            self.roles.check(np.asarray(inputs))

    def without_roles(self, inputs: tf.Tensor) -> tf.Tensor:
        """Inputs [..., D] without the columns that are conditions or exposures.

        Raises:
          ValueError: outside compiled code, see `InputRoles.check`.
        """
        if not self.roles:
            return inputs
        self.check_roles(inputs)
        return tf.gather(inputs, self.roles.others(inputs.shape[-1]), axis=-1)

    @compiled_method
    def _compiled_latent_dataset(self, batch: Batch) -> tuple[LatentDataset, tf.Tensor | None]:
        return self.latent_dataset_with_explained_variance(batch)

    def latent_dataset_with_explained_variance(self, batch: Batch) -> tuple[LatentDataset, tf.Tensor | None]:
        """The latent data set of a batch, and `LatentGP.explained_variance` of its features."""
        data = self.latent_dataset(batch)
        # Objects' vectors are no inputs that points have to lie near.
        return data, self.latent_gp.explained_variance(data.x) if self.embedding is None else None


def _check_adds_points(batches: Any) -> None:
    """Refuses a `SequenceData` of several batches of whole sequences: those of one would become points of another's.

    Raises:
      ValueError: with the numbers of both.
    """
    if getattr(batches, "points_per_batch", 0) is None and len(batches) > 1:
        raise ValueError(
            f"batches has {batches.num_sequences} sequences in {len(batches)} batches, and this model takes a further "
            "batch for more points of the same sequences: call it once per batch, condition_on(batch) for batch in data"
        )
