"""The likelihood of tables with columns of several kinds: every channel has a likelihood of its own."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.likelihoods.base import Distribution, Likelihood
from gpvae_tf.likelihoods.entry_distribution import EntryDistribution
from gpvae_tf.likelihoods.measured import measured


class MixedLikelihood(Likelihood):
    """p(y | z) = prod_c p_c(y_c | z) over the channels c, the entries of an observation's last axis.

    Real numbers beside counts beside yes or no, as in HI-VAE (Nazabal et al., 2020). Channels that are given the same
    object share it, with one parameter or one for each of them: `MixedLikelihood([real, real, BernoulliLikelihood()])`
    with `real = GaussianLikelihood([0.1, 0.1], trainable=True)`. A likelihood's channels stand next to each other in
    the decoder's output [..., S]: first those of the first likelihood, with all numbers that it takes for each.

    Args:
      likelihoods: one for every channel.

    Raises:
      ValueError: if there is none.
      TypeError: if one is no likelihood.
    """

    def __init__(self, likelihoods: Sequence[Likelihood]):
        super().__init__(name="mixed_likelihood")
        self.likelihoods = tuple(likelihoods)
        if not self.likelihoods:
            raise ValueError("likelihoods is empty; expected one for every channel")
        for number, each in enumerate(self.likelihoods):
            if not isinstance(each, Likelihood):
                raise TypeError(f"likelihoods[{number}] is a {type(each).__name__}; expected a Likelihood")
        kinds = list({id(each): each for each in self.likelihoods}.values())
        self._groups = [(kind, [c for c, each in enumerate(self.likelihoods) if each is kind]) for kind in kinds]
        self._back = np.argsort([channel for _, channels in self._groups for channel in channels])
        self.num_channels = len(self.likelihoods)
        self.placeholder = np.array([each.placeholder for each in self.likelihoods])
        least, most = zip(*(each.support for each in self.likelihoods))
        self.support = np.array(least), np.array(most)
        self.whole_numbers = np.array([each.whole_numbers for each in self.likelihoods])
        self.has_density = np.array([each.has_density for each in self.likelihoods])
        self.takes_counts = np.array([each.takes_counts for each in self.likelihoods])
        self.takes_errors = np.array([each.takes_errors for each in self.likelihoods])

    @property
    def takes_any_value(self) -> np.ndarray:
        return np.array([each.takes_any_value for each in self.likelihoods])

    def first_channels(self, num_channels: int) -> np.ndarray:
        first = np.arange(num_channels)
        for kind, channels in self._groups:
            first[channels] = np.asarray(channels)[kind.first_channels(len(channels))]
        return first

    def at_level(self, means: np.ndarray) -> Likelihood:
        made = {id(kind): kind.at_level(means[channels]) for kind, channels in self._groups}
        if all(made[id(each)] is each for each in self.likelihoods):
            return self
        return MixedLikelihood([made[id(each)] for each in self.likelihoods])

    def check(self, observations: np.ndarray, mask: np.ndarray | None = None) -> None:
        for kind, channels in self._groups:
            try:
                kind.check(observations[..., channels], None if mask is None else mask[..., channels])
            except ValueError as error:
                raise ValueError(f"channel {', '.join(map(str, channels))} (of {self.num_channels}): {error}") from None

    def output_shape(self, event_shape: tuple[int, ...]) -> tuple[int, ...]:
        """[..., S] for observations [..., C], S the sum of the numbers that the channels' likelihoods take."""
        if tuple(event_shape)[-1:] != (self.num_channels,):
            raise ValueError(
                f"likelihoods has {self.num_channels} entries; observations of shape {tuple(event_shape)} need one per "
                "entry of the last axis"
            )
        return (*event_shape[:-1], sum(math.prod(kind.output_shape((len(c),))) for kind, c in self._groups))

    def entries(self, output: tf.Tensor) -> Distribution:
        return _Entries(self, output)

    def measured_entries(self, output: tf.Tensor, errors: tf.Tensor) -> Distribution:
        return _Entries(self, output, errors)

    def at_exposure(self, output: tf.Tensor, exposure: tf.Tensor) -> tf.Tensor:
        """The output of other likelihoods than those of counts stays as it is."""
        lead, found = tf.shape(output)[:-1], []
        for kind, channels, part in self._parts(output):
            if np.all(kind.takes_counts):
                part = kind.at_exposure(part, tf.gather(exposure, channels, axis=-1))
            found.append(tf.reshape(part, tf.concat([lead, [-1]], axis=0)))
        return tf.concat(found, axis=-1)

    def _moment(self, entries: Distribution, name: str) -> tf.Tensor:
        """The mean or the variance of every entry; a channel's likelihood that has none says so itself."""
        return getattr(entries, name)()

    def by_group(
        self, output: tf.Tensor, function: Callable[[Likelihood, tf.Tensor, list[int]], tf.Tensor]
    ) -> tf.Tensor:
        """What a function gives for every group of channels that share a likelihood, as [..., C] in their order.

        Args:
          output: the decoder's, [..., S].
          function: of a likelihood, its part of the output [..., c, ...], and the numbers of its c channels.
        """
        found = [tf.cast(function(kind, part, channels), output.dtype) for kind, channels, part in self._parts(output)]
        return tf.gather(tf.concat(found, axis=-1), self._back, axis=-1)

    def _parts(self, output: tf.Tensor) -> list[tuple[Likelihood, list[int], tf.Tensor]]:
        """Every likelihood with the numbers of its c channels and its part [..., c, ...] of the output [..., S]."""
        found, start = [], 0
        for kind, channels in self._groups:
            shape = kind.output_shape((len(channels),))
            stop = start + math.prod(shape)
            part = output[..., start:stop]
            if len(shape) > 1:  # several numbers for a channel
                part = tf.reshape(part, tf.concat([tf.shape(part)[:-1], shape], axis=0))
            found.append((kind, channels, part))
            start = stop
        return found


