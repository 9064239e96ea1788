"""Documents made of results/*.json: all tables for the documentation, and chosen ones between markers for the README.

In the README, the lines between `<!-- results:TABLE -->` and `<!-- /results -->` are replaced by results/TABLE.json.
"""

import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from gpvae_tf.results.rows import ResultRow, ResultsError, read

_INTRODUCTION = (
    "# Results\n\n<!-- Written by scripts/make_report.py; edit results/*.json instead. -->\n\n"
    "Numbers are means over seeds, ± one sample standard deviation where there are several. `vs. paper` is our "
    "number divided by the paper's (×), or ours minus theirs (+ or -) for nats, bits, per cent, and numbers that "
    "are not positive. `run` is the number of the command below the table that made the row."
)
_MARKER = re.compile(r"<!--\s*(?:results:(?P<table>\S+?)|/results)\s*-->")
_DIFFERENCES = ("nats", "bits", "%")  # units whose zero is no natural origin, or already a ratio
_CELLS = {
    "model": lambda row: row.model,
    "dataset": lambda row: row.dataset,
    "preset": lambda row: row.preset,
    "metric": lambda row: f"{row.metric} ({row.unit})" if row.unit else row.metric,
    "ours": lambda row: format_value(row.value, row.sd),
    "ours (seeds)": lambda row: f"{format_value(row.value, row.sd)} ({len(row.seeds)})",
    "seeds": lambda row: ", ".join(map(str, row.seeds)),
    "epochs": lambda row: str(row.epochs),
    "paper": lambda row: "not stated" if row.paper is None else f"{row.paper:g}",
    "vs. paper": lambda row: format_against(row),
    "s/epoch": lambda row: "–" if row.seconds_per_epoch is None else f"{row.seconds_per_epoch:.3g}",
}
_COMMON = ("paper", "vs. paper", "s/epoch")

Tables = Mapping[str, Sequence[ResultRow]]


def outdated(results: Path, readme: Path, docs: Path) -> dict[Path, str]:
    """Compares the documents with the tables.

    Args:
      results: folder of the tables.
      readme: file whose marked tables are filled.
      docs: file that gets every table.

    Returns:
      the new text of each document that is not up to date; writes nothing.

    Raises:
      ResultsError: if a file cannot be read, there is no table or README, or a marker in it is wrong.
    """
    if not results.is_dir():
        raise ResultsError(f"there is no folder {results}; name the one with the tables with --results")
    tables = {path.stem: read(path) for path in sorted(results.glob("*.json"))}
    if not tables:
        raise ResultsError(f"{results} holds no table (*.json)")
    current = _read(readme)
    if current is None:
        raise ResultsError(f"there is no {readme}; name the file whose tables to fill with --readme")
    link = Path(os.path.relpath(docs, readme.parent)).as_posix()
    try:
        filled = fill_readme(current, tables, link)
    except ResultsError as error:
        raise ResultsError(f"{readme}, {error}") from error
    return {path: text for path, text in ((readme, filled), (docs, docs_page(tables))) if _read(path) != text}


def docs_page(tables: Tables) -> str:
    """The documentation page: every table in full, each row with the number of the command that made it."""
    return "\n\n".join([_INTRODUCTION, *(full_table(name, rows) for name, rows in tables.items())]) + "\n"


def fill_readme(text: str, tables: Tables, details: str) -> str:
    """A README with a fresh compact table between each pair of markers.

    Args:
      text: the README's text.
      tables: rows by name of the table.
      details: path of the documentation page from the README's folder, for the links to it.

    Raises:
      ResultsError: if a marker names no table, or has no partner; says the line.
    """
    lines, opened = [], None
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        marker = _MARKER.fullmatch(line.strip())
        if marker:
            name = marker["table"]
            if (name is None) == (opened is None):
                problem = "closes no table" if name is None else f"opens a table before {opened} is closed"
                raise ResultsError(f"line {number}: {marker.group()} {problem}")
            if name is not None and name not in tables:
                raise ResultsError(f"line {number}: there is no table {name!r}; known tables: {', '.join(tables)}")
            if opened is not None:
                lines.append(f"\n{compact_table(opened, tables[opened], details)}\n\n")
            opened = name
        if marker or opened is None:
            lines.append(line)
    if opened is not None:
        raise ResultsError(f"<!-- results:{opened} --> is never closed by <!-- /results -->")
    return "".join(lines)


def compact_table(name: str, rows: Sequence[ResultRow], details: str) -> str:
    """A README's table: data set and preset are columns only where they differ between rows."""
    varying = [column for column in ("dataset", "preset") if len({getattr(row, column) for row in rows}) > 1]
    columns = ("model", *varying, "metric", "ours (seeds)", *_COMMON)
    return f"{_markdown(rows, columns)}\n\nCommands and commits: [{details}]({details}#{_anchor(name)})."


def full_table(name: str, rows: Sequence[ResultRow]) -> str:
    """A section of the documentation page: every row in full, and below them the commands that made them."""
    runs: dict[tuple[str, str, str], int] = {}
    numbers = [str(runs.setdefault((row.command, row.commit, row.date), len(runs) + 1)) for row in rows]
    columns = ("model", "dataset", "preset", "metric", "ours", "seeds", "epochs", *_COMMON)
    made_by = "\n".join(
        f"{number}. {_code(command)} (commit {_code(commit)}, {date})"
        for (command, commit, date), number in runs.items()
    )
    return f'<a id="{_anchor(name)}"></a>\n\n## {name}\n\n{_markdown(rows, columns, run=numbers)}\n\n{made_by}'


def format_value(value: float, sd: float | None = None) -> str:
    """A number as text: two significant digits of the spread decide the decimals, without one four digits are shown."""
    if not sd:
        text = f"{value:.0f}" if 1e3 <= abs(value) < 1e7 else f"{value:#.4g}"
        return text if sd is None else f"{text} ± 0"
    decimals = 1 - math.floor(math.log10(sd))
    if decimals > 7:
        return f"{value:.3e} ± {sd:.1e}"
    return f"{value:.{max(decimals, 0)}f} ± {sd:.{max(decimals, 0)}f}"


def format_against(row: ResultRow) -> str:
    """Our number against the paper's: a ratio, a difference where a ratio says nothing, or a dash if it states none."""
    if row.paper is None:
        return "–"
    if row.unit in _DIFFERENCES or row.paper <= 0 or row.value <= 0:
        return f"{row.value - row.paper:+.3g}"
    return f"× {row.value / row.paper:.2f}"


def _markdown(rows: Sequence[ResultRow], columns: Sequence[str], **more: Sequence[str]) -> str:
    """A Markdown table of columns of `_CELLS`, and of more columns given cell by cell."""
    body = [[_CELLS[column](row) for column in columns] for row in rows]
    body = [[*line, *cells] for line, *cells in zip(body, *more.values(), strict=True)]
    lines = [[*columns, *more], ["---"] * (len(columns) + len(more)), *body]
    escaped = ([cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def _code(text: str) -> str:
    """Inline code; text with backticks needs a longer fence."""
    fence, pad = ("``", " ") if "`" in text else ("`", "")
    return f"{fence}{pad}{text}{pad}{fence}".replace("\n", " ")


def _anchor(name: str) -> str:
    """An explicit anchor, since renderers make different ones from a heading."""
    return "results-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _read(path: Path) -> str | None:
    """A file's text, None if there is no such file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"cannot read {path}: {error}") from error
