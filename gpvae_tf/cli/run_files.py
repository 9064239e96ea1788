"""What lies in the folder of a run: its record, its model, its logs and its scores."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from gpvae_tf.cli.options import FitOptions, Reading
from gpvae_tf.cli.reading import given_options, used_options
from gpvae_tf.training.run_folder import RunFolderError, read_record

EXPERIMENT = "gpvae fit"  # what config.json calls such a run
MODEL = "model"  # the folder of the saved model
EVALUATION = "evaluation.json"  # what `gpvae evaluate` found


def read_run(folder: str) -> tuple[Path, dict[str, Any]]:
    """The folder and the record of a run.

    Raises:
      RunFolderError: if the folder holds no run of `gpvae fit`.
    """
    path = Path(folder).expanduser()
    record = read_record(path)
    if record["experiment"] != EXPERIMENT:
        raise RunFolderError(f"{path} is a run of {record['experiment']!r}; expected one of `gpvae fit`")
    return path, record


def load_run(folder: str, reading: Reading, *files: str) -> tuple[Any, Reading]:
    """The model of a run, and how files for it are read: as `fit` did, but for what is given now.

    Args:
      folder: of the run.
      reading: what is given now.
      files: those to be read; what `fit` was told and has no meaning for them is left out.

    Raises:
      RunFolderError, SavingError: if there is no run, or no whole model in it.
    """
    path, record = read_run(folder)
    used = set.intersection(*(used_options(file) for file in files)) if files else set()
    before = {name: record["config"][name] for name in used if record["config"].get(name)}
    merged = before | given_options(reading)
    lists = {name: tuple(value) for name, value in merged.items() if isinstance(value, (list, tuple))}
    from gpvae_tf import saving  # brings TensorFlow, which `gpvae show` can do without

    return saving.load_model(path / MODEL), Reading(**merged | lists)


def as_config(options: FitOptions, source: str) -> dict[str, Any]:
    """What config.json records of a run."""
    return dataclasses.asdict(options) | {"data": str(Path(source).expanduser().absolute())}


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file of the run; empty if it is not there.

    Raises:
      RunFolderError: if it is damaged.
    """
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{path} is damaged: {error}") from error
    if not isinstance(content, dict):
        raise RunFolderError(f"{path} holds a {type(content).__name__}; expected an object")
    return content
