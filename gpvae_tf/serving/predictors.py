"""The SavedModel of a latent-GP model that has seen its data, and what both of them answer."""

import dataclasses

import tensorflow as tf

from gpvae_tf.checks import interval_tails
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.models.prediction.input_spec import InputSpec
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.serving.base import Outputs, Servable
from gpvae_tf.serving.requests import INTERVAL, Argument, draws, free, levels


def queries(model: LatentGPVAE, input_dim: int, axes: str) -> Argument:
    """Inputs at which predictions are made, [B, s, D], or (view, vector) where the data have (view, id)."""
    columns = input_dim if model.embedding is None else model.embedding.query_columns(input_dim)[0]
    return inputs_of(model, columns, axes)


def inputs_of(model: LatentGPVAE, columns: int | None, axes: str) -> Argument:
    """Inputs [B, s, D] of a model, of so many columns."""
    return free([None, None, columns], model.scaling.input_dtype, axes=axes, positive=tuple(model.roles.exposures))


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
        inputs, event = {"query_inputs": query.answering(model.event_shape)}, model.event_shape
        asked = inputs | draws("query_inputs", event)
        self.offer("predict_f", lambda inputs: predictor.predict_f(inputs)._asdict(), query_inputs=query)
        self.offer("predict_y", lambda *how: distribution(predictor, *how), **asked, **levels("query_inputs", event))
        self.offer("predict_interval", lambda *how: interval(predictor, *how), **asked, interval=INTERVAL)
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


def distribution(
    predictor: Predictor, inputs: tf.Tensor, num_samples: tf.Tensor, seed: tf.Tensor, levels: tf.Tensor
) -> Outputs:
    """What `predict_y` answers, with quantiles at the levels."""
    found = predictor.predict_y(inputs, num_samples, seed, quantiles=levels)
    return found._asdict() | {"stddev": found.stddev}


def interval(
    predictor: Predictor, inputs: tf.Tensor, num_samples: tf.Tensor, seed: tf.Tensor, share: tf.Tensor
) -> Outputs:
    """What `predict_interval` answers, of the interval that holds a share of the data."""
    levels = tf.stack(interval_tails(share))
    found = predictor.predict_y(inputs, num_samples, seed, quantiles=levels, keep_samples=False)
    lower, upper = tf.unstack(found.quantiles, num=2)
    return {"mean": found.mean, "stddev": found.stddev, "lower": lower, "upper": upper}
