"""Latents that say nothing of the data, which training does not stop at: the bound has no regulariser left."""

import warnings
from collections.abc import Sequence

ENOUGH_STEPS, NOTHING_SAID = 100, 1e-3  # steps after which a regulariser of the bound below so many nats is told of


def check_informed(regularizers: Sequence[float], steps: int) -> None:
    """Warns of a bound that has no regulariser left after many steps.

    Args:
      regularizers: the bound's, nats per data set, one per epoch.
      steps: that were taken.
    """
    if steps >= ENOUGH_STEPS and len(regularizers) and abs(regularizers[-1]) < NOTHING_SAID:
        warnings.warn(
            f"after {steps:,} steps the regularizer of the bound is {regularizers[-1]:.1e} nats per data set: the "
            "latents say nothing of the data (posterior collapse), and predictions are the same for all of it. An "
            "encoder that gives the same for every observation does that, as one with a dead ReLU; so do a learning "
            "rate that is too large at first and a beta that is",
            stacklevel=3,
        )
