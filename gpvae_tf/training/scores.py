"""The numbers of a finished run, its scores.json, and the names of all files that a run has of that kind."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpvae_tf.files import atomic_write
from gpvae_tf.files.readers import DamagedFileError, read_json_object

SCORES = "scores.json"
EVALUATION = "evaluation.json"  # what `gpvae evaluate` found of it


def write_scores(folder: Path, step: int, scores: Mapping[str, float]) -> None:
    """Writes scores.json, the numbers of a finished run, {"step": ..., "scores": {...}}."""
    content = {"step": step, "scores": {name: float(value) for name, value in scores.items()}}
    with atomic_write(Path(folder) / SCORES) as file:
        file.write(json.dumps(content, indent=1) + "\n")


def read_scores(folder: Path) -> dict[str, float] | None:
    """The scores of a finished run; None if it is not finished.

    Raises:
      DamagedFileError: if scores.json has no numbers by name.
    """
    path = Path(folder) / SCORES
    if not path.exists():
        return None
    content = read_json_object(path)
    step, scores = content.get("step"), content.get("scores")
    if not is_number(step) or not isinstance(scores, dict) or not all(map(is_number, scores.values())):
        raise DamagedFileError(f'{path} is damaged: expected {{"step": number, "scores": {{name: number, ...}}}}')
    return scores


def is_number(value: Any) -> bool:
    """Whether an entry of a JSON file is a number that a float can be."""
    return isinstance(value, float) or (type(value) is int and abs(value) <= sys.float_info.max)
