"""Which rows of a data frame are which series, in the order of time; rows that cannot be told apart are refused."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gpvae_tf.data import frame_columns

if TYPE_CHECKING:
    import pandas as pd


def rows_by_series(
    frame: "pd.DataFrame", series: str | None, time: str, covariates: Sequence[str], inputs: np.ndarray
) -> list[np.ndarray]:
    """The rows of every series in the order of time, those of one time as they came; refuses rows without an id."""
    import pandas as pd

    codes = np.zeros(len(frame), np.intp)
    if series is not None:
        codes, _ = pd.factorize(frame[series])
        if (codes < 0).any():
            row = frame_columns.label(frame, int(np.argmin(codes)))
            raise ValueError(
                f"column {series!r} has no id in row {row!r}; fill it in or leave the rows out with "
                f"frame.dropna(subset=[{series!r}])"
            )
    _check_distinct(frame, series, (time, *covariates), codes, inputs)
    order = np.lexsort((inputs[:, 0], codes))
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _check_distinct(
    frame: "pd.DataFrame", series: str | None, columns: Sequence[str], codes: np.ndarray, inputs: np.ndarray
) -> None:
    """Refuses two rows with one series (`codes`) and the same inputs, which the other columns hold.

    Raises:
      ValueError: naming the first two, and what they have in common.
    """
    order = np.lexsort((*inputs.T[::-1], codes))
    ordered = inputs[order]
    same = (ordered[1:] == ordered[:-1]) | (np.isnan(ordered[1:]) & np.isnan(ordered[:-1]))
    equal = (np.diff(codes[order]) == 0) & same.all(axis=-1)
    if equal.any():
        first = int(np.argmax(equal))
        one, other = (frame_columns.label(frame, order[i]) for i in (first, first + 1))
        cells = frame.iloc[order[[first]]]
        shared = [f"{name!r} = {cells[name].tolist()[0]!r}" for name in (series, *columns) if name is not None]
        raise ValueError(
            f"rows {one!r} and {other!r} both have {' and '.join(shared)} ({int(equal.sum())} such pairs); "
            + ("" if series else "if they are of several series, name the column of ids: series=COLUMN; else ")
            + "keep one (frame.drop_duplicates) or take their mean (frame.groupby)"
        )
