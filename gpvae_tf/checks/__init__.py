"""Checks of shapes and values, with messages that name the argument."""

from gpvae_tf.checks.arguments import (
    at_least_one,
    check_choice,
    check_fraction,
    check_not_negative,
    check_positive,
    check_probabilities,
    check_range,
    check_shape,
    checked_classes,
    draws_needed,
    interval_tails,
    unread_names,
)
from gpvae_tf.checks.measurement_errors import LARGEST_ERROR, channels_with_errors, check_errors, check_takes_errors
from gpvae_tf.checks.ranges import channel_range, hardly_told_apart
from gpvae_tf.checks.rounding import rounding

__all__ = [
    "LARGEST_ERROR",
    "at_least_one",
    "channel_range",
    "channels_with_errors",
    "check_choice",
    "check_errors",
    "check_fraction",
    "check_not_negative",
    "check_positive",
    "check_probabilities",
    "check_range",
    "check_shape",
    "check_takes_errors",
    "checked_classes",
    "draws_needed",
    "hardly_told_apart",
    "interval_tails",
    "rounding",
    "unread_names",
]
