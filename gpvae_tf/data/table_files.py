"""Tables in files: what each kind of file is called, how it is read and how it is written, as a row of `TABLES`."""

import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from gpvae_tf.data import csv_texts
from gpvae_tf.data.layout import kind_of
from gpvae_tf.files import readers

if TYPE_CHECKING:
    import pandas as pd


class TableFormat(NamedTuple):
    """A kind of file that holds a table.

    Attributes:
      name: what it is called in messages, with its article.
      read: makes a data frame of a file, given its path, the column of ids, which it may lack, and columns of texts.
      write: writes a data frame without its index into a file that is open for bytes.
    """

    name: str
    read: "Callable[[Path, str, Sequence[str]], pd.DataFrame]"
    write: "Callable[[pd.DataFrame, IO[bytes]], Any]"


def read_table(path: Path, series: str | None = None, texts: Sequence[str] = ()) -> "pd.DataFrame":
    """The table in a file of one of the kinds in `TABLES`.

    Ids in a text file are what stands there, "007" and "NA" too; they are integers if all of them are written as
    Python writes integers.

    Args:
      path: the file.
      series: the column of ids, which may be absent; "series" if None.
      texts: columns whose entries in a text file stay what stands there, "007" too, but for those that are missing.

    Raises:
      FileNotFoundError: if it is not there.
      DamagedFileError: if it is no such table, or a text that ends within a row or has two columns of one name.
    """
    of_kind = TABLES[kind_of(path)]
    try:
        return of_kind.read(path, series or "series", texts)
    except (FileNotFoundError, readers.DamagedFileError):
        raise
    except readers.ERRORS as error:
        raise readers.unreadable(path, of_kind.name, error) from error


def _separated(name: str, separator: str) -> TableFormat:
    """A text with a line for every row, whose cells stand between separators."""

    def read(path: Path, ids: str, texts: Sequence[str]) -> "pd.DataFrame":
        import pandas as pd  # half a second, which `import gpvae_tf` does not pay

        # Numbers as Python reads them, not off by the last digit: what was observed is written again as it was.
        try:
            kinds = dict.fromkeys(texts, str)
            frame = pd.read_csv(path, sep=separator, float_precision="round_trip", dtype=kinds)
        except pd.errors.ParserError as error:  # such as of commas in numbers between semicolons
            hint = csv_texts.of_other_separator(csv_texts.header(path, separator))
            raise ValueError(f"{str(error).strip()}{hint}") from error
        csv_texts.check_names(path, separator)
        csv_texts.check_names_of_rows(path, frame, separator)
        names_of_rows = 0 if csv_texts.is_counted(frame) else frame.index.nlevels
        csv_texts.check_end(path, len(frame.columns) + names_of_rows, separator)
        if ids in frame.columns:
            cells = pd.read_csv(path, sep=separator, usecols=[ids], dtype=str, na_filter=False)[ids]
            frame[ids] = _ids(cells).to_numpy()  # by place: names of rows are numbers in one and text in the other
        return frame

    def write(frame: "pd.DataFrame", file: IO[bytes]) -> None:
        frame.to_csv(file, sep=separator, index=False)

    return TableFormat(name, read, write)


def _ids(cells: "pd.Series") -> "pd.Series":
    """Ids as text, or as integers where that loses nothing; an empty cell is none."""
    import pandas as pd

    numbers = pd.to_numeric(cells, errors="coerce")
    if pd.api.types.is_integer_dtype(numbers.dtype) and (numbers.astype(str) == cells).all():
        return numbers
    return cells.where(cells != "")


def _read_parquet(path: Path, ids: str, texts: Sequence[str]) -> "pd.DataFrame":
    """The columns of a file, and those that pandas made its index."""
    import pandas as pd

    frame = pd.read_parquet(path)
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    return frame.reset_index(named) if named else frame


def _write_parquet(frame: "pd.DataFrame", file: IO[bytes]) -> None:
    frame.to_parquet(file, index=False)


TABLES: types.MappingProxyType[str, TableFormat] = types.MappingProxyType(
    {
        ".csv": _separated("a CSV", ","),
        ".tsv": _separated("a TSV", "\t"),
        ".parquet": TableFormat("a Parquet file", _read_parquet, _write_parquet),
    }
)
