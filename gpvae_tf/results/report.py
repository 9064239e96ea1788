"""Documents made of results/*.json: all tables for the documentation, and chosen ones between markers for the README.

In the README, the lines between `<!-- results:TABLE -->` and `<!-- /results -->` are replaced by results/TABLE.json.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from gpvae_tf.results.files import ResultRow, ResultsError, read
from gpvae_tf.results.markdown import compact_table, full_table

Tables = Mapping[str, Sequence[ResultRow]]

_MARKER = re.compile(r"^[ \t]*<!--\s*(?:results:(?P<table>\S+?)|/results)\s*-->[ \t]*$", re.MULTILINE)


def outdated(results: Path, readme: Path, docs: Path) -> dict[Path, str]:
    """Compares the documents with the tables.

    Args:
      results: folder of the tables.
      readme: file whose marked tables are filled.
      docs: file that gets every table.

    Returns:
      the new text of each document that is not up to date; writes nothing.

    Raises:
      ResultsError: if a file cannot be read, there is no README, or a marker in it is wrong.
    """
    tables = read_tables(results)
    current = _read(readme)
    if current is None:
        raise ResultsError(f"there is no {readme}; name the file whose tables to fill with --readme")
    link = Path(os.path.relpath(docs, readme.parent)).as_posix()
    try:
        filled = fill_readme(current, tables, link)
    except ResultsError as error:
        raise ResultsError(f"{readme}, {error}") from error
    return {path: text for path, text in ((readme, filled), (docs, docs_page(tables))) if _read(path) != text}


def read_tables(folder: Path) -> dict[str, list[ResultRow]]:
    """All tables of a folder by name, in alphabetical order.

    Raises:
      ResultsError: if there is no such folder, no table in it, or a table that cannot be read.
    """
    if not folder.is_dir():
        raise ResultsError(f"there is no folder {folder}; name the one with the tables with --results")
    tables = {path.stem: read(path) for path in sorted(folder.glob("*.json"))}
    if not tables:
        raise ResultsError(f"{folder} holds no table (*.json)")
    return tables


def docs_page(tables: Tables) -> str:
    """The documentation page: every table in full, each row with the number of the command that made it."""
    parts = [
        "# Results\n\n<!-- Written by scripts/make_report.py; edit results/*.json instead. -->\n\n"
        "Numbers are means over seeds, ± one sample standard deviation where there are several. `vs. paper` is our "
        "number divided by the paper's (×), or ours minus theirs (+ or -) for nats, bits, per cent, and numbers that "
        "are not positive. `run` is the number of the command below the table that made the row."
    ]
    return "\n\n".join([*parts, *(full_table(name, rows) for name, rows in tables.items())]) + "\n"


def fill_readme(text: str, tables: Tables, details: str) -> str:
    """A README with a fresh compact table between each pair of markers.

    Args:
      text: of the README.
      tables: from `read_tables`.
      details: path of the documentation page from the README's folder, to link to.

    Raises:
      ResultsError: if a marker names no table, or has no partner; says the line.
    """
    pieces: list[str] = []
    position, opened = 0, None
    for match in _MARKER.finditer(text):
        name, line = match["table"], text.count("\n", 0, match.start()) + 1
        if (name is None) == (opened is None):
            problem = "closes no table" if name is None else f"opens a table before {opened} is closed"
            raise ResultsError(f"line {line}: {match.group().strip()} {problem}")
        if name is not None and name not in tables:
            raise ResultsError(f"line {line}: there is no table {name!r}; known tables: {', '.join(tables)}")
        if opened is not None:  # then this marker closes it
            pieces.append(f"\n\n{compact_table(opened, tables[opened], details)}\n\n")
        else:
            pieces.append(text[position : match.end()])
        position, opened = (match.end(), name) if name is not None else (match.start(), None)
    if opened is not None:
        raise ResultsError(f"<!-- results:{opened} --> is never closed by <!-- /results -->")
    return "".join([*pieces, text[position:]])


def _read(path: Path) -> str | None:
    """A file's text, None if there is no such file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"cannot read {path}: {error}") from error
