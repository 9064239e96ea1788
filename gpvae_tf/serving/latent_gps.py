"""The SavedModels of a latent-GP model: with a context in every request, or of one that has seen its data."""

import dataclasses
import functools
from collections.abc import Callable, Mapping

import tensorflow as tf

from gpvae_tf.checks import LARGEST_ERROR, interval_tails
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.models.prediction.input_spec import InputSpec
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.serving.base import Outputs, Servable
from gpvae_tf.serving.requests import INTERVAL, Argument, draws, free

Request = Mapping[str, tf.Tensor]
LEVELS = free([None], may_be_empty=True, example=(0.5,))


def queries(model: LatentGPVAE, input_dim: int, axes: str) -> Argument:
    """Inputs at which predictions are made, [B, s, D], or (view, vector) where the data have (view, id)."""
    columns = input_dim if model.embedding is None else model.embedding.query_columns(input_dim)[0]
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

    With `errors`, what has a context takes `context_errors` [B, n, *event] too, and `impute` takes `errors`: standard
    deviations of what was measured, in the units of the observations; 0 is a value without an error of its own.

    A model whose networks see the inputs too (`conditions_on_inputs`) takes `inputs` beside observations and latents.
    One without an encoder (`amortized` is false) has no `encode` and no function with `context_mask` but
    `predict_interval`, and takes no context. Everything is float32, but inputs are float64 if the model scales them:
    times in seconds since 1970 have more digits than float32.

    Args:
      model: trained.
      input_dim: D.
      errors: whether requests say how far their values may be off.

    Raises:
      ValueError: if they do, and the model's encoder sees no errors.
    """

    default = "predict"

    def __init__(self, model: LatentGPVAE, input_dim: int, errors: bool = False):
        super().__init__(model)
        if errors and not (model.amortized and model.mask_channel):
            raise ValueError(
                "errors=True needs a model whose encoder sees errors of measurement (mask_channel=True): predictions "
                "of others do not depend on them"
            )
        event = model.event_shape
        data = lambda mask: free([None, None, *event], axes="Bn", observed_by=mask)
        mask = free([None, None, *event], tf.bool, axes="Bn")
        inputs = free([None, None, input_dim], model.scaling.input_dtype, axes="Bn")
        query = {"query_inputs": queries(model, input_dim, "Bs")}
        latents = free([None, None, model.latent_dim], axes="Bs")
        asked = draws("query_inputs", event)
        levels, share = asked | {"levels": LEVELS}, asked | {"interval": INTERVAL}

        def context(mask: str | None) -> dict[str, Argument]:
            return {"context_observations": data(mask), "context_inputs": inputs} if model.amortized else {}

        def deviations(name: str, mask: str | None) -> dict[str, Argument]:
            return {name: dataclasses.replace(data(mask), least=0.0, most=LARGEST_ERROR)} if errors else {}

        def conditions(inputs: Argument) -> dict[str, Argument]:
            return {"inputs": inputs} if model.conditions_on_inputs else {}

        def encode(observations: tf.Tensor, *inputs: tf.Tensor) -> Outputs:
            mean, variance = model.encode(observations, *inputs)
            return {"mean": mean, "variance": variance}

        if model.amortized:
            self.offer("encode", encode, observations=data(None), **conditions(inputs))
        decode = lambda latents, *inputs: {"observations": model.decode(latents, *inputs)}
        self.offer("decode", decode, latents=latents, **conditions(query["query_inputs"]))
        predict = functools.partial(_predict, model)
        known = deviations("context_errors", None)
        self._offer_by_name("predict", predict, context(None) | query | known)
        masked, seen = {}, context("context_mask") | query
        if model.amortized:
            masked = {"context_mask": mask} | deviations("context_errors", "context_mask")
            self._offer_by_name("predict_masked", predict, seen | masked)
            self._offer_by_name("predict_y_masked", functools.partial(_predict_y, model), seen | levels | masked)
            self._offer_by_name("predict_y", self._predict_y_of_all, context(None) | query | levels | known)
        else:
            self._offer_by_name("predict_y", functools.partial(_predict_y, model), query | levels)
        self._offer_by_name("predict_interval", functools.partial(_predict_interval, model), seen | masked | share)
        given = {"observations": data("mask"), "inputs": inputs, "mask": mask} | deviations("errors", "mask")
        how = draws("observations", event) | {"interval": INTERVAL}
        self._offer_by_name("impute", functools.partial(_impute, model), given | how)

    def _offer_by_name(self, name: str, answer: Callable[[Request], Outputs], arguments: dict[str, Argument]) -> None:
        """Offers a function of a whole request, of which some models have more inputs than others."""
        self.offer(name, lambda *tensors: answer(dict(zip(arguments, tensors))), **arguments)

    def _predict_y_of_all(self, request: Request) -> Outputs:
        """`predict_y_masked` with nothing masked, whose graph both use."""
        whole = {**request, "context_mask": tf.ones_like(request["context_observations"], tf.bool)}
        return self.functions["predict_y_masked"](*(whole[name] for name in self.arguments["predict_y_masked"]))


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
    if not {None, columns} & {*input_spec.num_columns}:
        raise ValueError(f"input_dim makes queries of {columns} columns; the predictor takes {input_spec.columns}")
    return input_spec.lead[0] if input_spec.lead else None


def _conditioned(model: LatentGPVAE, request: Request) -> Predictor:
    """The model that has seen a request's context."""
    parts = {name: request.get(f"context_{name}") for name in ("observations", "inputs", "mask", "errors")}
    return model.condition_on({name: part for name, part in parts.items() if part is not None} or None)


def _predict(model: LatentGPVAE, request: Request) -> Outputs:
    query_inputs = request["query_inputs"]
    mean, variance = _conditioned(model, request).predict_f(query_inputs)
    return {"latent_mean": mean, "latent_variance": variance, "observations": model.decode(mean, query_inputs)}


def _predict_y(model: LatentGPVAE, request: Request) -> Outputs:
    how = (request[name] for name in ("query_inputs", "num_samples", "seed", "levels"))
    return _distribution(_conditioned(model, request), *how)


def _predict_interval(model: LatentGPVAE, request: Request) -> Outputs:
    how = (request[name] for name in ("query_inputs", "num_samples", "seed", "interval"))
    return _interval(_conditioned(model, request), *how)


def _impute(model: LatentGPVAE, request: Request) -> Outputs:
    batch = {name: request[name] for name in ("observations", "inputs", "mask", "errors") if name in request}
    return model.impute(batch, request["interval"], request["num_samples"], request["seed"])._asdict()


def _distribution(
    predictor: Predictor, inputs: tf.Tensor, num_samples: tf.Tensor, seed: tf.Tensor, levels: tf.Tensor
) -> Mapping[str, tf.Tensor]:
    found = predictor.predict_y(inputs, num_samples, seed, quantiles=levels)
    return found._asdict() | {"stddev": found.stddev}


def _interval(
    predictor: Predictor, inputs: tf.Tensor, num_samples: tf.Tensor, seed: tf.Tensor, share: tf.Tensor
) -> Mapping[str, tf.Tensor]:
    levels = tf.stack(interval_tails(share))
    found = predictor.predict_y(inputs, num_samples, seed, quantiles=levels, keep_samples=False)
    lower, upper = tf.unstack(found.quantiles, num=2)
    return {"mean": found.mean, "stddev": found.stddev, "lower": lower, "upper": upper}
