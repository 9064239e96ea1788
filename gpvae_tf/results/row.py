"""One measured number with what made it, checked when it is made."""

import dataclasses
import datetime
import math
import numbers
from typing import Any

_TEXTS = ("table", "model", "dataset", "preset", "metric", "command", "commit", "date")
_KEY = ("table", "model", "dataset", "preset", "metric")


class ResultsError(ValueError):
    """A result, a table of results, or a document made of them is not as it must be."""


@dataclasses.dataclass(frozen=True)
class ResultRow:
    """One measured number.

    Attributes:
      table: name of the file it belongs to, without .json.
      model: what was trained.
      dataset: what on.
      preset: "paper" or "authors_code".
      metric: name of the number.
      value: mean over seeds.
      sd: sample standard deviation over seeds, None for a single seed.
      seeds: at least one, all different.
      epochs: of training.
      paper: the number the paper reports, None if it states none.
      unit: of value, sd and paper; "" for a pure number.
      seconds_per_epoch: wall time, None if not measured.
      command: what to type to get the number again.
      commit: of the code that ran (`git_commit`).
      date: ISO 8601, a date or a time.

    Raises:
      ResultsError: naming the field that is wrong.
    """

    table: str
    model: str
    dataset: str
    preset: str
    metric: str
    value: float
    sd: float | None
    seeds: tuple[int, ...]
    epochs: int
    paper: float | None
    unit: str
    seconds_per_epoch: float | None
    command: str
    commit: str
    date: str

    def __post_init__(self):
        for name in _TEXTS:
            text = getattr(self, name)
            self._require(name, isinstance(text, str) and text.strip(), "a non-empty text")
        self._require("unit", isinstance(self.unit, str), "a text")
        self._require("value", _is_a(numbers.Real, self.value), "a finite number")
        self._require("paper", self.paper is None or _is_a(numbers.Real, self.paper), "a finite number or None")
        for name in ("sd", "seconds_per_epoch"):
            number = getattr(self, name)
            self._require(
                name, number is None or (_is_a(numbers.Real, number) and number >= 0), "None or finite and >= 0"
            )
        listed = isinstance(self.seeds, (list, tuple)) and all(_is_a(numbers.Integral, seed) for seed in self.seeds)
        different = listed and 0 < len(self.seeds) == len(set(self.seeds))
        self._require("seeds", different, "a list of different integers, at least one")
        self._require("sd", (self.sd is None) == (len(self.seeds) == 1), "None for one seed, a number for several")
        self._require("epochs", _is_a(numbers.Integral, self.epochs) and self.epochs > 0, "a positive integer")
        self._require("date", _is_date(self.date), "an ISO 8601 date")
        # NumPy scalars are no JSON, and a row must equal itself after a round trip.
        plain = {"seeds": tuple(int(seed) for seed in self.seeds), "epochs": int(self.epochs)}
        for name in ("value", "sd", "paper", "seconds_per_epoch"):
            plain[name] = None if getattr(self, name) is None else float(getattr(self, name))
        for name, value in plain.items():
            object.__setattr__(self, name, value)

    def _require(self, name: str, condition: Any, expected: str) -> None:
        if not condition:
            raise ResultsError(f"{name} must be {expected}, got {getattr(self, name)!r}")

    @property
    def key(self) -> tuple[str, ...]:
        """(table, model, dataset, preset, metric); a table has one row of each."""
        return tuple(getattr(self, name) for name in _KEY)


def _is_a(kind: Any, value: Any) -> bool:
    """Whether a value is finite and of a kind, an abstract class of `numbers`."""
    return isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(value)


def _is_date(text: str) -> bool:
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
