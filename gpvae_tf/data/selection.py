"""Which of N sequences a user means: a slice, truth values or numbers."""

from typing import Any

import numpy as np


def numbers(sequences: Any, num: int) -> np.ndarray:
    """The numbers, 0 to N - 1, of the sequences that `SequenceData.take` is asked for, at least one.

    Args:
      sequences: a slice, a boolean array [N], or one or more numbers of sequences, those below 0 from the end.
      num: N.

    Raises:
      ValueError: if it is none of these, or chooses no sequence.
      IndexError: if there is no sequence of a number.
    """
    if isinstance(sequences, slice):
        chosen = np.arange(num)[sequences]
    else:
        asked = np.asarray(sequences)
        found = f"sequences is {asked.dtype} of shape {asked.shape}"
        if asked.dtype == np.bool_ and asked.shape != (num,):
            raise ValueError(f"{found}; expected bool of shape ({num},), one truth value for each of the {num}")
        if asked.size and (asked.dtype.kind not in "biu" or asked.ndim > 1):
            raise ValueError(
                f"{found}; expected a slice, a boolean array of shape ({num},), or numbers of some of the {num} "
                "sequences, which are integers"
            )
        listed = np.atleast_1d(asked if asked.size else asked.astype(np.intp))
        if listed.dtype != np.bool_ and (outside := listed[(listed < -num) | (listed >= num)]).size:
            raise IndexError(f"sequences has the number {outside[0]}; the {num} sequences are 0 to {num - 1}")
        chosen = np.arange(num)[listed]
    if not chosen.size:
        raise ValueError(f"take chose none of the {num} sequences")
    return chosen
