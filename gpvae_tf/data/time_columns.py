"""A data frame's column of times as numbers, and back."""

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf.data.frame_columns import numbers, rows_at_fault
from gpvae_tf.data.layout import DATES, DURATIONS, NUMBERS
from gpvae_tf.data.numeric import as_numbers, as_seconds
from gpvae_tf.data.written_dates import check_no_dates

if TYPE_CHECKING:
    import pandas as pd

ZONE = re.compile(r"\d[T ].*(?:[Zz]|[+-]\d\d(?::?\d\d)?)$")  # at the end of a time in ISO 8601, not of a date


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
            f"column {column!r} has no time in {rows_at_fault(frame, cells.isna())}; fill it in or leave the rows "
            f"out with frame.dropna(subset=[{column!r}])"
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


def _parsed(frame: "pd.DataFrame", column: str) -> np.ndarray:
    """datetime64 of text or datetime objects."""
    import pandas as pd

    cells = frame[column]
    moments = pd.to_datetime(cells, format="ISO8601", errors="coerce", utc=True)
    if moments.isna().any():
        raise ValueError(
            f"column {column!r} has {cells[moments.isna()].iloc[0]!r} in {rows_at_fault(frame, moments.isna())}, which "
            f"is no time in ISO 8601; convert the column first: pandas.to_datetime(frame[{column!r}], format=...)"
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
            f"column {column!r} has {str(other)!r} in {rows_at_fault(frame, odd)}, with {has} time zone, and "
            f"{str(first)!r} in the first row, which has {lacks}; give all of them one, or none"
        )


def _has_zone(cell: Any) -> bool:
    """Whether a time, text in ISO 8601 or a datetime object, has a time zone."""
    return bool(ZONE.search(cell.strip())) if isinstance(cell, str) else getattr(cell, "tzinfo", None) is not None


def _without_zone(moments: "pd.Series") -> np.ndarray:
    zone = getattr(moments.dtype, "tz", None)
    return (moments if zone is None else moments.dt.tz_convert("UTC").dt.tz_localize(None)).to_numpy()
