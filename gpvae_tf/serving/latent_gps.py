"""The SavedModel of a latent-GP model, with a context in every request."""

import dataclasses
import functools
from collections.abc import Callable, Mapping

import tensorflow as tf

from gpvae_tf.checks import LARGEST_ERROR
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.serving.base import Outputs, Servable
from gpvae_tf.serving.predictors import distribution, inputs_of, interval, queries
from gpvae_tf.serving.requests import INTERVAL, Argument, draws, free, levels

Request = Mapping[str, tf.Tensor]


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

    A model whose networks see inputs too, or whose counts have exposures among them (`conditions_on_inputs`), takes
    `inputs` beside observations and latents.
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
        values = lambda mask: free([None, None, *event], axes="Bn", observed_by=mask)
        data = lambda mask: values(mask).of(model.likelihood, model.scaling.restore)
        mask = free([None, None, *event], tf.bool, axes="Bn")
        inputs = inputs_of(model, input_dim, "Bn")
        query = {"query_inputs": queries(model, input_dim, "Bs").answering(event)}
        latents = free([None, None, model.latent_dim], axes="Bs").answering(event)
        asked = draws("query_inputs", event)
        quantiles, share = asked | levels("query_inputs", event), asked | {"interval": INTERVAL}

        def context(mask: str | None) -> dict[str, Argument]:
            return {"context_observations": data(mask), "context_inputs": inputs} if model.amortized else {}

        def deviations(name: str, mask: str | None) -> dict[str, Argument]:
            return {name: dataclasses.replace(values(mask), least=0.0, most=LARGEST_ERROR)} if errors else {}

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
            self._offer_by_name("predict_y_masked", functools.partial(_predict_y, model), seen | quantiles | masked)
            self._offer_by_name("predict_y", self._predict_y_of_all, context(None) | query | quantiles | known)
        else:
            self._offer_by_name("predict_y", functools.partial(_predict_y, model), query | quantiles)
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
    return distribution(_conditioned(model, request), *how)


def _predict_interval(model: LatentGPVAE, request: Request) -> Outputs:
    how = (request[name] for name in ("query_inputs", "num_samples", "seed", "interval"))
    return interval(_conditioned(model, request), *how)


def _impute(model: LatentGPVAE, request: Request) -> Outputs:
    batch = {name: request[name] for name in ("observations", "inputs", "mask", "errors") if name in request}
    return model.impute(batch, request["interval"], request["num_samples"], request["seed"])._asdict()
