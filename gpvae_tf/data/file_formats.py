"""Sequences from a file or folder, whichever kind it is: .npz, .csv, .parquet, .nc, or a folder of images."""

import os
import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpvae_tf.checks import unread_names
from gpvae_tf.data import csv_texts
from gpvae_tf.data.arrays import from_arrays
from gpvae_tf.data.data_frames import from_dataframe
from gpvae_tf.data.error_columns import error_columns
from gpvae_tf.data.image_folders import from_folder
from gpvae_tf.data.layout import ArrayLayout, array_time_kind
from gpvae_tf.data.netcdf import from_netcdf
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.files import expanded, readers

if TYPE_CHECKING:
    import pandas as pd


def load(path: str | os.PathLike, **options) -> SequenceData:
    """Reads sequences; further keywords are those of `from_arrays` and of the kind of file.

    - .npz: arrays observations, inputs (or times), and optionally mask, errors and lengths, as `from_arrays` takes
      them, each in the file or as a keyword; missing="nan" says that NaN is missing.
    - .csv, .parquet: a long table. `time`, `values`, `errors`, `series`, `covariates` and `id_columns` name its columns
      (`from_dataframe`). Without them they are "time", all others but those without a name (as pandas writes its
      index), and "series" if there is one. An empty cell of a value is a missing entry.
    - .nc: variables over the dimensions (series, time, ...), in any order, the first optional; `values` and `errors`
      name them (`from_netcdf`).
    - a folder: images, with `times` and `mode` as `from_folder` takes them.

    Raises:
      FileNotFoundError: if there is no such file or folder.
      ValueError: if it is damaged, of another kind, or its content is refused; the file is named.
    """
    path = expanded(path)
    if path.is_dir():
        return from_folder(path, **options)
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path} ends in {path.suffix!r}; expected {', '.join(READERS)}, or a folder of images")
    try:
        return reader(path, **options)
    except ValueError as error:
        if str(path) in str(error):
            raise
        raise ValueError(f"{path}: {error}") from error


def _npz(path: Path, **options) -> SequenceData:
    arrays = readers.read_npz(path)
    if "observations" not in arrays or ("inputs" in arrays) == ("times" in arrays):
        raise ValueError(
            f"it has the arrays {', '.join(arrays)}; expected observations, and inputs or times, and mask and errors "
            "if any"
        )
    if unread := unread_names(arrays, ("mask", "errors")):
        raise ValueError(
            f"it has the array {unread[0]!r}, which is not read: what is missing is said by 'mask', True = observed, "
            "how far values may be off by 'errors', and data sets have no weights"
        )
    inputs = arrays["inputs"] if "inputs" in arrays else arrays["times"]
    found: dict[str, Any] = {name: arrays[name] for name in ("mask", "errors", "lengths") if name in arrays}
    if both := [name for name in found if options.get(name) is not None]:
        raise ValueError(f"{both[0]} is given, and the file has an array of that name: expected one of the two")
    layout = ArrayLayout(array_time_kind(inputs))
    return from_arrays(arrays["observations"], inputs, layout=layout, **options | found)


def read_table(path: Path, series: str | None = None) -> "pd.DataFrame":
    """The table in a .csv or .parquet file.

    Ids in a CSV are the text that stands there, "007" and "NA" too; they are integers if all of them are written as
    Python writes integers.

    Args:
      path: the file.
      series: the column of ids, which may be absent; "series" if None.

    Raises:
      FileNotFoundError: if it is not there.
      DamagedFileError: if it is no such table, or a CSV that ends within a row or has two columns of one name.
    """
    import pandas as pd  # half a second, which `import gpvae_tf` does not pay

    is_csv, ids = path.suffix.lower() == ".csv", series or "series"
    try:  # numbers as Python reads them, not off by the last digit: what was observed is written again as it was
        if not is_csv:
            frame = pd.read_parquet(path)
            named = [name for name in frame.index.names if name is not None and name not in frame.columns]
            return frame.reset_index(named) if named else frame
        frame = pd.read_csv(path, float_precision="round_trip")
        csv_texts.check_names(path)
        csv_texts.check_names_of_rows(path, frame)
        csv_texts.check_end(path, len(frame.columns) + (0 if csv_texts.is_counted(frame) else frame.index.nlevels))
        if ids in frame.columns:
            cells = pd.read_csv(path, usecols=[ids], dtype=str, na_filter=False)[ids]
            frame[ids] = _ids(cells).to_numpy()  # by place: names of rows are numbers in one and text in the other
    except (FileNotFoundError, readers.DamagedFileError):
        raise
    except readers.ERRORS as error:
        raise readers.unreadable(path, "a CSV" if is_csv else "a Parquet file", error) from error
    return frame


def from_table(frame: "pd.DataFrame", **options) -> SequenceData:
    """`from_dataframe` of what `read_table` read, whose errors say how rows are counted.

    Raises:
      ValueError: see there.
    """
    try:
        return from_dataframe(frame, **options)
    except ValueError as error:
        if not csv_texts.is_counted(frame) or not re.search(r"\brows? \d", str(error)):
            raise
        raise ValueError(f"{error} (row 0 is the first of the file's data)") from error


def _ids(cells: "pd.Series") -> "pd.Series":
    """Ids as text, or as integers where that loses nothing; an empty cell is none."""
    import pandas as pd

    numbers = pd.to_numeric(cells, errors="coerce")
    if pd.api.types.is_integer_dtype(numbers.dtype) and (numbers.astype(str) == cells).all():
        return numbers
    return cells.where(cells != "")


def _table(path: Path, **options) -> SequenceData:
    time, series = options.pop("time", None) or "time", options.pop("series", None)
    frame = read_table(path, series)
    series = series or ("series" if "series" in frame.columns else None)
    covariates = options.pop("covariates", ())
    covariates = (covariates,) if isinstance(covariates, str) else tuple(covariates)
    unnamed = [name for name in frame.columns if str(name).startswith(("Unnamed: ", "__index_level_"))]
    taken = (time, series, *covariates, *error_columns(options.get("errors")), *unnamed)
    return from_table(
        frame,
        time=time,
        values=options.pop("values", None) or [name for name in frame.columns if name not in taken],
        series=series,
        covariates=covariates,
        **options,
    )


READERS: types.MappingProxyType[str, Callable[..., SequenceData]] = types.MappingProxyType(
    {".npz": _npz, ".csv": _table, ".parquet": _table, ".nc": from_netcdf}
)
