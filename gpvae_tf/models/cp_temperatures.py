"""Temperatures of the Gumbel-softmax draw as functions of the training step, so that a resumed run has the same."""

import abc

import tensorflow as tf


class Temperature(abc.ABC):
    """A positive temperature for every training step."""

    @abc.abstractmethod
    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """The temperature at a step (a scalar integer tensor, from 0), float32."""


class Constant(Temperature):
    """The same temperature always (2/3 in Maddison et al., 2017).

    Args:
      value: > 0.
    """

    def __init__(self, value: float):
        self.value = _positive("value", value)

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        return tf.constant(self.value, tf.float32)


class Annealed(Temperature):
    """max(exp(-rate t), floor), t the step, refreshed every `interval` steps (Jang et al., 2017, whom CP-VAE cites).

    Args:
      rate: per step, > 0.
      floor: the lowest temperature, > 0.
      interval: steps between changes.
    """

    def __init__(self, rate: float = 3e-5, floor: float = 0.5, interval: int = 1000):
        self.rate, self.floor = _positive("rate", rate), _positive("floor", floor)
        self.interval = int(_positive("interval", interval))

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        refreshed = tf.cast(step // self.interval * self.interval, tf.float32)
        return tf.maximum(tf.exp(-self.rate * refreshed), self.floor)


class CompoundedByEpoch(Temperature):
    """tau_e = max(tau_{e-1} exp(-rate e), floor) from tau_0 = 1, epochs e from 1: the schedule of CP-VAE's code.

    That is exp(-rate e (e + 1) / 2): 0.86 at epoch 100, and the floor 0.5 from epoch 215 on.

    Args:
      steps_per_epoch: training steps in an epoch.
      rate: > 0.
      floor: the lowest temperature, > 0.
    """

    def __init__(self, steps_per_epoch: int, rate: float = 3e-5, floor: float = 0.5):
        self.steps_per_epoch = int(_positive("steps_per_epoch", steps_per_epoch))
        self.rate, self.floor = _positive("rate", rate), _positive("floor", floor)

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        epoch = tf.cast(step // self.steps_per_epoch + 1, tf.float32)
        return tf.maximum(tf.exp(-0.5 * self.rate * epoch * (epoch + 1.0)), self.floor)


def _positive(name: str, value: float) -> float:
    if not value > 0:
        raise ValueError(f"{name} must be positive, got {value}")
    return value
