"""Dates that were written as one number, such as 20240131, which are no times to calculate with."""

import numpy as np

# Digits of such a number, and how pandas.to_datetime reads it.
_FORMATS = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


def check_no_dates(times: np.ndarray, name: str, shown: str) -> None:
    """Refuses times that are all dates written as yyyymmdd, yyyymmddhh, yyyymmddhhmm or yyyymmddhhmmss.

    As numbers they have gaps that are none: 20240131 is 70 before 20240201. Unix seconds have ten digits too, but
    hardly ever are all of them such dates.

    Args:
      times: finite numbers in any shape.
      name: what they are, for the message.
      shown: the NumPy array or pandas column that the user would convert, as an expression.

    Raises:
      ValueError: if at least two different ones are dates between 1900 and 2100, and all others too.
    """
    least, most = np.min(times), np.max(times)
    digits = next((n for n in _FORMATS if 1900 * 10 ** (n - 4) <= least < most < 2101 * 10 ** (n - 4)), None)
    if digits is None or not np.array_equal(times, np.floor(times)):
        return
    import pandas as pd  # half a second, which `import gpvae_tf` does not pay

    whole, written = np.unique(times).astype(np.int64), _FORMATS[digits]
    if pd.to_datetime(whole.astype(str), format=written, errors="coerce").notna().all():
        raise ValueError(
            f"{name} has dates written as numbers, {whole[0]} to {whole[-1]}, whose differences are no durations; "
            f"give pandas.to_datetime({shown}.astype(int).astype(str), format={written!r})"
        )
