"""Columns of a data frame as numbers, with errors that name the column and the row."""

import decimal
import re
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf.data import csv_texts, text_columns
from gpvae_tf.data.layout import DATES, DURATIONS, NUMBERS
from gpvae_tf.data.masks import Missing, mask_of_values, rounded_missing
from gpvae_tf.data.numeric import as_numbers, as_seconds
from gpvae_tf.data.written_dates import check_no_dates

if TYPE_CHECKING:
    import pandas as pd

ZONE = re.compile(r"\d[T ].*(?:[Zz]|[+-]\d\d(?::?\d\d)?)$")  # at the end of a time in ISO 8601, not of a date


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


def times(frame: "pd.DataFrame", column: str) -> np.ndarray:
    """A column of times as float64: numbers as they are, datetimes as seconds since 1970 UTC, durations in seconds.

    Text is read as ISO 8601 (2024-03-01, 2024-03-01T10:00:00+01:00).

    Raises:
      ValueError: if a time is missing, infinite, or cannot be read; some have a time zone and others have not; or all
        are dates written as numbers, 20240131.
    """
    import pandas as pd

    cells = frame[column]
    if cells.isna().any():
        raise ValueError(
            f"column {column!r} has no time in {_rows(frame, cells.isna())}; fill it in or leave the rows out with "
            f"frame.dropna(subset=[{column!r}])"
        )
    if pd.api.types.is_string_dtype(cells.dtype) or pd.api.types.is_object_dtype(cells.dtype):
        return as_seconds(_parsed(frame, column))
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return as_seconds(_without_zone(cells))
    if pd.api.types.is_timedelta64_dtype(cells.dtype):
        return as_numbers(column, cells.to_numpy())
    found = numbers(frame, column, "give numbers, datetimes (pandas.to_datetime) or durations", booleans=False)
    check_no_dates(found, f"column {column!r}", f"frame[{column!r}]")
    return found


def time_kind(frame: "pd.DataFrame", column: str) -> str:
    """What stands in a column that `times` reads: "numbers", "durations", "dates" or "dates with a time zone".

    The first row says it of text, as `times` refuses other rows of another kind.
    """
    import pandas as pd

    cells = frame[column]
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return NUMBERS
    if pd.api.types.is_timedelta64_dtype(cells.dtype):
        return DURATIONS
    if not pd.api.types.is_datetime64_any_dtype(cells.dtype):
        cells = pd.to_datetime(cells.iloc[:1], format="ISO8601")
    return DATES if cells.dt.tz is None else f"{DATES} with a time zone"


def as_times(numbers: np.ndarray, kind: str) -> Any:
    """Times as they stood in the column that `times` read, to the microsecond; dates with a time zone are in UTC.

    Args:
      numbers: as `times` returns them.
      kind: see `time_kind`.
    """
    import pandas as pd

    if kind == NUMBERS:
        return numbers
    lasting = np.round(1e6 * numbers).astype("timedelta64[us]")
    if kind == DURATIONS:
        return lasting
    dates = pd.to_datetime(np.datetime64(0, "us") + lasting)
    return dates if kind == DATES else dates.tz_localize("UTC")


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
        raise ValueError(f"column {column!r} is infinite in {_rows(frame, np.isinf(values))}; NaN marks missing values")
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


def _parsed(frame: "pd.DataFrame", column: str) -> np.ndarray:
    """datetime64 of text or datetime objects."""
    import pandas as pd

    cells = frame[column]
    moments = pd.to_datetime(cells, format="ISO8601", errors="coerce", utc=True)
    if moments.isna().any():
        raise ValueError(
            f"column {column!r} has {cells[moments.isna()].iloc[0]!r} in {_rows(frame, moments.isna())}, which is no "
            f"time in ISO 8601; convert the column first: pandas.to_datetime(frame[{column!r}], format=...)"
        )
    _check_zones(frame, column)
    return _without_zone(moments)


def _check_zones(frame: "pd.DataFrame", column: str) -> None:
    """Refuses text or datetime objects of which some have a time zone and others have none, whose moment is unknown."""
    zoned = np.array([_has_zone(cell) for cell in frame[column]])
    odd = zoned != zoned[0]
    if odd.any():
        first, other = (frame[column].iloc[i] for i in (0, int(np.argmax(odd))))
        has, lacks = ("no", "one") if zoned[0] else ("a", "none")
        raise ValueError(
            f"column {column!r} has {str(other)!r} in {_rows(frame, odd)}, with {has} time zone, and {str(first)!r} in "
            f"the first row, which has {lacks}; give all of them one, or none"
        )


def _has_zone(cell: Any) -> bool:
    """Whether a time, text in ISO 8601 or a datetime object, has a time zone."""
    return bool(ZONE.search(cell.strip())) if isinstance(cell, str) else getattr(cell, "tzinfo", None) is not None


def _without_zone(moments: "pd.Series") -> np.ndarray:
    zone = getattr(moments.dtype, "tz", None)
    return (moments if zone is None else moments.dt.tz_convert("UTC").dt.tz_localize(None)).to_numpy()


def label(rows: "pd.DataFrame | pd.Series", number: int) -> Any:
    """The index entry of a row, as a plain Python object."""
    return rows.index[[number]].tolist()[0]


def _rows(frame: "pd.DataFrame", bad: "np.ndarray | pd.Series") -> str:
    """How many rows are at fault, and the first by its label in the index."""
    where = np.flatnonzero(np.asarray(bad))
    more = f" and {len(where) - 1} more" if len(where) > 1 else ""
    return f"row {label(frame, where[0])!r}{more}"
