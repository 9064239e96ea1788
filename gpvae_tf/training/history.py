"""Reading a run's metrics.csv."""

import csv
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gpvae_tf.files.readers import DamagedFileError

_ABSENT = "NA"  # how Keras writes what an epoch lacks, in logs of earlier versions
_COUNTS = (": step", ": epoch", ": data_epoch")


class Log(dict[str, np.ndarray]):
    """The columns of a log by name, [epochs] each.

    Args:
      path: the file, for messages.
      columns: by name.
    """

    def __init__(self, path: Path, columns: Mapping[str, np.ndarray]):
        super().__init__(columns)
        self.path = path

    def __missing__(self, name: str) -> np.ndarray:
        """Refuses a column that is not there, naming those that are.

        Raises:
          DamagedFileError: always.
        """
        raise DamagedFileError(f"{self.path} has no column {name!r}; it has {', '.join(self) or 'no whole row'}")


def read_history(path: Path) -> Log:
    """A metrics.csv as columns, [epochs] each; a row cut short (by a full disk, say) is left out.

    Raises:
      DamagedFileError: if it cannot be read, or an entry is no number; row and column are named.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            names, *rows = list(csv.reader(stream)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DamagedFileError(f"{path} cannot be read: {error}") from error
    whole = [(number, row) for number, row in enumerate(rows, 2) if row and len(row) >= len(names) and "" not in row]
    columns: dict[str, list[float]] = {name: [] for name in names} if whole else {}
    for number, row in whole:
        if len(row) > len(names):
            raise DamagedFileError(f"{path} is damaged, row {number}: {len(row)} entries in {len(names)} columns")
        for name, entry in zip(names, row):
            columns[name].append(_number(entry, f"{path} is damaged, row {number}: {name}"))
    return Log(path, {name: np.array(values) for name, values in columns.items()})


def _number(text: str, where: str) -> float:
    try:
        value = math.nan if text == _ABSENT else float(text)
    except ValueError:
        raise DamagedFileError(f"{where} = {text!r} is no number") from None
    if where.endswith(_COUNTS) and not 0 <= value < 2**53:
        raise DamagedFileError(f"{where} = {text} cannot be")
    return value


def at_step(history: Mapping[str, np.ndarray], name: str, step: int) -> float:
    """A column's value at a training step that was logged.

    Raises:
      DamagedFileError: if it was not.
    """
    where = np.flatnonzero(history["step"] == step)
    if not len(where):
        raise DamagedFileError(f"step {step} was not logged; the log has {history['step'].astype(int).tolist()}")
    return float(history[name][where[0]])


def until(history: Log, step: int) -> Log:
    """The rows of a log up to a training step."""
    return Log(history.path, {name: values[history["step"] <= step] for name, values in history.items()})


def columns(history: Mapping[str, np.ndarray], prefix: str) -> np.ndarray:
    """The columns whose names begin with `prefix`, in order of name, [epochs, k]; k is 0 if there are none."""
    names = sorted(name for name in history if name.startswith(prefix))
    return np.stack([history[name] for name in names], axis=-1) if names else np.zeros((len(history["step"]), 0))
