"""What a CSV says that pandas does not tell: names that its header has twice, and a last row that is cut short."""

import collections
import csv
from pathlib import Path

from gpvae_tf.files.readers import DamagedFileError

_TAIL = 2**16  # bytes in which the last row is looked for


def check_names(path: Path) -> None:
    """Refuses a CSV of which two columns have one name, which pandas would number; they may both have none.

    Raises:
      DamagedFileError: naming the file and the column.
    """
    with open(path, newline="", encoding="utf-8-sig") as file:
        names = next((row for row in csv.reader(file) if row), [])
    repeated = [name for name, count in collections.Counter(names).items() if name and count > 1]
    if repeated:
        raise DamagedFileError(f"{path} has several columns of the name {repeated[0]!r}; each needs one of its own")


def check_end(path: Path, columns: int) -> None:
    """Refuses a CSV that ends within its last row: cells are missing there, and so is the end of the line.

    Rows that lack empty cells at their end pass, as programs write them: they end as lines do.

    Args:
      path: the file.
      columns: how many cells a row has.

    Raises:
      DamagedFileError: naming the file and the line.
    """
    with open(path, "rb") as file:
        start = max(file.seek(0, 2) - _TAIL, 0)
        file.seek(start)
        before, _, last = file.read().replace(b"\r", b"\n").rpartition(b"\n")
        if not last or (start and not before) or last.count(b'"') % 2:  # the row ends in a cell of several lines
            return
        found = len(next(csv.reader([last.decode("utf-8", "replace")]), []))
        if found < columns:
            file.seek(0)
            line = 1 + sum(block.count(b"\n") for block in iter(lambda: file.read(_TAIL), b""))
            raise DamagedFileError(
                f"{path} ends in line {line} after {found} of {columns} cells: it was cut short, or the line lacks its "
                "last commas or its end"
            )
