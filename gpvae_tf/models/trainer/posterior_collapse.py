"""A warning of posterior collapse: training goes on where the latents say nothing of the data."""

import warnings
from collections.abc import Callable, Sequence

import tensorflow as tf

ENOUGH_STEPS = 100  # warn after this many steps
NOTHING_SAID = 1e-3  # if the bound's regularizer is below this many nats


def is_constant(codes: tf.Tensor) -> bool:
    """Whether what an encoder says of observations, [B, L, n], is the same for all of them."""
    return bool(tf.reduce_all(tf.math.reduce_std(codes, axis=[0, -1]) <= 1e-6 * tf.reduce_max(tf.abs(codes))))


def check_informed(regularizers: Sequence[float], steps: int, is_blind: Callable[[], bool] = lambda: False) -> None:
    """Warns of a regularizer near 0 after many steps, or of an encoder that gives the same for all observations.

    Args:
      regularizers: the bound's, nats per data set, one per epoch.
      steps: training steps taken.
      is_blind: whether the encoder gives the same for all observations. The regulariser of a latent GP is not 0 then,
        because what it gives need not be the prior's.
    """
    if steps < ENOUGH_STEPS:
        return
    if len(regularizers) and abs(regularizers[-1]) < NOTHING_SAID:
        found = f"the regularizer of the bound is {regularizers[-1]:.1e} nats per data set"
    elif is_blind():
        found = "the encoder gives the same for every observation"
    else:
        return
    warnings.warn(
        f"after {steps:,} steps {found}: the latents say nothing of the data (posterior collapse), and predictions are "
        "the same for all of it. A dead ReLU in the encoder does that; so do a learning rate that is too large at "
        "first and a beta that is",
        stacklevel=4,
    )
