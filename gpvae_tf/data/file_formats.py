"""Sequences from a file or folder, whichever kind it is: arrays, a table, netCDF, or a folder of images."""

import os
import re
import types
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gpvae_tf.checks import unread_names
from gpvae_tf.data import class_columns, csv_texts, frame_columns
from gpvae_tf.data.arrays import from_arrays
from gpvae_tf.data.data_frames import from_dataframe
from gpvae_tf.data.image_folders import from_folder
from gpvae_tf.data.layout import ArrayLayout, array_time_kind, kind_of
from gpvae_tf.data.netcdf import from_netcdf
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.table_files import TABLES, read_table
from gpvae_tf.data.value_columns import named_columns
from gpvae_tf.files import expanded, readers

if TYPE_CHECKING:
    import pandas as pd


def load(path: str | os.PathLike, **options) -> SequenceData:
    """Reads sequences; further keywords are those of `from_arrays` and of the kind of file.

    - .npz: arrays observations, inputs (or times), and optionally mask, errors and lengths, as `from_arrays` takes
      them, each in the file or as a keyword; missing="nan" says that NaN is missing.
    - .csv, .tsv, .parquet: a long table. `time`, `values`, `errors`, `classes`, `series`, `covariates`, `conditions`,
      `exposure` and `id_columns` name its columns (`from_dataframe`). Without them they are "time", all others but
      those without a name (as pandas writes its index), and "series" if there is one. An empty cell of a value is a
      missing entry.
    - .nc: variables over the dimensions (series, time, ...), in any order, the first optional; `values`, `errors`,
      `covariates`, `conditions`, `exposure` and `classes` name them (`from_xarray`).
    - a folder: images, with `times` and `mode` as `from_folder` takes them.

    Raises:
      FileNotFoundError: if there is no such file or folder.
      ValueError: if it is damaged, of another kind, or its content is refused; the file is named.
    """
    path = expanded(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there")
    try:
        return reader_of(path).read(path, **options)
    except ValueError as error:
        if str(path) in str(error):
            raise
        raise ValueError(f"{path}: {error}") from error


class FileReader(NamedTuple):
    """How a kind of file is read.

    Attributes:
      read: makes sequences of it, given its path and keywords.
      options: those of the keywords that say what is where in the file; on the command line they are flags, of the
        same names.
    """

    read: Callable[..., SequenceData]
    options: tuple[str, ...]


def reader_of(path: str | os.PathLike) -> FileReader:
    """How a file or folder is read, which need not be there.

    Raises:
      ValueError: if files of this kind are not; the file is named.
    """
    path, kind = expanded(path), kind_of(path)
    if kind not in READERS or (kind == "" and path.is_file()):
        suffixes = ", ".join(filter(None, READERS))
        raise ValueError(f"{path} ends in {path.suffix!r}; expected {suffixes}, or a folder of images")
    return READERS[kind]


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


def _table(path: Path, **options) -> SequenceData:
    time, series = options.pop("time", None) or "time", options.pop("series", None)
    frame = read_table(path, series, list(class_columns.asked(options.get("classes"))))
    series = series or ("series" if "series" in frame.columns else None)
    covariates = frame_columns.listed(options.pop("covariates", ()))
    beside = [column for name in ("errors", "exposure") for column in named_columns(name, options.get(name))]
    beside += frame_columns.listed(options.get("conditions", ()))
    unnamed = [name for name in frame.columns if str(name).startswith(("Unnamed: ", "__index_level_"))]
    taken = (time, series, *covariates, *beside, *unnamed)
    values = frame_columns.listed(options.pop("values", None) or [name for name in frame.columns if name not in taken])
    named = [name for name in (series, time, *values, *covariates) if name is not None]
    named += [name for name in beside if name not in named]
    frame_columns.check_columns(frame, named, str(path))  # as `from_dataframe` does, which does not know the file
    return from_table(frame, time=time, values=values, series=series, covariates=covariates, **options)


_OF_TABLES = FileReader(
    _table, ("time", "series", "values", "covariates", "conditions", "exposure", "errors", "classes", "missing")
)
READERS: types.MappingProxyType[str, FileReader] = types.MappingProxyType(  # kinds as `kind_of` has them
    {
        ".npz": FileReader(_npz, ("missing",)),
        **dict.fromkeys(TABLES, _OF_TABLES),
        ".nc": FileReader(from_netcdf, _OF_TABLES.options),
        "": FileReader(from_folder, ("times",)),
    }
)
