"""The likelihood p(y | z): what the decoder's output means, and which of an observation's entries count."""

import abc
import math
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf._keras import widened
from gpvae_tf.likelihoods.ranges import check_range, observed_values
from gpvae_tf.saving import Configurable

tfd = tfp.distributions
Distribution: TypeAlias = Any  # a tfd.Distribution; TFP has no type stubs


class Likelihood(Configurable, tf.Module, abc.ABC):
    """A likelihood under which the entries of an observation are independent given the decoder's output.

    Observations are [..., *event]: vectors [..., C], images [..., H, W, C], or anything else. A likelihood of one's own
    is a subclass that gives `entries`, and `support` if not every real number can be observed; `log_prob_entries` may
    be overridden where there is something faster or more precise than TFP's, and so may `mean` and `variance`, which
    predictions need, where TFP has none.

    Attributes:
      placeholder: a value that can be observed, which stands in the place of missing entries; a likelihood whose
        support lacks 0 sets another.
      support: the least and the greatest value that can be observed; -inf and inf where there is none. `check` and
        SavedModels refuse others, and recalibrated predictions are kept between the two.
      whole_numbers: whether only whole numbers can be observed.
      has_density: whether p(y | z) is a density, in units of the data, and not a probability.
      takes_counts: whether what is observed are counts, of which a network had better see the logarithm.
      takes_errors: whether values may be measured with errors of known size (`measured`), as of real numbers with
        normal noise.

    Each (of the support: each end) is one value, or an array [C] of one per channel.
    """

    placeholder: float | np.ndarray = 0.0
    support: tuple[float | np.ndarray, float | np.ndarray] = (-math.inf, math.inf)
    whole_numbers: bool | np.ndarray = False
    has_density: bool | np.ndarray = True
    takes_counts: bool | np.ndarray = False
    takes_errors: bool | np.ndarray = False

    @property
    def is_discrete(self) -> bool | np.ndarray:
        """Whether draws are some of separate values, such as counts, classes and yes or no."""
        return np.asarray(self.whole_numbers) | ~np.asarray(self.has_density)

    @property
    def takes_any_value(self) -> bool | np.ndarray:
        """Whether every real number can be observed, so that data may be standardised."""
        least, most = self.support
        return np.isinf(least) & np.isinf(most) & ~np.asarray(self.whole_numbers)

    @abc.abstractmethod
    def entries(self, output: tf.Tensor) -> Distribution:
        """The distribution of every entry, batch shape [..., *event], from the decoder's output."""

    def measured_entries(self, output: tf.Tensor, errors: tf.Tensor) -> Distribution:
        """The distribution of every entry as it is measured, y + errors * a standard normal number.

        That of a normal y, which what `takes_errors` has; another likelihood that does overrides it.

        Args:
          output: the decoder's.
          errors: standard deviations [..., *event], >= 0.
        """
        entries = self.entries(output)
        return tfd.Normal(entries.loc, tf.sqrt(tf.square(entries.scale) + tf.square(errors)))

    def check(self, observations: np.ndarray, mask: np.ndarray | None = None) -> None:
        """Refuses observations that have no likelihood of this kind, by `support` and `whole_numbers`.

        A subclass overrides it where these do not say all, such as of a support without its ends.

        Args:
          observations: any number of them.
          mask: of the same shape, True where an entry was observed; others may hold anything. None for all observed.

        Raises:
          ValueError: if a value is outside its range.
        """
        if np.all(self.takes_any_value):
            return
        least, most = self.support
        values = np.asarray(observations)
        fits = (values >= least) & (values <= most) & (~np.asarray(self.whole_numbers) | (values == np.floor(values)))
        needs = f"{type(self).__name__.removesuffix('Likelihood')} needs {_in_words(*self.support)}"
        needs = needs.replace("numbers", "whole numbers") if np.all(self.whole_numbers) else needs
        check_range(observed_values(values, mask), observed_values(fits, mask), needs)

    def output_shape(self, event_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the decoder's output for observations of shape `event_shape`.

        Raises:
          ValueError: if the likelihood has a parameter for every channel and the observations have other channels.
        """
        return tuple(event_shape)

    def first_channels(self, num_channels: int) -> np.ndarray:
        """The first channel of the value that every channel is part of, [C]: its own, where each is a value by itself.

        Channels of one value are observed together and have to be hidden together, as each tells of the others.
        """
        return np.arange(num_channels)

    def at_level(self, means: np.ndarray) -> "Likelihood":
        """The likelihood whose mean at an output of 0 is that of its channels, where the likelihood leaves that open.

        Those of counts without a level do; every other is returned as it is.

        Args:
          means: of the observed values of every channel, [C].
        """
        return self

    def at_exposure(self, output: tf.Tensor, exposure: tf.Tensor) -> tf.Tensor:
        """The output under which means are `exposure` times as large, which counts have (`gpvae_tf.input_roles`).

        Args:
          output: the decoder's.
          exposure: > 0, broadcasts against observations [..., *event].

        Raises:
          TypeError: if the likelihood has no such output.
        """
        raise TypeError(f"{type(self).__name__} takes no exposure: counts do")

    def distribution(self, output: tf.Tensor, event_ndims: int = 3) -> Distribution:
        """p(y | z) as one distribution over whole observations, whose last `event_ndims` axes are the event's."""
        return tfd.Independent(self.entries(output), event_ndims)

    def log_prob_entries(self, output: tf.Tensor, observations: tf.Tensor) -> tf.Tensor:
        """log p of every entry, [..., *event], nats."""
        return self.entries(output).log_prob(tf.cast(observations, output.dtype))

    def log_prob(
        self, output: tf.Tensor, observations: tf.Tensor, mask: tf.Tensor | None = None, *, event_ndims: int = 3
    ) -> tf.Tensor:
        """log p(y | z), summed over an observation's observed entries, [...], nats.

        Half-precision output is summed in float32: a picture's sum of ten thousand terms has no digits left otherwise.

        Args:
          output: the decoder's output.
          observations: [..., *event].
          mask: boolean [..., *event], True = observed, or None for all. Missing entries may hold anything, also NaN.
          event_ndims: number of the event's axes; 3 for images [H, W, C], 1 for vectors.
        """
        output = widened(output)
        axes = list(range(-event_ndims, 0))
        if mask is None:
            return tf.reduce_sum(self.log_prob_entries(output, observations), axis=axes)
        # An infinite log p would have the gradient 0 * inf behind the `where` below.
        observations = tf.where(mask, observations, tf.cast(self.placeholder, tf.convert_to_tensor(observations).dtype))
        entries = self.log_prob_entries(output, observations)
        return tf.reduce_sum(tf.where(mask, entries, tf.zeros_like(entries)), axis=axes)

    def mean(self, output: tf.Tensor) -> tf.Tensor:
        """E[y | z], [..., *event]."""
        return self._moment(self.entries(output), "mean")

    def variance(self, output: tf.Tensor) -> tf.Tensor:
        """Var[y | z] of every entry, [..., *event]."""
        variance = self._moment(self.entries(output), "variance")
        return tf.broadcast_to(variance, tf.shape(self.mean(output)))

    def _moment(self, entries: Distribution, name: str) -> tf.Tensor:
        """The mean or the variance of every entry.

        Raises:
          NotImplementedError: if TFP has none of the distribution, naming it and the likelihood.
        """
        try:
            return getattr(entries, name)()
        except NotImplementedError as error:
            raise NotImplementedError(
                f"{type(self).__name__} has a {type(entries).__name__} for its entries, of which TensorFlow "
                f"Probability knows no {name}: give the likelihood a method {name}(output), which predictions need"
            ) from error

    def sample(self, output: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """One draw of y given z, [..., *event], observation noise included; `seed` is stateless, [2]."""
        return tf.cast(self.entries(output).sample(seed=seed), output.dtype)


def _in_words(least: float | np.ndarray, most: float | np.ndarray) -> str:
    """The numbers from one end to another, either of which may be infinite: "numbers from 0 to 9"."""
    ends = [np.unique(end) for end in (least, most)]
    if any(len(end) > 1 for end in ends):
        return "numbers that their channel can have"
    (low,), (high,) = ends
    return "numbers" + (f" from {low:g}" if np.isfinite(low) else "") + (f" to {high:g}" if np.isfinite(high) else "")
