"""The likelihood p(y | z): what the decoder's output means, and which of an observation's entries count."""

import abc
import math
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.checks import check_positive
from gpvae_tf.saving import Configurable

tfd = tfp.distributions
Distribution: TypeAlias = Any  # a tfd.Distribution; TFP has no type stubs


class Likelihood(Configurable, tf.Module, abc.ABC):
    """A likelihood under which the entries of an observation are independent given the decoder's output.

    Observations are [..., *event]: vectors [..., C], images [..., H, W, C], or anything else. A likelihood of one's own
    is a subclass that gives `entries`, and `check` if not every real number can be observed; `log_prob_entries` may be
    overridden where there is something faster or more precise than TFP's.

    Attributes:
      placeholder: a value that can be observed, which stands in the place of missing entries; a likelihood whose
        support lacks 0 sets another.
      support: the least and the greatest value that can be observed, ends that predictions are kept between when they
        are recalibrated; -inf and inf where there is none.
      takes_any_value: whether every real number can be observed, so that data may be standardised.
      takes_counts: whether what is observed are counts, of which a network had better see the logarithm.

    Each (of the support: each end) is one value, or an array [C] of one per channel.
    """

    placeholder: float | np.ndarray = 0.0
    support: tuple[float | np.ndarray, float | np.ndarray] = (-math.inf, math.inf)
    takes_any_value: bool | np.ndarray = True
    takes_counts: bool | np.ndarray = False

    @abc.abstractmethod
    def entries(self, output: tf.Tensor) -> Distribution:
        """The distribution of every entry, batch shape [..., *event], from the decoder's output."""

    def check(self, observations: np.ndarray, mask: np.ndarray | None = None) -> None:  # noqa: B027 (most take any)
        """Refuses observations that have no likelihood of this kind.

        Args:
          observations: any number of them.
          mask: of the same shape, True where an entry was observed; others may hold anything. None for all observed.

        Raises:
          ValueError: if a value is outside its range.
        """

    def output_shape(self, event_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the decoder's output for observations of shape `event_shape`.

        Raises:
          ValueError: if the likelihood has a parameter for every channel and the observations have other channels.
        """
        return tuple(event_shape)

    def at_level(self, means: np.ndarray) -> "Likelihood":
        """The likelihood whose mean at an output of 0 is that of its channels, where the likelihood leaves that open.

        Those of counts without a level do; every other is returned as it is.

        Args:
          means: of the observed values of every channel, [C].
        """
        return self

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
        return self.entries(output).mean()

    def variance(self, output: tf.Tensor) -> tf.Tensor:
        """Var[y | z] of every entry, [..., *event]."""
        entries = self.entries(output)
        return tf.broadcast_to(entries.variance(), tf.shape(entries.mean()))

    def sample(self, output: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """One draw of y given z, [..., *event], observation noise included; `seed` is stateless, [2]."""
        return tf.cast(self.entries(output).sample(seed=seed), output.dtype)


def widened(output: tf.Tensor) -> tf.Tensor:
    """A network's output in float32 if it is in half precision, else as it is."""
    return tf.cast(output, tf.float32) if output.dtype in (tf.float16, tf.bfloat16) else output


def positive_numbers(name: str, value: Any) -> np.ndarray:
    """One positive number, or one per channel [C], in float64.

    Raises:
      ValueError: if it has another shape, or a number is not positive and finite.
    """
    array = np.asarray(value, np.float64)
    if array.ndim > 1 or not array.size or not np.all(np.isfinite(array) & (array > 0)):
        raise ValueError(f"{name} must be positive and finite, one number or one per channel, got {value}")
    return array


def learned_exponential(name: str, initial: np.ndarray, gain: float) -> tf.Module:
    """A positive parameter exp(g raw): a step of Adam changes it by g times its learning rate of itself.

    Args:
      name: of the variable.
      initial: where it starts.
      gain: g > 0.

    Raises:
      ValueError: if the gain is not positive.
    """
    check_positive(gain=gain)
    bijector = tfp.bijectors.Exp()(tfp.bijectors.Scale(tf.constant(gain, tf.float32)))
    return tfp.util.TransformedVariable(tf.constant(initial, tf.float32), bijector, name=name)


def check_channels(name: str, parameter: np.ndarray | tf.Tensor, event_shape: tuple[int, ...]) -> None:
    """Refuses a parameter of a likelihood with one value per channel for observations with other channels.

    Args:
      name: the parameter's name.
      parameter: one number, or [C].
      event_shape: the shape of an observation, whose last axis is the channels.

    Raises:
      ValueError: if it is neither one number nor as long as the last axis.
    """
    shape = tuple(parameter.shape)
    if shape and (len(shape) > 1 or shape != tuple(event_shape)[-1:]):
        raise ValueError(
            f"{name} has shape {shape}; observations of shape {tuple(event_shape)} need one number or one "
            "per entry of the last axis"
        )


def observed_values(observations: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """The observed values as one vector, for a check of their range."""
    values = np.asarray(observations)
    return values.ravel() if mask is None else values[np.asarray(mask, bool)]


def check_range(values: np.ndarray, fits: np.ndarray, needs: str) -> None:
    """Refuses observations outside a likelihood's support.

    Args:
      values: the observed values.
      fits: of the same shape, which of them lie in the support.
      needs: what the likelihood takes, for the message: "a Poisson likelihood needs whole numbers from 0".

    Raises:
      ValueError: with the range of the values and the first that does not fit.
    """
    if np.all(fits):
        return
    found, first = f"{np.min(values):.6g} to {np.max(values):.6g}", values[~fits][0]
    raise ValueError(f"observations has values from {found}, {first:.6g} among them; {needs}")
