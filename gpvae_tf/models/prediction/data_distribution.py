"""The distribution of data given draws of their latents: moments, quantiles, draws and density of p(y), compiled."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import at_least_one, check_shape
from gpvae_tf.likelihoods import Likelihood, errors_for
from gpvae_tf.models.observation_checks import check_errors_of
from gpvae_tf.models.prediction.chunked import default_chunk
from gpvae_tf.models.prediction.decoded_draws import DecodedDraws, Decoder
from gpvae_tf.scaling import Scaling
from gpvae_tf.types import EntryScores, Predictive


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
        self._draws = DecodedDraws(decoder, likelihood, event_shape, dtype)
        self._likelihood, self._scaling = likelihood, scaling
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
        errors: tf.Tensor | None = None,
        chunk: int | None = None,
        keep_samples: bool = True,
    ) -> Predictive:
        """Moments, quantiles and draws of the data at points [*lead], in original units.

        Args:
          z: draws of the latents, [S, *lead, L], S >= 2.
          inputs: [*lead, D], for a decoder that sees them; else None.
          seed: stateless seed [2] of the observation noise.
          levels: of the quantiles, [Q].
          errors: of what is measured of the data, standard deviations [*lead, *event]; None for the data themselves.
          chunk: observations decoded at once; `default_chunk` if None.
          keep_samples: whether the draws are returned.
        """
        rest = [tf.cast(seed, tf.int32), tf.cast(levels, self._dtype), *self._scaled_errors(errors, z)]
        mean, latent, noise, *others = self._run(self._draws.summary, z, inputs, rest, chunk, keep_samples=keep_samples)
        units, squared = self._scaling.restore, self._scaling.restore_variance
        swapped = [1, 0, *range(2, 2 + len(self._event))]
        quantiles, *samples = (self._shaped(tf.transpose(units(part), swapped), z) for part in others)
        mean, latent, noise = (self._shaped(part, z) for part in (units(mean), squared(latent), squared(noise)))
        return Predictive(mean, latent, noise, quantiles, samples[0] if samples else None)

    def log_density(
        self,
        z: tf.Tensor,
        inputs: tf.Tensor | None,
        observations: tf.Tensor,
        *,
        errors: tf.Tensor | None = None,
        chunk: int | None = None,
    ) -> tf.Tensor:
        """log 1/S sum_s p(y_j | z_s) of every entry of observations [*lead, *event], nats per original unit.

        Args:
          z, inputs, errors, chunk: see `summary`.
          observations: what was observed.

        Raises:
          ValueError: if what was observed cannot be, or errors of it, or the likelihood has no place for these.
        """
        if errors is not None and tf.executing_eagerly():
            given = {"observations": observations, "errors": errors, "mask": np.isfinite(observations)}
            check_errors_of(given, self._likelihood.takes_errors)
        rest = [self._scaled(observations, z), *self._scaled_errors(errors, z)]
        if tf.executing_eagerly():
            known = np.isfinite(rest[0])
            self._likelihood.check(rest[0].numpy(), _whole(known, self._likelihood.first_channels(self._event[-1])))
        (nats,) = self._run(self._draws.log_density, z, inputs, rest, chunk)
        return self._shaped(self._scaling.restore_log_density(nats), z)

    def scores(
        self,
        z: tf.Tensor,
        inputs: tf.Tensor | None,
        observations: tf.Tensor,
        seed: tf.Tensor,
        *,
        errors: tf.Tensor | None = None,
        chunk: int | None = None,
    ) -> EntryScores:
        """`log_density`, and the continuous ranked probability score of a draw of y for every draw of the latents.

        Args:
          z, inputs, seed, errors, chunk: see `summary`.
          observations: [*lead, *event].
        """
        rest = [self._scaled(observations, z), tf.cast(seed, tf.int32), *self._scaled_errors(errors, z)]
        nats, distance = self._run(self._draws.scores, z, inputs, rest, chunk)
        in_units = self._scaling.restore_log_density(nats), self._scaling.restore_difference(distance)
        return EntryScores(*(self._shaped(part, z) for part in in_units))

    def _scaled(self, observations: tf.Tensor, z: tf.Tensor) -> tf.Tensor:
        """Observations [*lead, *event] as [P, *event], scaled."""
        check_shape("observations", observations, (*z.shape[1:-1], *self._event))
        return tf.reshape(self._scaling.observations(observations, self._dtype), [-1, *self._event])

    def _scaled_errors(self, errors: tf.Tensor | None, z: tf.Tensor) -> list[tf.Tensor]:
        """Errors [*lead, *event] as [P, *event], scaled, in a list that is empty without errors."""
        if errors_for(self._likelihood, errors) is None:
            return []
        check_shape("errors", errors, (*z.shape[1:-1], *self._event))
        return [tf.reshape(self._scaling.differences(errors, self._dtype), [-1, *self._event])]

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
        specs = [_free(z, 2), tf.TensorSpec([], tf.int32), *(_free(part, 1) for part in (*points, *rest))]
        key = (method.__name__, inputs is None, *options.values(), *specs)
        if key not in self._compiled:
            # No lambda, whose code all keys would share: TensorFlow would warn of a function that is traced too often.
            called = functools.partial(_called, method, [] if points else [None], options)
            self._compiled[key] = tf.function(called, specs)
        return self._compiled[key](z, tf.constant(size), *points, *rest)


def _whole(known: np.ndarray, first_channels: np.ndarray) -> np.ndarray:
    """Where all channels of a value are known; a class of which a part is missing has no density."""
    for first in np.unique(first_channels[first_channels != np.arange(len(first_channels))]):
        of_value = first_channels == first
        known = np.where(of_value, known[..., of_value].all(axis=-1, keepdims=True), known)
    return known


def _called(method: Callable[..., list[tf.Tensor]], at: list[None], options: dict[str, bool], *given: tf.Tensor) -> Any:
    return method(*given[:2], *at, *given[2:], **options)


def _free(tensor: tf.Tensor, axes: int) -> tf.TensorSpec:
    """A tensor's specification with any sizes of its first axes."""
    return tf.TensorSpec([None] * axes + tensor.shape[axes:], tensor.dtype)
