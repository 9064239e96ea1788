"""Columns of a data frame as numbers, with errors that name the column and the row."""

import decimal
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf.data import csv_texts, text_columns
from gpvae_tf.data.masks import Missing, mask_of_values, rounded_missing

if TYPE_CHECKING:
    import pandas as pd


def is_column(frame: "pd.DataFrame | None", name: Any) -> bool:
    """Whether the frame has a column of that name, which may be a number or anything else that has a hash."""
    try:
        return name in getattr(frame, "columns", ())
    except TypeError:  # a list has none
        return False


def listed(columns: Any, frame: "pd.DataFrame | None" = None) -> tuple[str, ...]:
    """Names of columns, of which a single one may stand for itself: a text, or whatever names one of the frame."""
    is_one = isinstance(columns, str) or not isinstance(columns, Iterable) or is_column(frame, columns)
    return (columns,) if is_one else tuple(columns)


def check_columns(frame: "pd.DataFrame", columns: Sequence[str], name: str = "frame") -> None:
    """Refuses a frame without rows, and columns that are absent, or there or named twice.

    Args:
      frame: the frame.
      columns: names of columns.
      name: what messages call the frame, such as the file that it was read from.

    Raises:
      ValueError: naming the column and those that there are.
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise ValueError(f"frame is a {type(frame).__name__}; expected a pandas.DataFrame")
    if not len(frame):
        raise ValueError(f"{name} has no rows")
    for column in columns:
        if column in frame.index.names and column not in frame.columns:
            raise ValueError(f"column {column!r} is in the index of the frame; give frame.reset_index()")
        if column not in frame.columns:
            there = f"{', '.join(map(repr, frame.columns))}{csv_texts.of_other_separator(frame.columns)}"
            raise ValueError(f"{name} has no column {column!r}; it has {there}")
        if (frame.columns == column).sum() > 1 or list(columns).count(column) > 1:
            raise ValueError(
                f"column {column!r} is there or named twice; series, time, values and covariates are different columns"
            )


def numbers(
    frame: "pd.DataFrame",
    column: str,
    advice: str = "",
    *,
    booleans: bool = True,
    infinite: bool = False,
    missing: Missing = "nan",
) -> np.ndarray:
    """A numeric column as float64; NaN and pandas.NA are NaN.

    Args:
      frame: the frame.
      column: the name of the column.
      advice: what to do where it is not numeric; how to convert text by default.
      booleans: whether False and True count as 0 and 1.
      infinite: whether entries may be infinite.
      missing: a number that becomes NaN, as the column holds it: its dtype may have rounded it.

    Raises:
      ValueError: if it is not numeric, an entry is infinite and must not be, or see `mask_of_values`.
    """
    import pandas as pd

    cells = _of_objects(frame[column])
    dtype = cells.dtype
    other = pd.api.types.is_complex_dtype(dtype) or (pd.api.types.is_bool_dtype(dtype) and not booleans)
    if other or not pd.api.types.is_numeric_dtype(dtype):
        found = None if other else text_columns.example(cells)
        shown = "" if found is None else f" with {found[1]!r} in row {found[0]!r}"
        advice = advice or text_columns.advice(column, cells)
        raise ValueError(f"column {column!r} is not numeric but {dtype}{shown}; {advice}")
    values = cells.to_numpy(np.float64, na_value=np.nan)
    if not infinite and np.isinf(values).any():
        raise ValueError(
            f"column {column!r} is infinite in {rows_at_fault(frame, np.isinf(values))}; NaN marks missing values"
        )
    own = getattr(dtype, "numpy_dtype", dtype)  # pandas' own dtypes, such as Float32, have one
    return np.where(mask_of_values(values, None, rounded_missing(missing, own)), values, np.nan)


def _of_objects(cells: "pd.Series") -> "pd.Series":
    """A column of objects that are all numbers, truth values or missing as float64; any other as it is.

    Such is what pandas reads of True, False and an empty cell, and of decimal numbers in Parquet.
    """
    import pandas as pd

    kinds = (Real, decimal.Decimal, np.bool_)
    if pd.api.types.is_object_dtype(cells.dtype) and all(isinstance(cell, kinds) for cell in cells[cells.notna()]):
        return cells.where(cells.notna(), np.nan).astype(np.float64)
    return cells


def label(rows: "pd.DataFrame | pd.Series", number: int) -> Any:
    """The index entry of a row, as a plain Python object."""
    return rows.index[[number]].tolist()[0]


def rows_at_fault(frame: "pd.DataFrame", bad: "np.ndarray | pd.Series") -> str:
    """How many rows are at fault, and the first by its label in the index."""
    where = np.flatnonzero(np.asarray(bad))
    more = f" and {len(where) - 1} more" if len(where) > 1 else ""
    return f"row {label(frame, where[0])!r}{more}"
