"""The SavedModels of a latent-GP model: with a context in every request, or of one that has seen its data."""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from gpvae_tf.models import LatentGPVAE
from gpvae_tf.models.prediction.input_spec import InputSpec
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.serving.base import Outputs, Servable
from gpvae_tf.serving.requests import INTERVAL, Argument, draws, free

LEVELS = free([None], may_be_empty=True, example=(0.5,))


def queries(model: LatentGPVAE, input_dim: int, axes: str) -> Argument:
    """Inputs at which predictions are made, [B, s, D], or (view, vector) where the data have (view, id)."""
    columns = input_dim if model.embedding is None else model.embedding.query_columns(input_dim)
    return free([None, None, columns], model.scaling.input_dtype, axes=axes)


class ServableLatentGP(Servable):
    """Signatures of a latent-GP model (B data sets, n context points, s query points, L channels, D input columns).

    encode(observations [B, n, *event]) -> mean, variance [B, n, L]: the encoder's pseudo-observations.
    decode(latents [B, s, L]) -> observations [B, s, *event]: E[y | z].
    predict(context_observations [B, n, *event], context_inputs [B, n, D], query_inputs [B, s, D]) ->
      latent_mean, latent_variance [B, s, L], observations [B, s, *event]: the posterior at new inputs, decoded at its
      mean. It is `serving_default` too.
    predict_masked(as `predict`, context_mask [B, n, *event] boolean) -> the same: True = observed; what is missing may
      hold anything. Data sets of unequal lengths go into one request, filled up with points of which nothing is
      observed.
    predict_y(as `predict`, num_samples [], seed [2], both int32, levels [Q]) -> mean, stddev, latent_variance,
      noise_variance [B, s, *event], quantiles [Q, B, s, *event], samples [num_samples, B, s, *event]: the distribution
      of the data, see `Predictor.predict_y`.
    predict_y_masked(as `predict_y`, context_mask) -> the same.
    predict_interval(as `predict_masked`, num_samples, seed, interval []) -> mean, stddev, lower, upper [B, s, *event]:
      the interval holds that share of the data, 0.9 say.
    impute(observations [B, n, *event], inputs [B, n, D], mask [B, n, *event], num_samples, seed, interval []) ->
      filled, mean, stddev, lower, upper [B, n, *event]: see `LatentGPVAE.impute`.

    A model whose networks see the inputs too (`conditions_on_inputs`) takes `inputs` beside observations and latents.
    One without an encoder (`amortized` is false) has no `encode` and no function with `context_mask` but
    `predict_interval`, and takes no context. Everything is float32, but inputs are float64 if the model scales them:
    times in seconds since 1970 have more digits than float32.

    Args:
      model: trained.
      input_dim: D.
    """

    default = "predict"

    def __init__(self, model: LatentGPVAE, input_dim: int):
        super().__init__(model)
        event = model.event_shape
        data = lambda mask: free([None, None, *event], axes="Bn", observed_by=mask)
        mask = free([None, None, *event], tf.bool, axes="Bn")
        inputs = free([None, None, input_dim], model.scaling.input_dtype, axes="Bn")
        query = {"query_inputs": queries(model, input_dim, "Bs")}
        latents = free([None, None, model.latent_dim], axes="Bs")
        asked = draws("query_inputs", event)

        def context(mask: str | None) -> dict[str, Argument]:
            return {"context_observations": data(mask), "context_inputs": inputs} if model.amortized else {}

        def conditions(inputs: Argument) -> dict[str, Argument]:
            return {"inputs": inputs} if model.conditions_on_inputs else {}

        def encode(observations: tf.Tensor, *inputs: tf.Tensor) -> Outputs:
            mean, variance = model.encode(observations, *inputs)
            return {"mean": mean, "variance": variance}

        def decode(latents: tf.Tensor, *inputs: tf.Tensor) -> Outputs:
            return {"observations": model.decode(latents, *inputs)}

        def given(*known: tf.Tensor) -> Predictor:
            return model.condition_on(dict(zip(("observations", "inputs", "mask"), known)) or None)

        def predict(*tensors: tf.Tensor) -> Outputs:
            *known, query_inputs = tensors
            return _decoded(model, given(*known), query_inputs)

        def predict_masked(y: tf.Tensor, x: tf.Tensor, query_inputs: tf.Tensor, mask: tf.Tensor) -> Outputs:
            return _decoded(model, given(y, x, mask), query_inputs)

        def predict_y_masked(y: tf.Tensor, x: tf.Tensor, query_inputs: tf.Tensor, *rest: tf.Tensor) -> Outputs:
            *how, mask = rest
            return _distribution(given(y, x, mask), query_inputs, *how)

        def predict_interval(*tensors: tf.Tensor) -> Outputs:
            *known, num_samples, seed, share = tensors
            query_inputs = known.pop(2 if model.amortized else 0)
            return _interval(given(*known), query_inputs, num_samples, seed, share)

        def impute(observations: tf.Tensor, inputs: tf.Tensor, mask: tf.Tensor, *how: tf.Tensor) -> Outputs:
            num_samples, seed, share = how
            batch = {"observations": observations, "inputs": inputs, "mask": mask}
            return model.impute(batch, share, num_samples, seed)._asdict()

        if model.amortized:
            self.offer("encode", encode, observations=data(None), **conditions(inputs))
        self.offer("decode", decode, latents=latents, **conditions(query["query_inputs"]))
        self.offer("predict", predict, **context(None), **query)
        masked = {"context_mask": mask} if model.amortized else {}
        levels = asked | {"levels": LEVELS}
        if model.amortized:
            self.offer("predict_masked", predict_masked, **context("context_mask"), **query, **masked)
            self.offer("predict_y_masked", predict_y_masked, **context("context_mask"), **query, **levels, **masked)
            whole = lambda y, *rest: self.functions["predict_y_masked"](y, *rest, tf.ones_like(y, tf.bool))
            self.offer("predict_y", whole, **context(None), **query, **levels)
        else:
            alone = model.condition_on()
            self.offer("predict_y", lambda inputs, *how: _distribution(alone, inputs, *how), **query, **levels)
        share = asked | {"interval": INTERVAL}
        self.offer("predict_interval", predict_interval, **context("context_mask"), **query, **masked, **share)
        filled = draws("observations", event) | {"interval": INTERVAL}
        self.offer("impute", impute, observations=data("mask"), inputs=inputs, mask=mask, **filled)


