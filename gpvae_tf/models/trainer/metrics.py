"""Keras metrics of the training logs, which allow for steps that were not finite and for replicas."""

import tensorflow as tf

from gpvae_tf._keras import keras


class EpochMean(keras.metrics.Mean):
    """Mean of an epoch's values; NaN if there were none (Keras' 0 would pass for the best bound ever)."""

    def update_finite(self, values: tf.Tensor) -> None:
        """Leaves out what is not finite: a training step that is skipped must not hide the mean of the others.

        Of an evaluation all values count (`update_state`): a model must not look better for having no bound of some.
        """
        finite = tf.math.is_finite(values)
        self.update_state(tf.where(finite, values, tf.zeros_like(values)), tf.cast(finite, values.dtype))

    def result(self) -> tf.Tensor:
        """total / count."""
        return tf.math.divide(self.total, self.count)


class RunningTotal(keras.metrics.Sum):
    """A sum over the whole run: not reset between epochs, saved with the model."""

    def reset_state(self) -> None:
        """Keeps the total."""


class UntrackedMetric:
    """Holds a metric where neither checkpoints nor `model.variables` find it: those of old runs do not have it.

    Args:
      metric: a metric of one epoch, of which nothing needs to be kept.
    """

    def __init__(self, metric: keras.metrics.Metric):
        self.metric = metric
