"""A latent-GP model that has seen data: latents and data at any inputs."""

import functools
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf

from gpvae_tf.latent_gps import LatentPredictor
from gpvae_tf.models.input_checks import as_tensor
from gpvae_tf.models.prediction.data_distribution import DataDistribution
from gpvae_tf.models.prediction.input_spec import InputSpec
from gpvae_tf.models.prediction.quantile_levels import INTERVAL_AND_MEDIAN, checked_levels
from gpvae_tf.models.prediction.seeds import Seed, stateless_seed
from gpvae_tf.models.prediction.vector_inference import ObjectModel, VectorInference
from gpvae_tf.scaling import Scaling
from gpvae_tf.types import Gaussian, Predictive


class PredictiveModel(ObjectModel, Protocol):
    """The parts of a latent-GP model that predictions need."""

    conditions_on_inputs: bool
    scaling: Scaling

    @property
    def predicts_with(self) -> Sequence[tf.Variable]:
        """Few and small variables, one of which changes when the model is trained."""

    @property
    def data_distribution(self) -> DataDistribution:
        """p(y) of data given draws of their latents."""

    def decode(self, latents: tf.Tensor, inputs: tf.Tensor | None = None) -> tf.Tensor:
        """E[y | z] of latents [..., L] at inputs [..., D]."""


