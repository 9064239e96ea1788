"""The generated tables of the documentation: every results/TABLE.json stands in full on one page of docs/results/.

In a page, the lines between `<!-- results:TABLE -->` and `<!-- /results -->` are replaced by results/TABLE.json.
"""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from gpvae_tf.results.rows import ResultRow, ResultsError, read

_MARKER = re.compile(r"<!--\s*(?:results:(?P<table>\S+?)|/results)\s*-->")
_OF_A_PAPER = ("preset", "paper", "vs. paper")  # columns of tables that repeat one
_DIFFERENCES = ("nats", "bits", "%")  # units whose zero is no natural origin, or already a ratio
_CELLS = {
    "model": lambda row: row.model,
    "dataset": lambda row: row.dataset,
    "preset": lambda row: row.preset,
    "metric": lambda row: f"{row.metric} ({row.unit})" if row.unit else row.metric,
    "ours": lambda row: format_value(row.value, row.sd),
    "seeds": lambda row: ", ".join(map(str, row.seeds)) or "–",
    "epochs": lambda row: "–" if row.epochs is None else str(row.epochs),
    "paper": lambda row: "not stated" if row.paper is None else f"{row.paper:g}",
    "vs. paper": lambda row: format_against(row),
    "s/epoch": lambda row: "–" if row.seconds_per_epoch is None else f"{row.seconds_per_epoch:.3g}",
}

Tables = Mapping[str, Sequence[ResultRow]]


def outdated(folder: Path, pages: Path) -> dict[Path, str]:
    """Compares the pages with the tables.

    Args:
      folder: folder of the tables, *.json.
      pages: folder of the pages, *.md.

    Returns:
      the new text of each page that is not up to date; writes nothing.

    Raises:
      ResultsError: if a file cannot be read, a marker is wrong, or a table is on no page or on two.
    """
    if not folder.is_dir():
        raise ResultsError(f"there is no folder {folder}; name the one with the tables with --results")
    tables = {path.stem: read(path) for path in sorted(folder.glob("*.json"))}
    if not tables:
        raise ResultsError(f"{folder} holds no table (*.json)")
    texts = {path: _read(path) for path in sorted(pages.glob("*.md"))}
    if not texts:
        raise ResultsError(f"{pages} holds no page (*.md); name the folder of the pages with --docs")
    markers = [_MARKER.fullmatch(line.strip()) for text in texts.values() for line in text.splitlines()]
    shown = [marker["table"] for marker in markers if marker]
    for name in tables:
        if shown.count(name) != 1:
            count = "no page" if name not in shown else f"{shown.count(name)} places"
            raise ResultsError(f"table {name} is in {count} of {pages}; expected <!-- results:{name} --> once")
    stale = {}
    for path, text in texts.items():
        try:
            filled = fill_page(text, tables)
        except ResultsError as error:
            raise ResultsError(f"{path}, {error}") from error
        if filled != text:
            stale[path] = filled
    return stale


def fill_page(text: str, tables: Tables) -> str:
    """A page with a fresh table between each pair of markers.

    Args:
      text: the page's text.
      tables: rows by name of the table.

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
                lines.append(f"\n{full_table(opened, tables[opened])}\n\n")
            opened = name
        if marker or opened is None:
            lines.append(line)
    if opened is not None:
        raise ResultsError(f"<!-- results:{opened} --> is never closed by <!-- /results -->")
    return "".join(lines)


def full_table(name: str, rows: Sequence[ResultRow]) -> str:
    """Every row of a table, and below them the commands that made them.

    The data set and the preset are columns where they differ between rows, and otherwise a sentence above the table. A
    table in which no row repeats a paper has no columns for it.
    """
    runs: dict[tuple[str, str, str], int] = {}
    numbers = [str(runs.setdefault((row.command, row.commit, row.date), len(runs) + 1)) for row in rows]
    left_out = () if any(row.preset for row in rows) else _OF_A_PAPER
    same = [column for column in ("dataset", "preset") if len({getattr(row, column) for row in rows}) == 1]
    same = [column for column in same if column not in left_out]
    shared = "; ".join(f"{column}: {getattr(rows[0], column)}" for column in same)
    columns = [column for column in _CELLS if column not in (*same, *left_out)]
    made_by = "\n".join(
        f"{number}. {_code(command)} (commit {_code(commit)}, {date})"
        for (command, commit, date), number in runs.items()
    )
    # An explicit anchor, since renderers make different ones from a heading.
    anchor = "results-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    heading = f'<a id="{anchor}"></a>\n\n### results/{name}.json'
    above = [heading, f"All rows have {shared}."] if shared else [heading]
    return "\n\n".join([*above, _markdown(rows, columns, run=numbers), made_by])


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


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"cannot read {path}: {error}") from error
