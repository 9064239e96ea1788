"""What a table in text says that pandas does not tell: names that are there twice, and a last row that is cut short."""

import collections
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpvae_tf.files.readers import DamagedFileError

if TYPE_CHECKING:
    import pandas as pd

_TAIL = 2**16  # bytes in which the last row is looked for
_NAMES = {"\t": "tabs", ";": "semicolons", ",": "commas"}  # what messages call the separators of cells


def header(path: Path, separator: str = ",") -> list[str]:
    """The cells of the first line that is not empty."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        return next((row for row in csv.reader(file, delimiter=separator) if row), [])


def of_other_separator(names: Sequence[Any]) -> str:
    """What to add to the refusal of a table whose only name looks like several with another separator; "" of any other.

    Spreadsheets write semicolons where numbers have commas, and call the file a CSV.

    Args:
      names: of the columns.
    """
    found = [called for mark, called in _NAMES.items() if len(names) == 1 and mark in str(names[0])]
    about = "a .csv has commas between them and a .tsv tabs, and points in numbers"
    return f". Its cells seem to be separated by {found[0]}: {about}" if found else ""


def check_names(path: Path, separator: str = ",") -> None:
    """Refuses a table of which two columns have one name, which pandas would number; they may both have none.

    Args:
      path: the file.
      separator: what stands between cells.

    Raises:
      DamagedFileError: naming the file and the column.
    """
    counts = collections.Counter(header(path, separator))
    repeated = [name for name, count in counts.items() if name and count > 1]
    if repeated:
        raise DamagedFileError(f"{path} has several columns of the name {repeated[0]!r}; each needs one of its own")


def check_names_of_rows(path: Path, frame: "pd.DataFrame", separator: str = ",") -> None:
    """Refuses a table whose rows have one cell more than the header, the last of which is empty in all of them.

    Pandas takes the first cells for names of rows, which they are in tables of R. Where all rows end in a separator,
    every other cell would stand in the next column's place.

    Args:
      path: the file.
      frame: what pandas read of it.
      separator: what stands between cells.

    Raises:
      DamagedFileError: naming both readings.
    """
    names = len(frame.columns)
    if not is_counted(frame) and names and frame.iloc[:, -1].isna().all():
        raise DamagedFileError(
            f"{path} has rows of {names + frame.index.nlevels} cells under {names} names, and the last ones are empty: "
            f"take the {_NAMES[separator]} at the ends of the rows out, or give every column a name"
        )


def is_counted(frame: "pd.DataFrame") -> bool:
    """Whether the rows of a table have no names but are counted from 0."""
    import pandas as pd  # half a second, which `import gpvae_tf` does not pay

    index = frame.index  # of rows that were chosen it begins later, in a Parquet file too
    return isinstance(index, pd.RangeIndex) and (index.start, index.step) == (0, 1)


def check_end(path: Path, columns: int, separator: str = ",") -> None:
    """Refuses a table that ends within its last row: cells are missing there, and so is the end of the line.

    Rows that lack empty cells at their end pass, as programs write them: they end as lines do.

    Args:
      path: the file.
      columns: how many cells a row has.
      separator: what stands between cells.

    Raises:
      DamagedFileError: naming the file and the line.
    """
    with open(path, "rb") as file:
        start = max(file.seek(0, 2) - _TAIL, 0)
        file.seek(start)
        before, _, last = file.read().replace(b"\r", b"\n").rpartition(b"\n")
        if not last or (start and not before) or last.count(b'"') % 2:  # the row ends in a cell of several lines
            return
        found = len(next(csv.reader([last.decode("utf-8", "replace")], delimiter=separator), []))
        if found < columns:
            file.seek(0)
            line = 1 + sum(block.count(b"\n") for block in iter(lambda: file.read(_TAIL), b""))
            raise DamagedFileError(
                f"{path} ends in line {line} after {found} of {columns} cells: it was cut short, or the line lacks its "
                f"last {_NAMES[separator]} or its end"
            )
