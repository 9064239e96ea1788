"""Reading a run's metrics.csv."""

import csv
from pathlib import Path

import numpy as np


def read_history(path: Path) -> dict[str, np.ndarray]:
    """A metrics.csv as columns, [epochs] each; a row cut short (by a full disk, say) is left out."""
    with Path(path).open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if None not in row.values() and "" not in row.values()]
    return {name: np.array([float(row[name]) for row in rows]) for name in (rows[0] if rows else ())}


def at_step(history: dict[str, np.ndarray], name: str, step: int) -> float:
    """A column's value at a training step that was logged.

    Raises:
      ValueError: if it was not.
    """
    where = np.flatnonzero(history["step"] == step)
    if not len(where):
        raise ValueError(f"step {step} was not logged; the log has {history['step'].astype(int).tolist()}")
    return float(history[name][where[0]])


def until(history: dict[str, np.ndarray], step: int) -> dict[str, np.ndarray]:
    """The rows of a log up to a training step."""
    return {name: values[history["step"] <= step] for name, values in history.items()}


def columns(history: dict[str, np.ndarray], prefix: str) -> np.ndarray:
    """The columns whose names begin with `prefix`, in order of name, [epochs, k]; k is 0 if there are none."""
    names = sorted(name for name in history if name.startswith(prefix))
    return np.stack([history[name] for name in names], axis=-1) if names else np.zeros((len(history["step"]), 0))
