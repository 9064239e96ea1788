"""Numbers in the prose of a Markdown page, and the files that they must come from."""

import csv
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

_GENERATED = re.compile(r"<!-- results:(\S+) -->.*?<!-- /results -->", re.S)
_CODE = re.compile(r"```.*?```|`[^`]*`", re.S)
_LINK = re.compile(r"\]\(([^)]*)\)")
_CITATION = re.compile(r"(?:Sections?|Tables?|Figures?|Eqs?\.|Appendix|N\()\s*\S*")
_DECIMAL = re.compile(r"(?<![\w.])[-+]?(\d[\d,]*\.\d+)(?!\w|\.\d| degrees)(\s?%)?")
_WITH_UNIT = re.compile(r"(?<![\w.,])[-+]?(\d[\d,]*)(\s?%|(?=\s(?:nats|MiB|ms)\b))")


def unsupported(page: Path) -> list[str]:
    """The numbers of a page's prose that no file it rests on has.

    Looked at are decimal numbers and numbers with a unit (%, nats, ms, MiB); code, citations and angles are left out.
    Such a number must be, rounded as it is printed, a value, deviation, published value, difference from the published
    value or time of a row in a table of the page or of another page of results that is linked in the same section, or a
    cell of a .csv that is linked there.
    """
    text = page.read_text(encoding="utf-8")
    of_page = list(_of_tables(page))
    missing = []
    for section in re.split(r"^## ", _GENERATED.sub("", text), flags=re.M):
        links = [page.parent / link for link in _LINK.findall(section)]
        values = [*of_page, *(cell for link in links if link.suffix == ".csv" for cell in _of_csv(link))]
        for other in (link for link in links if link.suffix == ".md" and link.parent == page.parent):
            values += _of_tables(other)
        plain = _CITATION.sub(" ", _CODE.sub(" ", _LINK.sub("]", section)))
        for match in (*_DECIMAL.finditer(plain), *_WITH_UNIT.finditer(plain)):
            if not any(rounds_to(value, match[1], percent=bool(match[2])) for value in values):
                missing.append(
                    f"{page.name}: {match[0].strip()} in ...{plain[max(0, match.start() - 40) : match.end()]}"
                )
    return missing


def _of_tables(page: Path) -> Iterator[float]:
    for name in _GENERATED.findall(page.read_text(encoding="utf-8")):
        yield from _of_table(page.parents[2] / "results" / f"{name}.json")


def _of_table(path: Path) -> Iterator[float]:
    for row in json.loads(path.read_text(encoding="utf-8")):
        yield from map(float, re.findall(r"\d+\.\d+", row["metric"]))  # such as the ideal that a metric compares with
        found = [row[name] for name in ("value", "sd", "paper", "seconds_per_epoch") if row[name] is not None]
        yield from found
        if row["paper"] is not None:
            yield row["value"] - row["paper"]


def _of_csv(path: Path) -> Iterator[float]:
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            for cell in line.values():
                try:
                    yield float(cell)
                except (TypeError, ValueError):
                    continue


def rounds_to(value: float, printed: str, *, percent: bool = False) -> bool:
    """Whether a value's magnitude (times 100 for a percentage) rounds to a printed number."""
    digits = printed.replace(",", "")
    unit = 10.0 ** -len(digits.partition(".")[2])
    value = abs(value) * (100.0 if percent else 1.0)
    return math.isclose(value, float(digits), rel_tol=1e-9, abs_tol=0.5001 * unit)
