"""Parameters of likelihoods: positive numbers, one for all channels or one for each."""

from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf.checks import check_positive


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
