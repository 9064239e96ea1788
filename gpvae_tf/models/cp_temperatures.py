"""Temperatures of the Gumbel-softmax draw: a number, or a Keras schedule of the training step.

A schedule depends on nothing but the step, so a resumed run has the same temperatures. Keras' own ExponentialDecay has
no lowest value, and takes a decay per interval, which float32 rounds to 1 where intervals are short.
"""

from typing import Any, TypeAlias

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.checks import check_positive

Temperature: TypeAlias = float | keras.optimizers.schedules.LearningRateSchedule


@keras.saving.register_keras_serializable(package="gpvae_tf")
class Annealed(keras.optimizers.schedules.LearningRateSchedule):
    """max(exp(-rate t), floor), t the step rounded down to a multiple of `interval` (Jang et al., 2017).

    Args:
      rate: decay per step, > 0.
      floor: the lowest temperature, > 0.
      interval: steps between changes.

    Raises:
      ValueError: naming the argument that is not positive.
    """

    def __init__(self, rate: float = 3e-5, floor: float = 0.5, interval: int = 1000):
        self.rate, self.floor, self.interval = rate, floor, interval
        check_positive(**self.get_config())

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        refreshed = tf.cast(step // self.interval * self.interval, tf.float32)
        return tf.maximum(tf.exp(-self.rate * refreshed), self.floor)

    def get_config(self) -> dict[str, Any]:
        return {"rate": self.rate, "floor": self.floor, "interval": self.interval}


@keras.saving.register_keras_serializable(package="gpvae_tf")
class CompoundedByEpoch(keras.optimizers.schedules.LearningRateSchedule):
    """tau_e = max(tau_{e-1} exp(-rate e), floor) from tau_0 = 1, epochs e from 1: the schedule of CP-VAE's code.

    That is exp(-rate e (e + 1) / 2): 0.86 at epoch 100, and the floor 0.5 from epoch 215 on.

    Args:
      steps_per_epoch: training steps in an epoch.
      rate: > 0.
      floor: the lowest temperature, > 0.

    Raises:
      ValueError: naming the argument that is not positive.
    """

    def __init__(self, steps_per_epoch: int, rate: float = 3e-5, floor: float = 0.5):
        self.steps_per_epoch, self.rate, self.floor = steps_per_epoch, rate, floor
        check_positive(**self.get_config())

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        epoch = tf.cast(step // self.steps_per_epoch + 1, tf.float32)
        return tf.maximum(tf.exp(-0.5 * self.rate * epoch * (epoch + 1.0)), self.floor)

    def get_config(self) -> dict[str, Any]:
        return {"steps_per_epoch": self.steps_per_epoch, "rate": self.rate, "floor": self.floor}


def at_step(temperature: Temperature, step: tf.Tensor) -> tf.Tensor:
    """The temperature at a training step (a scalar integer tensor, from 0), float32."""
    return temperature(step) if callable(temperature) else tf.constant(temperature, tf.float32)
