"""Rows of results as Markdown tables, and numbers as text."""

import math
import re
from collections.abc import Iterable, Sequence

from gpvae_tf.results.files import ResultRow

_DIFFERENCES = ("nats", "bits", "%")  # units whose zero is no natural origin, or already a ratio


def compact_table(name: str, rows: Sequence[ResultRow], details: str) -> str:
    """A README's table: data set and preset are columns only where they differ between rows."""
    varying = [column for column in ("dataset", "preset") if len({getattr(row, column) for row in rows}) > 1]
    header = ["model", *varying, "metric", "ours (seeds)", "paper", "vs. paper", "s/epoch"]
    body = [
        [
            row.model,
            *(getattr(row, column) for column in varying),
            _metric(row),
            f"{format_value(row.value, row.sd)} ({len(row.seeds)})",
            *_comparison(row),
            _seconds(row),
        ]
        for row in rows
    ]
    return f"{_markdown(header, body)}\n\nCommands and commits: [{details}]({details}#{_anchor(name)})."


def full_table(name: str, rows: Sequence[ResultRow]) -> str:
    """A documentation page's section: every row in full, and below them the commands that made them."""
    runs: dict[tuple[str, str, str], int] = {}
    numbers = [runs.setdefault((row.command, row.commit, row.date), len(runs) + 1) for row in rows]
    header = ["model", "dataset", "preset", "metric", "ours", "seeds", "epochs", "paper", "vs. paper", "s/epoch", "run"]
    body = [
        [
            row.model,
            row.dataset,
            row.preset,
            _metric(row),
            format_value(row.value, row.sd),
            ", ".join(str(seed) for seed in row.seeds),
            str(row.epochs),
            *_comparison(row),
            _seconds(row),
            str(number),
        ]
        for row, number in zip(rows, numbers, strict=True)
    ]
    made_by = "\n".join(
        f"{number}. {_code(command)} (commit {_code(commit)}, {date})"
        for (command, commit, date), number in runs.items()
    )
    return f'<a id="{_anchor(name)}"></a>\n\n## {name}\n\n{_markdown(header, body)}\n\n{made_by}'


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
    """Ours against the paper's: a ratio, or a difference where a ratio says nothing; a dash if the paper has none."""
    if row.paper is None:
        return "–"
    if row.unit in _DIFFERENCES or row.paper <= 0 or row.value <= 0:
        return f"{row.value - row.paper:+.3g}"
    return f"× {row.value / row.paper:.2f}"


def _metric(row: ResultRow) -> str:
    return f"{row.metric} ({row.unit})" if row.unit else row.metric


def _comparison(row: ResultRow) -> tuple[str, str]:
    return "not stated" if row.paper is None else f"{row.paper:g}", format_against(row)


def _seconds(row: ResultRow) -> str:
    return "–" if row.seconds_per_epoch is None else f"{row.seconds_per_epoch:.3g}"


def _markdown(header: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *body]
    return "\n".join("| " + " | ".join(_cell(text) for text in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    """Inline code; text with backticks needs a longer fence."""
    fence = "``" if "`" in text else "`"
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("\n", " ")


def _anchor(name: str) -> str:
    """An explicit anchor: renderers make different ones from a heading."""
    return "results-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