class _Entries(EntryDistribution):
    """The entries [..., C] of observations under a mixed likelihood, from the decoder's output [..., S].

    With errors [..., C] they are those of what is measured; channels that take none are as they are.
    """

    def __init__(self, likelihood: MixedLikelihood, output: tf.Tensor, errors: tf.Tensor | None = None):
        super().__init__(output, dict(locals()))
        self._likelihood, self._errors = likelihood, errors

    def _batch_shape(self) -> tf.TensorShape:
        return self._output.shape[:-1].concatenate([self._likelihood.num_channels])

    def _batch_shape_tensor(self, **parameters: Any) -> tf.Tensor:
        return tf.concat([tf.shape(self._output)[:-1], [self._likelihood.num_channels]], axis=0)

    def _log_prob(self, value: tf.Tensor) -> tf.Tensor:
        return self._by_group(
            lambda kind, part, channels: kind.log_prob_entries(part, tf.gather(value, channels, axis=-1))
        )

    def _mean(self) -> tf.Tensor:
        return self._by_group(lambda kind, part, channels: kind.mean(part))

    def _variance(self) -> tf.Tensor:
        return self._by_group(lambda kind, part, channels: kind.variance(part))

    def _sample_n(self, n: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return self._by_group(
            lambda kind, part, channels: kind.entries(part).sample(n, seed=tf.random.fold_in(seed, channels[0]))
        )

    def _by_group(self, function: Callable[[Likelihood, tf.Tensor, list[int]], tf.Tensor]) -> tf.Tensor:
        """`MixedLikelihood.by_group` with the likelihood of what is measured in the place of one that takes errors."""

        def of_group(kind: Likelihood, part: tf.Tensor, channels: list[int]) -> tf.Tensor:
            known = self._errors is not None and np.all(kind.takes_errors)
            errors = tf.gather(self._errors, channels, axis=-1) if known else None
            return function(measured(kind, errors), part, channels)

        return self._likelihood.by_group(self._output, of_group)