class ServablePredictor(Servable):
    """Signatures of a model that has seen its data, which are in the file (B data sets, s query points).

    B is that of the data: whoever asks about one of several data sets asks about all of them.

    predict_f(query_inputs [B, s, D]) -> mean, variance [B, s, L]: the latents.
    predict_y(query_inputs [B, s, D], num_samples [], seed [2], levels [Q]) -> as `ServableLatentGP`'s.
    predict_interval(query_inputs [B, s, D], num_samples [], seed [2], interval []) -> as `ServableLatentGP`'s.
    generate(query_inputs [B, s, D]) -> observations [B, s, *event]: E[y | z] at the latents' means. It is
      `serving_default` too.

    Args:
      model: trained.
      predictor: what `model.condition_on` makes of the data.
      input_dim: D.

    Raises:
      ValueError: if the data have inputs of other columns.
    """

    default = "generate"

    def __init__(self, model: LatentGPVAE, predictor: Predictor, input_dim: int):
        super().__init__(model)
        query = queries(model, input_dim, "Bs")
        query = dataclasses.replace(query, num_sets=_num_sets(predictor.input_spec, query.spec.shape[-1]))
        inputs = {"query_inputs": query}
        asked = inputs | draws("query_inputs", model.event_shape)
        self.offer("predict_f", lambda inputs: predictor.predict_f(inputs)._asdict(), **inputs)
        self.offer("predict_y", lambda *how: _distribution(predictor, *how), **asked, levels=LEVELS)
        self.offer("predict_interval", lambda *how: _interval(predictor, *how), **asked, interval=INTERVAL)
        self.offer("generate", lambda inputs: {"observations": predictor.generate(inputs)}, **inputs)


def _num_sets(input_spec: InputSpec | None, columns: int) -> int | None:
    """B of a predictor's data; None for any, of a model whose q(f_m) holds what there is to know.

    Raises:
      ValueError: if the predictor takes inputs of another number of columns.
    """
    if input_spec is None:
        return None
    if input_spec.num_columns not in (None, columns):
        raise ValueError(f"input_dim makes queries of {columns} columns; the predictor takes {input_spec.num_columns}")
    return input_spec.lead[0] if input_spec.lead else None


def _decoded(model: LatentGPVAE, predictor: Predictor, query_inputs: tf.Tensor) -> Outputs:
    mean, variance = predictor.predict_f(query_inputs)
    return {"latent_mean": mean, "latent_variance": variance, "observations": model.decode(mean, query_inputs)}


def _distribution(
    predictor: Predictor, inputs: tf.Tensor, num_samples: tf.Tensor, seed: tf.Tensor, levels: tf.Tensor
) -> Mapping[str, tf.Tensor]:
    found = predictor.predict_y(inputs, num_samples, seed, quantiles=levels)
    return found._asdict() | {"stddev": found.stddev}


def _interval(
    predictor: Predictor, inputs: tf.Tensor, num_samples: tf.Tensor, seed: tf.Tensor, share: tf.Tensor
) -> Mapping[str, tf.Tensor]:
    levels = tf.stack([(1.0 - share) / 2.0, (1.0 + share) / 2.0])
    found = predictor.predict_y(inputs, num_samples, seed, quantiles=levels, keep_samples=False)
    lower, upper = tf.unstack(found.quantiles, num=2)
    return {"mean": found.mean, "stddev": found.stddev, "lower": lower, "upper": upper}
