"""The distribution of data given draws of their latents: moments, quantiles, draws and density of p(y), compiled."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import at_least_one, check_shape
from gpvae_tf.likelihoods import Likelihood
from gpvae_tf.models.prediction.chunked import default_chunk, in_chunks
from gpvae_tf.models.prediction.sorted_draws import crps, quantiles
from gpvae_tf.scaling import Scaling
from gpvae_tf.types import EntryScores, Predictive

# Maps latents [N, L] and inputs [N, D] or None to the decoder's output.
Decoder = Callable[[tf.Tensor, tf.Tensor | None], tf.Tensor]


class DataDistribution:
    """p(y) = E_z[p(y | z)] at points with draws z_1, ..., z_S of their latents, every entry of y on its own.

    It is compiled once, for any number of draws and points; both are decoded a chunk at a time.

    Args:
      decoder: makes what the likelihood takes.
      likelihood: p(y | z) of scaled data.
      event_shape: shape of an observation.
      dtype: dtype of what enters and leaves the networks.
      scaling: takes the data's units away and brings them back.
    """

    def __init__(
        self, decoder: Decoder, likelihood: Likelihood, event_shape: Sequence[int], dtype: tf.DType, scaling: Scaling
    ):
        self._decoder, self._likelihood, self._scaling = decoder, likelihood, scaling
        self._event, self._dtype = tuple(event_shape), dtype
        self._compiled: dict[Any, Callable[..., list[tf.Tensor]]] = {}

    @property
    def support(self) -> tuple[np.ndarray, np.ndarray]:
        """The least and the greatest value that the likelihood can observe, in original units; [C] or one for all."""
        least, most = (np.asarray(self._scaling.restore(np.float64(end))) for end in self._likelihood.support)
        return least, most

    def summary(
        self,
        z: tf.Tensor,
        inputs: tf.Tensor | None,
        *,
        seed: tf.Tensor,
        levels: tf.Tensor,
        chunk: int | None = None,
        keep_samples: bool = True,
    ) -> Predictive:
        """Moments, quantiles and draws of the data at points [*lead], in original units.

        Args:
          z: draws of the latents, [S, *lead, L], S >= 2.
          inputs: [*lead, D], for a decoder that sees them; else None.
          seed: stateless seed [2] of the observation noise.
          levels: of the quantiles, [Q].
          chunk: observations decoded at once; `default_chunk` if None.
          keep_samples: whether the draws are returned.
        """
        rest = [tf.cast(seed, tf.int32), tf.cast(levels, self._dtype)]
        mean, latent, noise, *others = self._run(self._summary, z, inputs, rest, chunk, keep_samples=keep_samples)
        units, squared = self._scaling.restore, self._scaling.restore_variance
        swapped = [1, 0, *range(2, 2 + len(self._event))]
        quantiles, *samples = (self._shaped(tf.transpose(units(part), swapped), z) for part in others)
        mean, latent, noise = (self._shaped(part, z) for part in (units(mean), squared(latent), squared(noise)))
        return Predictive(mean, latent, noise, quantiles, samples[0] if samples else None)

    def log_density(
        self, z: tf.Tensor, inputs: tf.Tensor | None, observations: tf.Tensor, chunk: int | None = None
    ) -> tf.Tensor:
        """log 1/S sum_s p(y_j | z_s) of every entry of observations [*lead, *event], nats per original unit."""
        (nats,) = self._run(self._log_density, z, inputs, [self._scaled(observations, z)], chunk)
        return self._shaped(self._scaling.restore_log_density(nats), z)

    def scores(
        self, z: tf.Tensor, inputs: tf.Tensor | None, observations: tf.Tensor, seed: tf.Tensor, chunk: int | None = None
    ) -> EntryScores:
        """`log_density`, and the continuous ranked probability score of a draw of y for every draw of the latents.

        Args:
          z, inputs, seed, chunk: see `summary`.
          observations: [*lead, *event].
        """
        rest = [self._scaled(observations, z), tf.cast(seed, tf.int32)]
        nats, distance = self._run(self._scores, z, inputs, rest, chunk)
        in_units = self._scaling.restore_log_density(nats), self._scaling.restore_difference(distance)
        return EntryScores(*(self._shaped(part, z) for part in in_units))

    def _scaled(self, observations: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """Observations [*lead, *event] as [P, *event], scaled."""
        check_shape("observations", observations, (*z.shape[1:-1], *self._event))
        return tf.reshape(self._scaling.observations(observations, self._dtype), [-1, *self._event])

    def _shaped(self, part: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """A result [..., P, *event] as [..., *lead, *event]."""
        front = tf.shape(part)[: part.shape.rank - len(self._event) - 1]
        return tf.reshape(part, tf.concat([front, tf.shape(z)[1:-1], self._event], axis=0))

    def _run(
        self,
        method: Callable[..., list[tf.Tensor]],
        z: tf.Tensor,
        inputs: tf.Tensor | None,
        rest: Sequence[tf.Tensor],
        chunk: int | None,
        **options: bool,
    ) -> list[tf.Tensor]:
        """A method, compiled, on latents [S, P, L] and inputs [P, D]: all points on one axis."""
        z = tf.reshape(tf.cast(z, self._dtype), [tf.shape(z)[0], -1, z.shape[-1]])
        points = [] if inputs is None else [tf.reshape(inputs, [-1, inputs.shape[-1]])]
        size = default_chunk(self._event) if chunk is None else at_least_one("chunk", chunk)
        specs = [_free(z, 2), *(_free(part, 1) for part in (*points, *rest)), tf.TensorSpec([], tf.int32)]
        key = (method.__name__, inputs is None, *options.values(), *specs)
        if key not in self._compiled:
            at = [] if points else [None]
            compiled = tf.function(lambda z, *others: method(z, *at, *others, **options), specs)
            self._compiled[key] = compiled
        return self._compiled[key](z, *points, *rest, tf.constant(size))

    def _summary(
        self,
        z: tf.Tensor,
        inputs: tf.Tensor | None,
        seed: tf.Tensor,
        levels: tf.Tensor,
        chunk: tf.Tensor,
        *,
        keep_samples: bool,
    ) -> list[tf.Tensor]:
        """Mean, variance of E[y | z], mean of Var[y | z], [P, *event]; quantiles [P, Q, *event], draws [P, S, ...]."""
        size, seed = tf.shape(z)[0], tf.ensure_shape(seed, [2])

        def of_points(start: tf.Tensor, stop: tf.Tensor) -> list[tf.Tensor]:
            def of_rows(output: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> list[tf.Tensor]:
                kind, row_seed = self._likelihood, _row_seed(seed, start, first)
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
            return [*moments, _second(quantiles(ordered, levels)), *samples]

        specs = [self._spec()] * 3 + [self._spec(None)] * (2 if keep_samples else 1)
        return in_chunks(of_points, tf.shape(z)[1], tf.maximum(chunk // size, 1), specs)

    def _log_density(
        self, z: tf.Tensor, inputs: tf.Tensor | None, scaled: tf.Tensor, chunk: tf.Tensor
    ) -> list[tf.Tensor]:
        """log 1/S sum_s p(y_j | z_s) of scaled observations [P, *event]."""
        return self._scored(z, inputs, scaled, None, chunk)

    def _scores(
        self, z: tf.Tensor, inputs: tf.Tensor | None, scaled: tf.Tensor, seed: tf.Tensor, chunk: tf.Tensor
    ) -> list[tf.Tensor]:
        """The same, and the CRPS in scaled units."""
        return self._scored(z, inputs, scaled, tf.ensure_shape(seed, [2]), chunk)

    def _scored(
        self, z: tf.Tensor, inputs: tf.Tensor | None, scaled: tf.Tensor, seed: tf.Tensor | None, chunk: tf.Tensor
    ) -> list[tf.Tensor]:
        """Log density of scaled observations [P, *event], and, with the seed of draws, their CRPS; NaN where none is.

        A likelihood of counts or classes, which has no density of NaN, sees a value that can be observed instead.
        """
        size, num = tf.shape(z)[0], 1 if seed is None else 2
        placeholder = tf.cast(self._likelihood.placeholder, self._dtype)

        def of_points(start: tf.Tensor, stop: tf.Tensor) -> list[tf.Tensor]:
            known = tf.math.is_finite(scaled[start:stop])
            truth = tf.where(known, scaled[start:stop], placeholder)
            observed = tf.tile(truth, [size, *[1] * len(self._event)])  # draws and points as one axis

            def of_rows(output: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> list[tf.Tensor]:
                nats = self._likelihood.log_prob_entries(output, observed[first:last])
                if seed is None:
                    return [nats]
                return [nats, self._likelihood.sample(output, _row_seed(seed, start, first))]

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

    def _spec(self, *middle: int | None) -> tf.TensorSpec:
        return tf.TensorSpec([None, *middle, *self._event], self._dtype)


def _row_seed(seed: tf.Tensor, point: tf.Tensor, row: tf.Tensor) -> tf.Tensor:
    """The seed of the draws that are made at once, from the first of their points and the first of their rows."""
    return tf.random.fold_in(tf.random.fold_in(seed, point), row)


def _free(tensor: tf.Tensor, axes: int) -> tf.TensorSpec:
    """A tensor's specification with any sizes of its first axes."""
    return tf.TensorSpec([None] * axes + tensor.shape[axes:], tensor.dtype)


def _second(draws: tf.Tensor) -> tf.Tensor:
    """The first two axes exchanged."""
    return tf.transpose(draws, [1, 0, *range(2, draws.shape.rank)])
