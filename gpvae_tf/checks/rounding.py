"""How far numbers that were rounded, or added up, may lie beside where they should be."""

import numpy as np

SHARE = 1e-6  # of a unit, by which sums may
ULPS = 2.0  # by which rounded numbers may, in units in the last place of the greatest


def rounding(numbers: np.ndarray, unit: float) -> float:
    """How much of a unit numbers may lie beside a multiple of it, as times do in float32, or sums of 0.1.

    Args:
      numbers: any number of them; those that are not finite do not count.
      unit: such as a period, in their unit.
    """
    greatest = np.max(np.abs(numbers), initial=0, where=np.isfinite(numbers))
    return max(SHARE, ULPS * float(np.spacing(greatest)) / unit)
