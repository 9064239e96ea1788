"""What "differs" means wherever our numbers stand beside others, and the table they are printed in."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

RTOL = 1e-6
# Between exact GP regression in float32 and our float64: 1.3e-5 on golden/'s files, 2.5e-5 on 30 others with noise
# variances above 0.03, 2e-4 where they fall to 0.002.
RTOL_FLOAT32 = 1e-4
FLOOR, FLOOR_FLOAT32 = 1e-5, 0.1


def relative_difference(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """|ours - theirs| / max(|theirs|, floor * max|theirs|), elementwise; max|theirs| is over the whole array.

    The floor keeps entries that nearly cancelled from exploding: they are judged as if they were that share of the
    array's largest. It is FLOOR = 1e-5 if `theirs` is float64, and FLOOR_FLOAT32 = 0.1 otherwise, since float32 sums
    are wrong by about 1e-7 of their largest part, however small they come out. Hence in float64 a relative change of
    1e-5 in one entry shows as 1e-5 if the entry is at least 1e-5 of the largest, and as more than 1e-6 down to 1e-6
    of it. An entry that is not finite on either side differs by infinity, and so does anything from an array of zeros.

    Args:
      ours, theirs: arrays of one shape; subtracted in float64.

    Raises:
      ValueError: if the shapes differ.
    """
    floor = FLOOR if np.asarray(theirs).dtype == np.float64 else FLOOR_FLOAT32
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    if ours.shape != theirs.shape:
        raise ValueError(f"ours has shape {ours.shape}, theirs {theirs.shape}")
    finite = np.isfinite(ours) & np.isfinite(theirs)
    size = np.abs(np.where(finite, theirs, 0.0))
    gap = np.abs(np.where(finite, ours, 0.0) - np.where(finite, theirs, 0.0))
    scale = np.maximum(size, floor * np.max(size, initial=0.0))
    ratio = np.divide(gap, scale, out=np.where(gap > 0, np.inf, 0.0), where=scale > 0)
    return np.where(finite, ratio, np.inf)


class LargestDifference(NamedTuple):
    """The entry of an array where two sides differ most.

    Attributes:
      theirs, ours: its values.
      difference: its relative difference.
    """

    theirs: float
    ours: float
    difference: float


def largest_difference(ours: np.ndarray, theirs: np.ndarray) -> LargestDifference:
    """The entry with the largest `relative_difference`.

    Raises:
      ValueError: if the shapes differ or the arrays are empty.
    """
    ratio = relative_difference(ours, theirs)
    if ratio.size == 0:
        raise ValueError("an empty array has nothing to compare")
    index = int(np.argmax(ratio))
    return LargestDifference(float(np.ravel(theirs)[index]), float(np.ravel(ours)[index]), float(ratio.flat[index]))


def band(theirs: np.ndarray, rtol: float, rtol_float32: float) -> float:
    """The largest difference that counts as equal: `rtol` for numbers made in float64, `rtol_float32` for others."""
    return rtol if np.asarray(theirs).dtype == np.float64 else rtol_float32


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of text under a header, columns aligned with spaces."""
    lines = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join("  ".join(cells).rstrip() for cells in padded)
