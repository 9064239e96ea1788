"""The SavedModels of a latent-GP model: with a context in every request, or of one that has seen its data."""

from collections.abc import Callable, Mapping

import tensorflow as tf

from gpvae_tf.models import LatentGPVAE
from gpvae_tf.models.predictor import Predictor
from gpvae_tf.serving.base import Outputs, Servable

# What says how a distribution of data is estimated: draws, their seed, and the levels of quantiles.
DRAWS = {
    "num_samples": tf.TensorSpec([], tf.int32),
    "seed": tf.TensorSpec([2], tf.int32),
    "levels": tf.TensorSpec([None], tf.float32),
}


class ServableLatentGP(Servable):
    """Signatures of a latent-GP model (B data sets, n context points, s query points, L channels, D input columns).

    encode(observations [B, n, *event]) -> mean, variance [B, n, L]: the encoder's pseudo-observations.
    decode(latents [B, s, L]) -> observations [B, s, *event]: E[y | z].
    predict(context_observations [B, n, *event], context_inputs [B, n, D], query_inputs [B, s, D]) ->
      latent_mean, latent_variance [B, s, L], observations [B, s, *event]: the posterior at new inputs, decoded at its
      mean.
    predict_y(as `predict`, num_samples [], seed [2], both int32, levels [Q]) -> mean, stddev, latent_variance,
      noise_variance [B, s, *event], quantiles [Q, B, s, *event], samples [num_samples, B, s, *event]: the distribution
      of the data, see `Predictor.predict_y`.
    predict_y_masked(as `predict_y`, context_mask [B, n, *event] boolean) -> the same: True = observed; what is missing
      may hold anything.
    impute(observations [B, n, *event], inputs [B, n, D], mask [B, n, *event], num_samples, seed, interval []) ->
      filled, mean, stddev, lower, upper [B, n, *event]: see `LatentGPVAE.impute`.

    A model whose networks see the inputs too (`conditions_on_inputs`) takes `inputs` beside observations and latents.
    One without an encoder (`amortized` is false) has no `encode` and no `predict_y_masked`, and the others take no
    context. Everything is float32, but inputs are float64 if the model scales them: times in seconds since 1970 have
    more digits than float32.

    Args:
      model: trained.
      input_dim: D.
    """

    def __init__(self, model: LatentGPVAE, input_dim: int):
        super().__init__(model)
        observations = tf.TensorSpec([None, None, *model.event_shape], tf.float32)
        mask = tf.TensorSpec(observations.shape, tf.bool)
        inputs = tf.TensorSpec([None, None, input_dim], model.scaling.input_dtype)
        latents = tf.TensorSpec([None, None, model.latent_dim], tf.float32)
        conditions = {"inputs": inputs} if model.conditions_on_inputs else {}
        context = {"context_observations": observations, "context_inputs": inputs} if model.amortized else {}

        def encode(observations: tf.Tensor, *inputs: tf.Tensor) -> Outputs:
            mean, variance = model.encode(observations, *inputs)
            return {"mean": mean, "variance": variance}

        def decode(latents: tf.Tensor, *inputs: tf.Tensor) -> Outputs:
            return {"observations": model.decode(latents, *inputs)}

        def predict(*tensors: tf.Tensor) -> Outputs:
            *data, query_inputs = tensors
            _check_data_sets(query_inputs, *data)
            predictor = model.condition_on(dict(zip(("observations", "inputs"), data)) or None)
            mean, variance = predictor.predict_f(query_inputs)
            return {"latent_mean": mean, "latent_variance": variance, "observations": model.decode(mean, query_inputs)}

        def predict_y_masked(
            observations: tf.Tensor, inputs: tf.Tensor, query_inputs: tf.Tensor, *draws_and_mask: tf.Tensor
        ) -> Outputs:
            *draws, mask = draws_and_mask
            _check_data_sets(query_inputs, observations, inputs, mask)
            predictor = model.condition_on({"observations": observations, "inputs": inputs, "mask": mask})
            return _distribution(predictor, query_inputs, *draws)

        def impute(observations: tf.Tensor, inputs: tf.Tensor, mask: tf.Tensor, *draws: tf.Tensor) -> Outputs:
            num_samples, seed, share = draws
            batch = {"observations": observations, "inputs": inputs, "mask": mask}
            return model.impute(batch, share, num_samples, seed)._asdict()

        if model.amortized:
            self.offer("encode", encode, observations=observations, **conditions)
        self.offer("decode", decode, latents=latents, **conditions)
        self.offer("predict", predict, **context, query_inputs=inputs)
        if model.amortized:
            self.offer("predict_y_masked", predict_y_masked, **context, query_inputs=inputs, **DRAWS, context_mask=mask)
            masked = self.functions["predict_y_masked"]
            whole = lambda y, *rest: masked(y, *rest, tf.ones_like(y, tf.bool))
            self.offer("predict_y", whole, **context, query_inputs=inputs, **DRAWS)
        else:
            self.offer("predict_y", _of_predictor(model.condition_on()), query_inputs=inputs, **DRAWS)
        self.offer(
            "impute",
            impute,
            observations=observations,
            inputs=inputs,
            mask=mask,
            num_samples=DRAWS["num_samples"],
            seed=DRAWS["seed"],
            interval=tf.TensorSpec([], tf.float32),
        )


class ServablePredictor(Servable):
    """Signatures of a model that has seen its data, which are in the file (B data sets, s query points).

    predict_f(query_inputs [B, s, D]) -> mean, variance [B, s, L]: the latents.
    predict_y(query_inputs [B, s, D], num_samples [], seed [2], levels [Q]) -> as `ServableLatentGP`'s.
    generate(query_inputs [B, s, D]) -> observations [B, s, *event]: E[y | z] at the latents' means.

    Args:
      model: trained.
      predictor: what `model.condition_on` makes of the data.
      input_dim: D.
    """

    def __init__(self, model: LatentGPVAE, predictor: Predictor, input_dim: int):
        super().__init__(model)
        inputs = {"query_inputs": tf.TensorSpec([None, None, input_dim], model.scaling.input_dtype)}
        self.offer("predict_f", lambda inputs: predictor.predict_f(inputs)._asdict(), **inputs)
        self.offer("predict_y", _of_predictor(predictor), **inputs, **DRAWS)
        self.offer("generate", lambda inputs: {"observations": predictor.generate(inputs)}, **inputs)


def _check_data_sets(query_inputs: tf.Tensor, *context: tf.Tensor) -> None:
    """Refuses, when a request comes, queries of other data sets than the context's, which would broadcast."""
    for tensor in context:
        message = "query_inputs and the context must have the same number of data sets"
        tf.debugging.assert_equal(tf.shape(tensor)[0], tf.shape(query_inputs)[0], message)


def _of_predictor(predictor: Predictor) -> Callable[..., Outputs]:
    return lambda inputs, *draws: _distribution(predictor, inputs, *draws)


def _distribution(
    predictor: Predictor, inputs: tf.Tensor, num_samples: tf.Tensor, seed: tf.Tensor, levels: tf.Tensor
) -> Mapping[str, tf.Tensor]:
    found = predictor.predict_y(inputs, num_samples, seed, quantiles=levels)
    return found._asdict() | {"stddev": found.stddev}
