"""A batch whose gaps are filled in with what a model predicts."""

import tensorflow as tf

from gpvae_tf.checks import check_fraction
from gpvae_tf.models.masks import entries_of
from gpvae_tf.models.prediction.predictor import checked_levels
from gpvae_tf.types import Imputation, Predictive


def interval_levels(interval: float | tf.Tensor, num_samples: int | tf.Tensor) -> tf.Tensor:
    """Levels [2] of the quantiles that a central interval lies between.

    Raises:
      ValueError: if the interval is outside (0, 1), or there are too few draws for it.
    """
    if tf.is_tensor(interval):
        return checked_levels(tf.stack([(1.0 - interval) / 2.0, (1.0 + interval) / 2.0]), num_samples)
    check_fraction("interval", interval, positive=True)
    return checked_levels(((1.0 - interval) / 2.0, (1.0 + interval) / 2.0), num_samples)


def with_gaps_filled(observations: tf.Tensor, mask: tf.Tensor | None, predicted: Predictive) -> Imputation:
    """The result of an imputation.

    Args:
      observations: [..., *event]; anything where the mask is false.
      mask: boolean, for points or for entries, True = observed; None if nothing is missing.
      predicted: the distribution at all points, with the interval's two quantiles.
    """
    observations = tf.convert_to_tensor(observations)
    dtype = observations.dtype if observations.dtype.is_floating else predicted.mean.dtype
    observations, mean = tf.cast(observations, dtype), tf.cast(predicted.mean, dtype)
    filled = observations if mask is None else tf.where(entries_of(mask, observations), observations, mean)
    lower, upper = tf.unstack(predicted.quantiles, num=2)
    return Imputation(filled, predicted.mean, predicted.stddev, lower, upper)
