"""What lies in the folder of a run: its record, its model, its logs and its scores."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gpvae_tf.cli.hidden_values import RECALIBRATED
from gpvae_tf.cli.options import DataOptions, EvaluateOptions, FitOptions
from gpvae_tf.data import SequenceData
from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.files import expanded
from gpvae_tf.files.readers import DamagedFileError, read_json_object
from gpvae_tf.flags.checks import check_values
from gpvae_tf.training.history import Log, read_history
from gpvae_tf.training.run_record import RunFolderError, read_record
from gpvae_tf.training.scores import EVALUATION, is_number, read_scores
from gpvae_tf.training.workers import digest

EXPERIMENT = "gpvae fit"  # what config.json calls such a run
MODEL = "model"  # the folder of the saved model
COLUMNS = "columns"  # the entry of config.json with what the data were read from, see `reading.columns_of`


def read_run(folder: str) -> tuple[Path, dict[str, Any]]:
    """The folder and the record of a run, whose configuration has the fields of `FitOptions`, and "data".

    Of the columns it has those that `fit` read, whether they were given or not.

    Raises:
      RunFolderError: if the folder holds no run of `gpvae fit`, or a value of its configuration is refused.
    """
    path = expanded(folder)
    record = read_record(path, needs=("commit", "date"))
    if record["experiment"] != EXPERIMENT:
        raise RunFolderError(f"{path} is a run of {record['experiment']!r}; expected one of `gpvae fit`")
    known = {field.name for field in dataclasses.fields(FitOptions)}
    try:
        written = record["config"] | record.get(COLUMNS, {})
        lists = {name: tuple(value) for name, value in written.items() if isinstance(value, list)}
        options = FitOptions(**{name: value for name, value in (written | lists).items() if name in known})
        check_values(options)
    except ValueError as error:
        raise RunFolderError(f"{path}/config.json is damaged: {error}") from error
    source = record["config"].get("data")
    if not isinstance(source, str):
        raise RunFolderError(f"{path}/config.json is damaged: its entry 'data' is {source!r}")
    return path, record | {"config": dataclasses.asdict(options) | {"data": source}}


def reading_of_fit(config: Mapping[str, Any]) -> dict[str, Any]:
    """How `fit` read its data: the options of `DataOptions`, and the columns that they stood for.

    Args:
      config: of the record that `read_run` returns.
    """
    return {field.name: config[field.name] for field in dataclasses.fields(DataOptions)}


def is_data_of(config: Mapping[str, Any], file: str) -> bool:
    """Whether a file or folder stands where the one stood that `fit` read.

    Args:
      config: of the record of the run.
      file: its path.
    """
    return expanded(file).resolve() == Path(config["data"]).resolve()


def as_config(options: FitOptions, source: str) -> dict[str, Any]:
    """What config.json records of a run, with paths that mean the same in every folder."""
    places = {"data": source} | ({"times": options.times} if options.times else {})
    return dataclasses.asdict(options) | {name: str(expanded(path).resolve()) for name, path in places.items()}


def data_digest(sequences: SequenceData) -> dict[str, list[int]]:
    """A digest of every sequence; config.json has those of the data of every start of `fit`.

    A sequence is known by it in another file, among others and in another order. The same numbers are the same
    sequence, whether a file has a mask of points, one of entries or none, and whether its observations and inputs are
    float32 or float64. So they are with other errors of measurement beside them.
    """
    observations, inputs = sequences.observations, np.asarray(sequences.inputs)
    inputs = np.broadcast_to(inputs, (*observations.shape[:2], inputs.shape[-1]))
    known = entry_mask(sequences.mask, observations.shape)
    arrays = (np.where(known, observations, 0.0).astype(np.float32), inputs.astype(np.float64), known)
    own = zip(*arrays, sequences.lengths, strict=True)
    return {"series": [digest([part[:length] for part in parts]) for *parts, length in own]}


def read_log(folder: Path) -> Log:
    """A run's metrics.csv; without columns if there is none.

    Raises:
      DamagedFileError: if it is damaged.
    """
    path = folder / "metrics.csv"
    return read_history(path) if path.exists() else Log(path, {})


def all_scores(folder: Path) -> dict[str, float]:
    """The scores of a finished run, and those of `gpvae evaluate`; without those that there are not yet.

    Raises:
      DamagedFileError: if a file of them is damaged.
    """
    return (read_scores(folder) or {}) | evaluation(folder)


def evaluation(folder: Path) -> dict[str, float]:
    """The scores that `gpvae evaluate` found, and those after a repair; none if it was not run yet.

    Raises:
      DamagedFileError: if its file has no numbers by name.
    """
    report = _report(folder)
    scores: Any = report.get("scores") if report else {}
    repaired: Any = report.get(RECALIBRATED, {})
    for each in (scores, repaired):
        if not isinstance(each, dict) or not all(map(is_number, each.values())):
            raise DamagedFileError(
                f'{folder / EVALUATION} is damaged: expected {{"scores": {{name: number, ...}}, ...}}'
            )
    return {**scores, **{f"{RECALIBRATED} {name}": value for name, value in repaired.items()}}


def evaluated_how(folder: Path) -> str:
    """The file and the flags that `evaluation` is of, such as "new.csv --horizon=7d"; empty if it was not run yet.

    Raises:
      DamagedFileError: if its file has no options by name.
    """
    report, plain = _report(folder), json.loads(json.dumps(dataclasses.asdict(EvaluateOptions())))
    options = report.get("options", {})  # a run from before they were recorded has none
    if not isinstance(options, dict):
        raise DamagedFileError(f'{folder / EVALUATION} is damaged: expected {{"options": {{name: value, ...}}, ...}}')
    asked = {name: value for name, value in options.items() if name in plain and value not in (plain[name], "")}
    flags = [_as_flag(name, value) for name, value in asked.items() if name != "out"]
    return " ".join([str(report.get("data", "")), *flags]).strip()


def _report(folder: Path) -> dict[str, Any]:
    """What `gpvae evaluate` wrote, if it was run yet."""
    path = folder / EVALUATION
    return read_json_object(path) if path.exists() else {}


def _as_flag(name: str, value: Any) -> str:
    """An option as it stands on a command line."""
    if value is True:
        return f"--{name}"
    return f"--{name}={','.join(map(str, value)) if isinstance(value, list) else value}"
