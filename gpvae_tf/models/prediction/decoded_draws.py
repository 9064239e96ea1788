"""Draws of latents, decoded a chunk at a time: what they say of scaled data at every point."""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from gpvae_tf.likelihoods import Likelihood, measured
from gpvae_tf.models.prediction.chunked import in_chunks
from gpvae_tf.models.prediction.sorted_draws import crps, quantiles

# Maps latents [N, L] and inputs [N, D] or None to the decoder's output.
Decoder = Callable[[tf.Tensor, tf.Tensor | None], tf.Tensor]


class DecodedDraws:
    """The mixture 1/S sum_s p(y | z_s) at P points, in compiled code; memory is that of the results and of one chunk.

    All methods take latents z [S, P, L], the observations decoded at once, inputs [P, D] of a decoder that sees them or
    None, and seeds [2]; errors [P, *event] are the standard deviations of what is measured of the data, None for the
    data themselves.

    Args:
      decoder: makes what the likelihood takes.
      likelihood: p(y | z) of scaled data.
      event_shape: shape of an observation.
      dtype: dtype of the results.
    """

    def __init__(self, decoder: Decoder, likelihood: Likelihood, event_shape: Sequence[int], dtype: tf.DType):
        self._decoder, self._likelihood = decoder, likelihood
        self._event, self._dtype = tuple(event_shape), dtype

    def summary(
        self,
        z: tf.Tensor,
        chunk: tf.Tensor,
        inputs: tf.Tensor | None,
        seed: tf.Tensor,
        levels: tf.Tensor,
        errors: tf.Tensor | None = None,
        *,
        keep_samples: bool,
    ) -> list[tf.Tensor]:
        """Mean, variance of E[y | z], mean of Var[y | z], [P, *event]; quantiles [P, Q, *event], draws [P, S, ...]."""
        size, seed = tf.shape(z)[0], tf.ensure_shape(seed, [2])

        def of_points(start: tf.Tensor, stop: tf.Tensor) -> list[tf.Tensor]:
            likelihood_of = self._measured(errors, start, stop, size)

            def of_rows(output: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> list[tf.Tensor]:
                kind, row_seed = likelihood_of(first, last), _row_seed(seed, start, first)
                return [kind.mean(output), kind.variance(output), kind.sample(output, row_seed)]

            at = None if inputs is None else inputs[start:stop]
            means, variances, draws = self._decoded(of_rows, z[:, start:stop], at, chunk, num=3)
            unbiased = tf.cast(size, self._dtype) / tf.cast(size - 1, self._dtype)
            ordered = tf.sort(draws, axis=0)
            samples = [_second(draws)] if keep_samples else []
            moments = [
                tf.reduce_mean(means, 0),
                tf.math.reduce_variance(means, 0) * unbiased,
                tf.reduce_mean(variances, 0),
            ]
            return [*moments, _second(quantiles(ordered, levels, self._likelihood.is_discrete)), *samples]

        specs = [self._spec()] * 3 + [self._spec(None)] * (2 if keep_samples else 1)
        return in_chunks(of_points, tf.shape(z)[1], tf.maximum(chunk // size, 1), specs)

    def log_density(
        self,
        z: tf.Tensor,
        chunk: tf.Tensor,
        inputs: tf.Tensor | None,
        scaled: tf.Tensor,
        errors: tf.Tensor | None = None,
    ) -> list[tf.Tensor]:
        """log 1/S sum_s p(y_j | z_s) of scaled observations [P, *event]."""
        return self._scored(z, chunk, inputs, scaled, None, errors)

    def scores(
        self,
        z: tf.Tensor,
        chunk: tf.Tensor,
        inputs: tf.Tensor | None,
        scaled: tf.Tensor,
        seed: tf.Tensor,
        errors: tf.Tensor | None = None,
    ) -> list[tf.Tensor]:
        """`log_density`, and the CRPS in scaled units."""
        return self._scored(z, chunk, inputs, scaled, tf.ensure_shape(seed, [2]), errors)

    def _scored(
        self,
        z: tf.Tensor,
        chunk: tf.Tensor,
        inputs: tf.Tensor | None,
        scaled: tf.Tensor,
        seed: tf.Tensor | None,
        errors: tf.Tensor | None,
    ) -> list[tf.Tensor]:
        """Log density of scaled observations [P, *event], and, with the seed of draws, their CRPS; NaN where none is.

        A likelihood of counts or classes, which has no density of NaN, sees a value that can be observed instead.
        """
        size, num = tf.shape(z)[0], 1 if seed is None else 2
        placeholder = tf.cast(self._likelihood.placeholder, self._dtype)

        def of_points(start: tf.Tensor, stop: tf.Tensor) -> list[tf.Tensor]:
            known = tf.math.is_finite(scaled[start:stop])
            truth = tf.where(known, scaled[start:stop], placeholder)
            observed = _per_draw(truth, size)
            likelihood_of = self._measured(errors, start, stop, size)

            def of_rows(output: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> list[tf.Tensor]:
                kind = likelihood_of(first, last)
                nats = kind.log_prob_entries(output, observed[first:last])
                return [nats] if seed is None else [nats, kind.sample(output, _row_seed(seed, start, first))]

            at = None if inputs is None else inputs[start:stop]
            nats, *draws = self._decoded(of_rows, z[:, start:stop], at, chunk, num=num)
            mixture = tf.reduce_logsumexp(nats, axis=0) - tf.math.log(tf.cast(size, nats.dtype))
            found = [mixture, *(crps(tf.sort(each, axis=0), truth) for each in draws)]
            return [tf.where(known, part, tf.constant(np.nan, part.dtype)) for part in found]

        return in_chunks(of_points, tf.shape(z)[1], tf.maximum(chunk // size, 1), [self._spec()] * num)

    def _decoded(
        self,
        function: Callable[..., list[tf.Tensor]],
        z: tf.Tensor,
        inputs: tf.Tensor | None,
        chunk: tf.Tensor,
        *,
        num: int,
    ) -> list[tf.Tensor]:
        """`num` functions [S, c, *event] of the decoder's output for latents [S, c, L] at inputs [c, D], by chunks."""
        size, points = tf.shape(z)[0], tf.shape(z)[1]
        z = tf.reshape(z, [-1, z.shape[-1]])
        inputs = None if inputs is None else tf.tile(inputs, [size, 1])

        def of_rows(first: tf.Tensor, last: tf.Tensor) -> list[tf.Tensor]:
            output = self._decoder(z[first:last], None if inputs is None else inputs[first:last])
            return [tf.cast(part, self._dtype) for part in function(tf.cast(output, self._dtype), first, last)]

        rows = in_chunks(of_rows, size * points, chunk, [self._spec()] * num)
        return [tf.reshape(part, [size, points, *self._event]) for part in rows]

    def _measured(
        self, errors: tf.Tensor | None, start: tf.Tensor, stop: tf.Tensor, num: tf.Tensor
    ) -> Callable[[tf.Tensor, tf.Tensor], Likelihood]:
        """The likelihood of some rows, (first, last) of `num` draws at some points, of what is measured there."""
        if errors is None:
            return lambda first, last: self._likelihood
        rows = _per_draw(errors[start:stop], num)
        return lambda first, last: measured(self._likelihood, rows[first:last])

    def _spec(self, *middle: int | None) -> tf.TensorSpec:
        return tf.TensorSpec([None, *middle, *self._event], self._dtype)


def _row_seed(seed: tf.Tensor, point: tf.Tensor, row: tf.Tensor) -> tf.Tensor:
    """The seed of the draws that are made at once, from the first of their points and the first of their rows."""
    return tf.random.fold_in(tf.random.fold_in(seed, point), row)


def _per_draw(values: tf.Tensor, num: tf.Tensor) -> tf.Tensor:
    """Values of points [c, *event] once for every draw, draws and points as one axis, [S c, *event]."""
    return tf.tile(values, [num, *[1] * (values.shape.rank - 1)])


def _second(draws: tf.Tensor) -> tf.Tensor:
    """The tensor with its first two axes exchanged."""
    return tf.transpose(draws, [1, 0, *range(2, draws.shape.rank)])
