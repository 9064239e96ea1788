"""Damaged files, the same ones every time: cut short, emptied, with entries taken out or of other types and values."""

import copy
import json
from collections.abc import Iterator
from typing import Any

OTHERS = (None, True, 0, -1, 1.5, 10**400, float("nan"), "", "text", [], [None], {}, {"a": 1})


def cuts(content: bytes, number: int = 12) -> Iterator[bytes]:
    """The beginnings of a file, the empty one first, and the whole with a byte in the middle that is no UTF-8."""
    for i in range(number):
        yield content[: len(content) * i // number]
    yield content[: len(content) // 2] + b"\xff\x00" + content[len(content) // 2 :]


def of_json(content: Any) -> Iterator[bytes]:
    """A JSON file damaged: as `cuts`, and with every entry taken out, and replaced by `OTHERS`."""
    yield from cuts(json.dumps(content, indent=1).encode())
    yield b"[" * 100_000
    yield b'{"a": "\\ud800"}'
    for edited in edits(content):
        yield json.dumps(edited).encode()


def edits(content: Any) -> Iterator[Any]:
    """Content of JSON with one entry taken out, or replaced by one of `OTHERS`, the whole content included."""
    yield from OTHERS
    for path in _paths(content):
        edited, parent = _copied(content, path)
        del parent[path[-1]]
        yield edited
        for other in OTHERS:
            edited, parent = _copied(content, path)
            parent[path[-1]] = other
            yield edited


def of_csv(text: str) -> Iterator[bytes]:
    """A CSV file damaged: as `cuts`, and with every entry of its first two and its last rows replaced."""
    yield from cuts(text.encode())
    rows = [line.split(",") for line in text.splitlines()]
    for i in (0, 1, len(rows) - 1):
        for j in range(len(rows[i])):
            for entry in ("", "text", "nan", "inf", "-1", "1e400", '"', "\x00", "1,2"):
                edited = copy.deepcopy(rows)
                edited[i][j] = entry
                yield "\n".join(map(",".join, edited)).encode() + b"\n"


def _copied(content: Any, path: tuple) -> tuple[Any, Any]:
    """A copy, and what in it holds the entry at the path."""
    edited = copy.deepcopy(content)
    parent = edited
    for step in path[:-1]:
        parent = parent[step]
    return edited, parent


def _paths(content: Any, path: tuple = ()) -> Iterator[tuple]:
    if path:
        yield path
    steps = content if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()
    for step in steps:
        yield from _paths(content[step], (*path, step))
