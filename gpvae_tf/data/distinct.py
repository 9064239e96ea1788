"""Whether rounding has merged inputs, as float32 merges times in seconds since 1970 a minute apart."""

import warnings
from typing import Any

import numpy as np

from gpvae_tf.scaling import are_scattered, merged

_ADVICE = "Give float64 or datetime64 from the start, or subtract an origin (such as times - times.min())"


def float_format(values: Any) -> np.dtype | None:
    """The dtype of floating-point numbers as they were given, before `as_numbers`; None if they were anything else.

    Args:
      values: an array, nested lists, or a list of arrays of unequal length.
    """
    try:
        array = np.asarray(values)
    except ValueError:  # NumPy's "inhomogeneous shape"
        array = np.empty(0, object)
    dtypes = [array.dtype] if array.dtype.kind != "O" else [np.asarray(part).dtype for part in values]
    return np.result_type(*dtypes) if all(dtype.kind == "f" for dtype in dtypes) else None


def check_distinct(name: str, array: np.ndarray, *, given: Any = np.float64) -> None:
    """Refuses inputs [..., n, D] that rounding has merged, as float32 merges seconds since 1970 a minute apart.

    Equal inputs are fine by themselves. They are refused if neighbouring values are, in the median, at most 8 times as
    far apart as the format can tell there, unless they are of points in a plane (`are_scattered`), and float32 numbers
    beyond 2^24 in any case, where it does not hold all integers. Of float64 numbers that look as if float32 had held
    them before (`_looks_rounded`) a warning says so, as some are so by nature: every six hours, in Julian days. Numbers
    given in float16 are refused where they look rounded, as up to 2048 it holds the numbers 1, 2, 3, ... and is close.

    Args:
      name: the argument's name, for messages.
      array: float32 or float64.
      given: the format of the numbers before, see `float_format`; None of integers and datetimes, which were no floats.

    Raises:
      ValueError: naming the column.
    """
    for column in range(array.shape[-1]):
        values = np.sort(merged(array[..., column]), axis=-1)
        scattered = array.shape[-1] > 1 and are_scattered(values)
        largest = np.max(np.abs(values))
        said = f"{name}, column {column}, has values up to {largest:.10g}, which "
        kept = f" keeps {np.spacing(largest):.3g} apart: neighbours are merged or moved. "
        if given == np.float16:
            half, repeats = values.astype(np.float16), array.shape[-1] > 1
            if _are_close(half) and not scattered and _any_looks_rounded(half, repeats=repeats):
                step = np.spacing(np.float16(largest))
                raise ValueError(f"{said}float16 keeps {step:.3g} apart: neighbours are merged or moved. {_ADVICE}")
            continue
        if _are_close(values) and not scattered or (array.dtype == np.float32 and largest >= 2.0**24):
            raise ValueError(f"{said}{array.dtype}{kept}{_ADVICE}")
        if given is None or array.dtype == np.float32 or scattered:
            continue
        with np.errstate(over="ignore"):
            single = values.astype(np.float32)
        if np.array_equal(single, values) and _are_close(single):
            if _any_looks_rounded(single, repeats=array.shape[-1] > 1):
                told = f"look as if they had been float32, which keeps {np.spacing(np.float32(largest)):.3g} apart"
                warnings.warn(
                    f"{said}{told}: then neighbours were merged or moved. {_ADVICE}, or give integers", stacklevel=4
                )


def _are_close(values: np.ndarray) -> bool:
    """Whether neighbours in sorted [..., n] are, in the median, hardly further apart than their dtype keeps numbers."""
    steps = _steps(values)
    steps = steps[steps > 0]
    return bool(steps.size and np.median(steps) <= 8.0)


def _steps(values: np.ndarray) -> np.ndarray:
    """Distances of neighbours in sorted [..., n], in units of the distance that their dtype keeps numbers apart."""
    sizes = np.abs(values)
    return np.diff(values, axis=-1) / np.spacing(np.maximum(sizes[..., 1:], sizes[..., :-1]))


def _any_looks_rounded(values: np.ndarray, *, repeats: bool) -> bool:
    """Whether any row of sorted [..., n] is as `_looks_rounded` says."""
    return any(_looks_rounded(row, repeats=repeats) for row in values.reshape(-1, values.shape[-1]))


def _looks_rounded(row: np.ndarray, *, repeats: bool) -> bool:
    """Whether sorted float32 or float16 numbers [n] may be what rounding leaves of times between them.

    They are as close as their format can hold them, and some are there more often, or lie further apart, than others.
    Whole numbers, all of which float32 holds up to 2^24 and float16 up to 2^11, may have holes.

    Args:
      row: the numbers.
      repeats: whether further columns may tell equal numbers apart. Otherwise they are taken for merged, unless they
        are whole: 3-hourly Julian days become 6-hourly ones, each of them twice.
    """
    distinct, counts = np.unique(row, return_counts=True)
    if np.gcd.reduce(np.ceil(_steps(distinct)).astype(np.int64)) != 1:  # daily Julian days are 4 steps apart
        return False
    counts = counts[:-1]  # shorter sequences are padded with their last
    every_one = 2.0 ** (np.finfo(row.dtype).nmant + 1)  # up to here the format holds all whole numbers
    whole = bool(np.max(np.abs(distinct)) < every_one and np.array_equal(distinct, np.round(distinct)))
    if whole and repeats and row.dtype == np.float16:  # such as the pixels of a picture
        return False
    if np.ptp(counts) > 0:
        return True
    if whole:
        return False
    return bool(np.ptp(np.diff(distinct)) > 0 or (counts[0] > 1 and not repeats))
