"""The distribution of data given draws of their latents: moments, quantiles, draws and density of p(y), compiled."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from gpvae_tf.likelihoods import Likelihood
from gpvae_tf.models.prediction.chunked import default_chunk, in_chunks
from gpvae_tf.scaling import Scaling
from gpvae_tf.shapes import at_least_one, check_shape
from gpvae_tf.types import Predictive

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
        check_shape("observations", observations, (*z.shape[1:-1], *self._event))
        scaled = tf.reshape(self._scaling.observations(observations, self._dtype), [-1, *self._event])
        (nats,) = self._run(self._log_density, z, inputs, [scaled], chunk)
        return self._shaped(self._scaling.restore_log_density(nats), z)

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
                row_seed = tf.random.fold_in(tf.random.fold_in(seed, start), first)
                kind = self._likelihood
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
        size = tf.shape(z)[0]

        def of_points(start: tf.Tensor, stop: tf.Tensor) -> list[tf.Tensor]:
            observed = tf.tile(scaled[start:stop], [size, *[1] * len(self._event)])  # draws and points as one axis

            def of_rows(output: tf.Tensor, first: tf.Tensor, last: tf.Tensor) -> list[tf.Tensor]:
                return [self._likelihood.log_prob_entries(output, observed[first:last])]

            at = None if inputs is None else inputs[start:stop]
            (nats,) = self._decoded(of_rows, z[:, start:stop], at, chunk, num=1)
            return [tf.reduce_logsumexp(nats, axis=0) - tf.math.log(tf.cast(size, nats.dtype))]

        return in_chunks(of_points, tf.shape(z)[1], tf.maximum(chunk // size, 1), [self._spec()])

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


def quantiles(ordered: tf.Tensor, levels: tf.Tensor) -> tf.Tensor:
    """Quantiles [Q, ...] of S sorted draws [S, ...], the k-th of which is the quantile k / (S + 1).

    A further draw lies below the quantile of level p with just the probability p, whatever S (`numpy.quantile` calls
    the rule "weibull"); levels beyond 1 / (S + 1) and S / (S + 1) get the least and the greatest draw.
    """
    size = tf.shape(ordered)[0]
    position = tf.clip_by_value(levels * tf.cast(size + 1, levels.dtype) - 1.0, 0.0, tf.cast(size - 1, levels.dtype))
    below = tf.floor(position)
    share = tf.reshape(position - below, [-1, *[1] * (ordered.shape.rank - 1)])
    index = tf.cast(below, tf.int32)
    low, high = tf.gather(ordered, index), tf.gather(ordered, tf.minimum(index + 1, size - 1))
    return low + share * (high - low)


def _free(tensor: tf.Tensor, axes: int) -> tf.TensorSpec:
    """A tensor's specification with any sizes of its first axes."""
    return tf.TensorSpec([None] * axes + tensor.shape[axes:], tensor.dtype)


def _second(draws: tf.Tensor) -> tf.Tensor:
    """The first two axes exchanged."""
    return tf.transpose(draws, [1, 0, *range(2, draws.shape.rank)])
