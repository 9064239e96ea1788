"""Whether observed values lie where a likelihood can have them."""

import numpy as np


def observed_values(observations: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """The observed values as one vector, for a check of their range."""
    values = np.asarray(observations)
    return values.ravel() if mask is None else values[np.asarray(mask, bool)]


def range_in_words(least: float | np.ndarray, most: float | np.ndarray) -> str:
    """The numbers from one end to another, either of which may be infinite: "numbers from 0 to 9"."""
    ends = [np.unique(end) for end in (least, most)]
    if any(len(end) > 1 for end in ends):
        return "numbers that their channel can have"
    (low,), (high,) = ends
    return "numbers" + (f" from {low:g}" if np.isfinite(low) else "") + (f" to {high:g}" if np.isfinite(high) else "")


def check_range(values: np.ndarray, fits: np.ndarray, needs: str) -> None:
    """Refuses observations outside a likelihood's support.

    Args:
      values: the observed values.
      fits: of the same shape, which of them lie in the support.
      needs: what the likelihood takes, for the message: "a Poisson likelihood needs whole numbers from 0".

    Raises:
      ValueError: with the range of the values and the first that does not fit.
    """
    if np.all(fits):
        return
    found, first = f"{np.min(values):.6g} to {np.max(values):.6g}", values[~fits][0]
    raise ValueError(f"observations has values from {found}, {first:.6g} among them; {needs}")