class Predictor:
    """The latents and the data of a model given some data, as `LatentGPVAE.condition_on` makes it.

    It holds what the data say of the latents, not the observations, and asks the model for its kernel, embedding and
    decoder. So it serves until the model is trained further, or its scaling or its latent GP's variables are assigned:
    then it raises a RuntimeError. What it does not notice are networks and objects' vectors that were changed without a
    training step, any change once it is in compiled code, such as a SavedModel, and questions to `latent` itself.

    Args:
      model: the model.
      latent: its latent functions given the data.
      input_spec: inputs that fit the data; None if there are none to fit.

    Attributes:
      latent: the same on features [..., s, D], channel first: a sparse GP's q(f_m), an exact GP's posterior, ...
      input_spec: inputs that fit the data, or None.
    """

    def __init__(self, model: PredictiveModel, latent: LatentPredictor, input_spec: InputSpec | None = None):
        self._model, self.latent, self.input_spec = model, latent, input_spec
        variables = model.predicts_with if tf.executing_eagerly() else ()
        self._scaling = model.scaling
        self._made_with = [(variable, np.array(variable.numpy())) for variable in variables]

    def predict_f(self, inputs: tf.Tensor) -> Gaussian:
        """Marginal means and variances of the latents, [B, s, L], at inputs [B, s, D].

        Raises:
          ValueError: for this and every method, if the inputs are not [B, s, D] with the B data sets and D columns of
            the context.
          RuntimeError: for this and every method, if the model has changed since; see the class.
        """
        return self.latent.predict(self._features(inputs)).transposed()

    def predict_y(
        self,
        inputs: tf.Tensor,
        num_samples: int | tf.Tensor = 100,
        seed: Seed = 0,
        joint: bool = False,
        quantiles: Sequence[float] | tf.Tensor = INTERVAL_AND_MEDIAN,
        *,
        keep_samples: bool = True,
        chunk: int | None = None,
    ) -> Predictive:
        """The distribution of the data [B, s, *event] at inputs [B, s, D], from S draws of the latents.

        Every entry's moments and quantiles are those of the mixture 1/S sum_s p(y | z_s). Only the draws in `samples`
        tell how entries go together: those of one observation share their latent, and with `joint` the observations of
        a data set share their draw of the latent functions.

        Args:
          inputs: where.
          num_samples: S, 2 or more.
          seed: a whole number or a stateless seed [2]; the same one, S and chunk give the same numbers.
          joint: whether a draw of the latents is one of whole functions, or one of every point by itself;
            O(s^3), or O(s) with a Markovian latent GP.
          quantiles: levels in (0, 1), each at least 1 / (S + 1) from 0 and 1; () for none.
          keep_samples: whether the result has `samples`, S times the memory of its mean.
          chunk: observations decoded at once, which bounds the memory beside the result and the latents [S, B, s, L];
            None for about a million values.

        Raises:
          ValueError: if an argument does not fit, or there are too few draws for a quantile.
        """
        levels = checked_levels(quantiles, num_samples)
        z_seed, y_seed = tf.unstack(tf.random.split(stateless_seed(seed)))
        z = self.draws(inputs, num_samples, z_seed, joint=joint)
        options = dict(seed=y_seed, levels=levels, chunk=chunk, keep_samples=keep_samples)
        return self._model.data_distribution.summary(z, self._seen_inputs(inputs), **options)

    def predict_log_density(
        self,
        inputs: tf.Tensor,
        observations: tf.Tensor,
        num_samples: int = 100,
        seed: Seed = 0,
        *,
        errors: tf.Tensor | None = None,
        chunk: int | None = None,
    ) -> tf.Tensor:
        """log p(y_j) = log 1/S sum_s p(y_j | z_s) of every entry of observations [B, s, *event], nats per data unit.

        It is NaN where an observation is NaN or infinite. Its negative mean over entries that were held out is the
        negative log predictive density, `evaluation.predictive.nlpd_of`.

        Args:
          inputs, num_samples, seed, chunk: see `predict_y`.
          observations: what was observed at the inputs.
          errors: standard deviations of the errors with which that was measured, of its shape; None for none.
        """
        z = self.draws(inputs, num_samples, stateless_seed(seed))
        rest = self._seen_inputs(inputs), observations
        return self._model.data_distribution.log_density(z, *rest, errors=errors, chunk=chunk)

    def draws(self, inputs: tf.Tensor, num_samples: int | tf.Tensor, seed: Seed, *, joint: bool = False) -> tf.Tensor:
        """S draws of the latents, [S, B, s, L], at inputs [B, s, D]; see `predict_y` for the arguments."""
        seed = stateless_seed(seed)
        if joint:
            return tf.linalg.matrix_transpose(self.latent.draw_functions(self._features(inputs), seed, num_samples))
        return draw_marginals(self.predict_f(inputs), seed, num_samples)

    def generate(self, inputs: tf.Tensor, seed: Seed | None = None) -> tf.Tensor:
        """Data [B, s, *event] at inputs [B, s, D]: E[y | z] at the latents' means, or at one joint draw of them.

        Args:
          inputs: where.
          seed: seed of the draw, a whole number or a stateless seed [2]; None for the means.
        """
        if seed is None:
            return self._model.decode(self.predict_f(inputs).mean, inputs)
        z = self.latent.draw_functions(self._features(inputs), stateless_seed(seed))
        return self._model.decode(tf.linalg.matrix_transpose(z), inputs)

    def infer_vectors(
        self,
        views: tf.Tensor,
        observations: tf.Tensor,
        mask: tf.Tensor | None = None,
        *,
        errors: tf.Tensor | None = None,
        start: tf.Tensor | None = None,
        max_iterations: int = 20,
        chunk: int | None = None,
    ) -> tf.Tensor:
        """Vectors [k, M] of k objects that training may never have seen, from c observations of each.

        v = argmax_v sum_i log p(y_i | E[z(x_i, v)]), x_i the views, by L-BFGS from a start, while the model stays as it
        is. Where a network gives the start that is semi-amortised inference (Kim et al., 2018); where training objects
        have a table of vectors (GP-LVM), it is what makes new ones possible, from the row that explains the
        observations best. There is no prior on v, so observations should have more entries than v.
        `embedding.inputs_at(views, vectors)` makes inputs to predict at.

        Args:
          views: how the objects are seen, [k, c, V].
          observations: [k, c, *event], in original units.
          mask: boolean, True = observed, [k, c] or [k, c, *event]; None for all.
          errors: standard deviations of the errors with which they were measured, of their shape; None for none.
          start: [k, M], or several [S, k, M], of which the likeliest counts for every object; if None, what the
            embedding's network makes of the observations, or 64 rows of its table at most.
          max_iterations: of L-BFGS, at most; 0 gives the start. Ten are enough for most.
          chunk: observations decoded at once, but never less than one whole object; None for about a million values.

        Raises:
          TypeError: if the model's embedding gives objects no vectors.
          ValueError: if an argument does not fit, an object has nothing observed, or every data set is an object of its
            own (`FGPVAE`).
        """
        self._check_model()
        inference, spec = self._vector_inference, self.input_spec
        if spec is not None and spec.objects is not None:
            raise ValueError("the model knows an object by its own observations: condition_on those of the new ones")
        if spec is not None and spec.lead not in ((1,), (None,)):
            raise ValueError(
                f"the model was given inputs of shape {[*spec.lead, 'n', 'D']}; expected [1, n, D], one data set, "
                "whose functions new objects share"
            )
        batch = {"observations": observations, "mask": mask, "errors": errors}
        given = {name: tf.convert_to_tensor(part) for name, part in batch.items() if part is not None}
        return inference({"inputs": as_tensor(views), **given}, start, max_iterations, chunk)

    @functools.cached_property
    def _vector_inference(self) -> VectorInference:
        return VectorInference(self._model, self.latent)

    def _check_model(self) -> None:
        if not tf.executing_eagerly():
            return
        changed = [v.name for v, then in self._made_with if not np.array_equal(v.numpy(), then, equal_nan=True)]
        changed += [] if self._model.scaling is self._scaling else ["scaling"]
        if changed:
            raise RuntimeError(
                f"the model is another one since condition_on, {', '.join(changed)} changed, and what it said of the "
                "data then does not go with what it is now: call condition_on again"
            )

    def _features(self, inputs: tf.Tensor) -> tf.Tensor:
        self._check_model()
        if self.input_spec is not None:
            self.input_spec.check(inputs)
        return self._model.features(inputs)

    def _seen_inputs(self, inputs: tf.Tensor) -> tf.Tensor | None:
        return as_tensor(inputs) if self._model.conditions_on_inputs else None


def draw_marginals(marginals: Gaussian, seed: tf.Tensor, num: int | tf.Tensor) -> tf.Tensor:
    """`num` draws [num, ...] of independent Gaussians; a variance that rounding left below 0 counts as 0."""
    mean, variance = marginals
    noise = tf.random.stateless_normal(tf.concat([[num], tf.shape(mean)], axis=0), seed, dtype=mean.dtype)
    return mean + noise * tf.sqrt(tf.maximum(variance, 0.0))
