"""Flags that state a time: a period, or how far ahead forecasts reach."""

import math
import re

from gpvae_tf.data import SequenceData
from gpvae_tf.data.layout import NUMBERS


def in_time_units(name: str, text: str | None, sequences: SequenceData) -> float | None:
    """A time in the unit of the sequences' times: a number, or where they are dates a duration such as 24h or 7d.

    Args:
      name: of the flag.
      text: its value; None where it is not given.
      sequences: whose times it is of.

    Raises:
      ValueError: if it is neither, not positive, or a duration for times that are numbers.
    """
    if text is None:
        return None
    try:
        found = float(text)
    except ValueError:
        found = _seconds(name, text)
        if sequences.layout.time_kind in (None, NUMBERS):
            raise ValueError(
                f"--{name}={text} is a duration, and the times are numbers; give a number in their unit"
            ) from None
    if not 0.0 < found < math.inf:
        raise ValueError(f"--{name} must be positive and finite, got {text}")
    return found


def is_in_seconds(text: str, sequences: SequenceData) -> bool:
    """Whether a time is a number without a unit where the sequences' times are dates or durations."""
    try:
        float(text)
    except ValueError:
        return False
    return sequences.layout.time_kind not in (None, NUMBERS)


def _seconds(name: str, text: str) -> float:
    import pandas as pd

    capital = re.sub(r"(?<![a-zA-Z])[dw](?![a-zA-Z])", lambda unit: unit[0].upper(), text)  # as pandas will have them
    try:
        return float(pd.Timedelta(capital).total_seconds())
    except ValueError as error:
        raise ValueError(f"--{name}={text} is no number and no duration such as 24h, 7d or 90min") from error
