"""The period that a flag of `gpvae fit` states."""

import math

from gpvae_tf.data import SequenceData
from gpvae_tf.data.layout import NUMBERS


def in_time_units(text: str | None, sequences: SequenceData) -> float | None:
    """A period in the unit of the sequences' times: a number, or where they are dates a duration such as 24h or 7d.

    Raises:
      ValueError: if it is neither, not positive, or a duration for times that are numbers.
    """
    if text is None:
        return None
    try:
        period = float(text)
    except ValueError:
        period = _seconds(text)
        if sequences.layout.time_kind in (None, NUMBERS):
            raise ValueError(
                f"--period={text} is a duration, and the times are numbers; give a number in their unit"
            ) from None
    if not 0.0 < period < math.inf:
        raise ValueError(f"--period must be positive and finite, got {text}")
    return period


def _seconds(text: str) -> float:
    import pandas as pd

    try:
        return float(pd.Timedelta(text).total_seconds())
    except ValueError as error:
        raise ValueError(f"--period={text} is no number and no duration such as 24h, 7d or 90min") from error
