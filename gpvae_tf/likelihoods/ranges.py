"""Whether observed values lie where a likelihood can have them."""

import numpy as np


def observed_values(observations: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """The observed values as one vector, for a check of their range."""
    values = np.asarray(observations)
    return values.ravel() if mask is None else values[np.asarray(mask, bool)]


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
