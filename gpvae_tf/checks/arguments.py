"""Arguments: shapes, whole numbers, shares and choices.

Letters used in shape comments: B data sets in a batch (videos, objects), n data points of a data set, s query points,
m inducing points, L latent channels, D input columns, H W C image height, width, channels.
"""

import math
import operator
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
import tensorflow as tf

Number = TypeVar("Number", float, tf.Tensor)
Dim = int | str | None


def check_shape(name: str, tensor: tf.Tensor, expected: Sequence[Dim]) -> None:
    """Checks a tensor's static shape; leading dimensions beyond `expected` are free if it starts with "...".

    Args:
      name: the argument's name, for the message.
      tensor: what came.
      expected: sizes; a string stands for any size and names it, and "..." in front for any leading dimensions.

    Raises:
      ValueError: if the rank or a known size differs, or several tensors came, as of a network with two outputs.
    """
    text = ", ".join(str(e) for e in expected)
    if isinstance(tensor, (list, tuple, dict)):
        raise ValueError(f"{name} is a {type(tensor).__name__} of {len(tensor)} tensors; expected one, [{text}]")
    shape = tf.TensorShape(tensor.shape)  # NumPy arrays have plain tuples
    if shape.rank is None:
        return
    free_lead = len(expected) > 0 and expected[0] == "..."
    tail = expected[1:] if free_lead else expected
    rank_ok = shape.rank >= len(tail) if free_lead else shape.rank == len(tail)
    sizes = list(shape)[shape.rank - len(tail) :] if rank_ok else []
    if not rank_ok or any(isinstance(e, int) and s is not None and s != e for e, s in zip(tail, sizes)):
        raise ValueError(f"{name} has shape {tuple(shape)}; expected [{text}]")


def check_probabilities(name: str, values: np.ndarray) -> None:
    """Checks that values can be those of a Bernoulli decoder's data.

    Raises:
      ValueError: if one is outside [0, 1].
    """
    if not np.size(values):
        return
    least, most = float(np.min(values)), float(np.max(values))
    if not 0.0 <= least <= most <= 1.0:
        raise ValueError(f"{name} has values from {least:.6g} to {most:.6g}; a Bernoulli decoder needs [0, 1]")


def checked_classes(name: str, labels: np.ndarray) -> np.ndarray:
    """Labels as an array of the classes 0, 1, ...; yes or no is 1 or 0.

    Raises:
      ValueError: if they are no whole numbers from 0, such as the -1 of what has no label.
    """
    labels = np.asarray(labels)
    if labels.dtype == bool:
        return labels.astype(np.int64)
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{name} has dtype {labels.dtype}; expected whole numbers, classes from 0")
    if np.size(labels) and labels.min() < 0:
        raise ValueError(f"{name} has {np.count_nonzero(labels < 0)} values below 0; leave out what has no label")
    return labels


def unread_names(names: Iterable[str], read: Iterable[str]) -> list[str]:
    """Those names of arrays that nobody reads and that say that they matter: masks, errors, weights and contexts."""
    would_matter = ("mask", "missing", "error", "weight", "context")
    return [name for name in names if name not in read and any(word in name.lower() for word in would_matter)]


def at_least_one(name: str, value: int) -> int:
    """The value.

    Raises:
      ValueError: if it is below 1 or no whole number, such as 2.5 or 2.0.
    """
    if value < 1:
        raise ValueError(f"{name} must be >= 1, got {value}")
    try:
        operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, got {value!r}") from None
    return value


def check_positive(**values: float) -> None:
    """Refuses values that are not positive.

    Raises:
      ValueError: naming the first of them.
    """
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be positive, got {value}")


def check_not_negative(**values: float) -> None:
    """Refuses values below 0, and NaN.

    Raises:
      ValueError: naming the first of them.
    """
    for name, value in values.items():
        if not value >= 0:
            raise ValueError(f"{name} must be >= 0, got {value}")


def check_range(name: str, value: Sequence[float], *, positive: bool = False) -> None:
    """Refuses what is no range (low, high) of numbers with 0 <= low <= high, or 0 < low if it has to be positive.

    The high end may be infinite.

    Raises:
      ValueError: naming the argument, what came and what was expected.
    """
    numbers = isinstance(value, (tuple, list)) and all(isinstance(end, (int, float, np.number)) for end in value)
    low, high = value if numbers and len(value) == 2 else (math.nan, math.nan)
    if not 0.0 <= low <= high or math.isinf(low) or (positive and low == 0.0):
        least = "0 <" if positive else "0 <="
        raise ValueError(f"{name} must be two numbers (low, high) with {least} low <= high, got {value!r}")


def check_fraction(name: str, value: float, *, positive: bool = False) -> float:
    """The value, a share or a probability in [0, 1), or in (0, 1) if it has to be positive.

    Raises:
      ValueError: if it lies elsewhere.
    """
    if not 0.0 <= value < 1.0 or (positive and value == 0.0):
        raise ValueError(f"{name} must lie in {'(' if positive else '['}0, 1), got {value}")
    return value


def check_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """Refuses a value that is none of the choices.

    Raises:
      ValueError: naming the argument and the choices.
    """
    if value not in (choices := list(choices)):
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def draws_needed(tail: float) -> int:
    """The fewest draws that hold a quantile at a distance `tail` from 0 or 1: 1 / tail - 1, rounded up.

    The k-th of S sorted draws is the quantile k / (S + 1), so the least and the greatest lie 1 / (S + 1) from 0 and 1.
    """
    return math.ceil(1.0 / tail - 1.0 - 1e-4)  # rounding of `tail` asks for no further draw


def interval_tails(interval: Number) -> tuple[Number, Number]:
    """Levels of the two quantiles that a central interval lies between, which holds that share of the data."""
    return (1.0 - interval) / 2.0, (1.0 + interval) / 2.0
