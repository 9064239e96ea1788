"""What a user's data come to: values, times, and which of the values may be looked at."""

from typing import NamedTuple

import numpy as np


class Part(NamedTuple):
    """Sequences and which of their values may be looked at.

    Attributes:
      values: [N, n, *event], hidden ones too.
      times: [n], the same for all sequences, or [N, n].
      mask: boolean, of the shape of the values, False where a value is hidden.
    """

    values: np.ndarray
    times: np.ndarray
    mask: np.ndarray

    @property
    def inputs(self) -> np.ndarray:
        """The times as inputs, [N, n, 1]."""
        return np.broadcast_to(self.times[..., np.newaxis], (*self.values.shape[:2], 1))

    @property
    def scale(self) -> np.ndarray:
        """Standard deviation of the visible values of every channel, [C]: the unit in which errors are stated."""
        return np.std(self.values, axis=tuple(range(self.values.ndim - 1)), where=self.mask)
