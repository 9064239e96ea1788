"""Users' arrays as numbers: datetimes become seconds since 1970, and what is no number is refused by name."""

import datetime
from typing import Any

import numpy as np

_COARSE = ("Y", "M", "W", "D", "h", "m")  # units of datetime64 that divide into seconds without loss


def as_seconds(times: Any) -> np.ndarray:
    """Datetimes of any shape as float64 seconds since 1970-01-01 UTC; NaT becomes NaN.

    Args:
      times: datetime64 of any unit, or pandas, datetime.datetime or datetime.date objects. Those without a time zone
        are taken as UTC.

    Raises:
      ValueError: if an entry is none of these.
    """
    array = np.asarray(times)
    if array.dtype.kind != "M":
        array = _from_objects("times", array)
    unit = np.datetime_data(array.dtype)[0]
    if unit in _COARSE:
        array, unit = array.astype("datetime64[s]"), "s"
    return (array - np.array(0, f"datetime64[{unit}]")) / np.timedelta64(1, "s")


def as_numbers(name: str, values: Any) -> np.ndarray:
    """An array of floating-point numbers: float32 stays, up to 16 bits become it, everything else becomes float64.

    Args:
      name: the argument's name, for messages.
      values: an array or nested lists; datetimes become seconds since 1970, durations seconds.

    Raises:
      ValueError: if there are entries that are no numbers, datetimes or durations; or a NumPy mask, which would be
        lost.
    """
    parts = values if isinstance(values, (list, tuple)) else [values]
    if any(isinstance(part, np.ma.MaskedArray) for part in parts):
        raise ValueError(
            f"{name} is a NumPy masked array; give {name}.filled(0) and mask=~np.ma.getmaskarray({name}) instead"
        )
    array = _array(name, values)
    if array.dtype.kind == "O":
        array = _from_objects(name, array)
    kind = array.dtype.kind
    if kind == "M":
        return as_seconds(array)
    if kind == "m":
        return _durations(name, array)
    if kind in "US":
        raise ValueError(
            f"{name} holds text such as {array.flat[0]!r}; convert it first (pandas.to_numeric or pandas.to_datetime)"
        )
    if kind not in "biuf":
        raise ValueError(f"{name} has dtype {array.dtype}; expected real numbers")
    small = kind in "biu" and array.itemsize <= 2  # float32 holds them, in half of the memory
    return array.astype(np.float32 if small or array.dtype in (np.float16, np.float32) else np.float64, copy=False)


def _array(name: str, values: Any) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError as error:  # NumPy's "inhomogeneous shape"
        raise ValueError(
            f"{name} is a nested list of unequal lengths; give a list with one array for every sequence"
        ) from error


def _durations(name: str, array: np.ndarray) -> np.ndarray:
    if np.datetime_data(array.dtype)[0] in ("Y", "M"):
        raise ValueError(f"{name} has dtype {array.dtype}; months and years have no fixed length in seconds")
    return array / np.timedelta64(1, "s")


def _from_objects(name: str, array: np.ndarray) -> np.ndarray:
    """datetime64 of an array of datetime objects."""
    for entry in array.flat:
        if calendar := getattr(entry, "calendar", None):  # of cftime, as xarray has dates of other calendars
            raise ValueError(
                f"{name} has dates of the calendar {calendar!r}, such as {entry}; expected those of the standard "
                "calendar (dataset.convert_calendar('standard')) or numbers (xarray.open_dataset(decode_times=False))"
            )
        if not isinstance(entry, (datetime.datetime, datetime.date, np.datetime64)):
            raise ValueError(
                f"{name} has dtype {array.dtype} with entries such as {entry!r} ({type(entry).__name__}); expected "
                "numbers, or datetimes alone (times beside other inputs: data.as_seconds(times) makes numbers of them)"
            )
    import pandas as pd  # half a second, which `import gpvae_tf` does not pay

    if not array.size:
        raise ValueError(f"{name} is empty")
    moments = pd.to_datetime(list(array.flat), utc=True).tz_localize(None)
    return moments.to_numpy().reshape(array.shape)


def check_finite(name: str, array: np.ndarray, advice: str) -> None:
    """Refuses NaN and infinity.

    Raises:
      ValueError: with their number, the index of the first, and the advice.
    """
    if not np.isfinite([array.min(), array.max()]).all():  # makes no array of its size while all is well
        bad = np.argwhere(~np.isfinite(array))
        first = tuple(int(i) for i in bad[0])
        raise ValueError(f"{name} has {len(bad)} values that are not finite, the first at index {first}; {advice}")
