"""The folder of a run and its configuration; no run is overwritten, and no two configurations share a folder.

config.json       what was run: experiment, configuration, command, versions, commit, date
metrics.csv       one row per epoch        tensorboard/     the same for TensorBoard
scores.json       numbers of the finished run
checkpoints/      to resume and to export  saved_model/N/   for serving        *.png   pictures
"""

import datetime
import json
import os
import platform
import shlex
import sys
from collections.abc import Collection, Mapping
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gpvae_tf.files import atomic_write, check_plain, delete_temporaries
from gpvae_tf.files.readers import DamagedFileError, read_json_object
from gpvae_tf.training import checkpoint_files
from gpvae_tf.training.provenance import git_commit

NOTHING: Mapping[str, Any] = MappingProxyType({})
# What changes times, and numbers by rounding: on AMD processors TensorFlow leaves oneDNN off unless told otherwise.
_ENVIRONMENT = ("TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "XLA_FLAGS", "OMP_NUM_THREADS")
_PACKAGES = ("tensorflow", "tf-keras", "tensorflow-probability", "numpy")
_RECORDED = {
    "experiment": str,
    "config": dict,
    "commit": str,
    "date": str,
    "command": str,
    "resumed": list,
    "columns": dict,
}


class RunFolderError(RuntimeError):
    """A run's folder cannot be used as asked."""


def describe(experiment: str, config: Mapping[str, Any], execution: Mapping[str, Any]) -> dict[str, Any]:
    """Makes the record of a run that config.json holds.

    Args:
      experiment: name in `gpvae_tf.experiments.EXPERIMENTS`.
      config: the settings that determine the numbers; a resumed run must have the same.
      execution: device placement and compilation, which are recorded but not compared.
    """
    return {
        "experiment": experiment,
        "config": dict(config),
        "execution": dict(execution),
        "command": shlex.join(["python", *sys.argv]),
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}},
        "environment": {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        "commit": git_commit(),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    }


def read_record(folder: Path, needs: Collection[str] = ()) -> dict[str, Any]:
    """Reads a run's config.json.

    Args:
      folder: of the run.
      needs: entries that must be there beside "experiment" and "config".

    Raises:
      RunFolderError: if there is none, it is no record of a run, or an entry is of another type than `describe` writes.
    """
    path = Path(folder) / "config.json"
    try:
        record = read_json_object(path)
    except (OSError, DamagedFileError) as error:
        raise RunFolderError(
            f"{folder} holds no readable config.json, so it is no run of this library: {error}"
        ) from error
    if lacks := {"experiment", "config", *needs} - record.keys():
        raise RunFolderError(f"{path} lacks the entries {' and '.join(map(repr, sorted(lacks, reverse=True)))}")
    for name, kind in _RECORDED.items():
        if name in record and not isinstance(record[name], kind):
            raise RunFolderError(f"{path} is damaged: its entry {name!r} is {record[name]!r}")
    return record


def write_scores(folder: Path, step: int, scores: Mapping[str, float]) -> None:
    """Writes scores.json, the numbers of a finished run, {"step": ..., "scores": {...}}."""
    content = {"step": step, "scores": {name: float(value) for name, value in scores.items()}}
    with atomic_write(Path(folder) / "scores.json") as file:
        file.write(json.dumps(content, indent=1) + "\n")


def read_scores(folder: Path) -> dict[str, float] | None:
    """The scores of a finished run; None if it is not finished.

    Raises:
      DamagedFileError: if scores.json has no numbers by name.
    """
    path = Path(folder) / "scores.json"
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


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], ignore: tuple[str, ...] = (), defaults: Mapping[str, Any] = NOTHING
) -> list[str]:
    """One line per configuration entry that differs between two records, ignoring some names.

    An entry that the old record lacks, because it is older than the flag, has its default.
    """
    lines = []
    if old["experiment"] != new["experiment"]:
        lines.append(f"experiment: {old['experiment']} there, {new['experiment']} asked for")
    there, asked = json.loads(json.dumps([{**defaults, **old["config"]}, new["config"]]))
    for name in sorted(there.keys() | asked.keys()):
        if name not in ignore and _expanded(there.get(name)) != _expanded(asked.get(name)):
            lines.append(f"{name}: {there.get(name)!r} there, {asked.get(name)!r} asked for")
    return lines


def _expanded(value: Any) -> Any:
    """A value, with the home directory in the place of ~, as flags have it; records of earlier versions have not."""
    return os.path.expanduser(value) if isinstance(value, str) else value


def open_run(
    folder: Path,
    record: Mapping[str, Any],
    *,
    resume: bool,
    may_differ: tuple[str, ...] = (),
    defaults: Mapping[str, Any] = NOTHING,
    num_steps: int | None = None,
) -> bool:
    """Makes a run's folder ready, and writes config.json; what a killed process left of its writes is deleted.

    So are the scores of a run that is to be trained further, which is finished again when it has new ones.

    No other process may be training in the folder (`run_lock.hold`).

    Args:
      folder: the run's folder.
      record: the run's record (`describe`).
      resume: whether to continue a run that is there.
      may_differ: configuration entries that a resumed run may change, such as the number of steps.
      defaults: default values of the configuration's entries, for a run that is older than one of them.
      num_steps: training steps that the run is to have in the end.

    Returns:
      Whether a run is there to be continued.

    Raises:
      RunFolderError: as `look_at`, if the run has done more steps than it is to have, or if the folder cannot be
        written. Nothing is overwritten then.
    """
    folder = Path(folder)
    old = look_at(folder, record, resume=resume, may_differ=may_differ, defaults=defaults)
    exists, done = old is not None, checkpoint_files.steps_done(folder / "checkpoints")
    if old is not None:
        if num_steps is not None and done > num_steps:
            raise RunFolderError(f"{folder} has done {done:,} training steps, and {num_steps:,} are asked for in all")
        checkpoint_files.delete_leftovers(folder / "checkpoints")
        if num_steps is not None and done < num_steps:  # what the run came to is that of fewer steps
            (folder / "scores.json").unlink(missing_ok=True)
        # The record of the first start is kept, and each continuation is added to its list.
        how = {name: record[name] for name in ("command", "versions", "environment", "commit", "date")}
        record = {**old, "config": record["config"], "resumed": [*old.get("resumed", []), how]}
    try:
        for place in (folder, *folder.glob("*/")):  # without a record too, which a process may have been killed writing
            if not place.name.startswith("worker_"):  # of other processes (`execution.worker_folder`)
                delete_temporaries(place)
        with atomic_write(folder / "config.json") as file:
            file.write(json.dumps(record, indent=1) + "\n")
    except OSError as error:
        raise RunFolderError(f"cannot write the output folder {folder}: {error}") from error
    return exists


def look_at(
    folder: Path,
    record: Mapping[str, Any],
    *,
    resume: bool,
    may_differ: tuple[str, ...] = (),
    defaults: Mapping[str, Any] = NOTHING,
) -> dict[str, Any] | None:
    """The record of the run in a folder; None if there is none. Nothing is written.

    Raises:
      RunFolderError: if checkpoints could not be read from the folder, it holds a run and `resume` is false, its
        configuration differs, or its config.json is gone.
    """
    try:
        check_plain(folder, "the output folder")
    except ValueError as error:
        raise RunFolderError(str(error)) from error
    if not (folder / "config.json").exists():
        if checkpoint_files.numbers(folder / "checkpoints"):
            raise RunFolderError(f"{folder} holds a run whose config.json is gone: choose another --expid")
        return None
    if not resume:
        raise RunFolderError(f"{folder} already holds a run: continue it with --resume, or choose another --expid")
    old = read_record(folder)
    if found := differences(old, record, may_differ, defaults):
        listing = "\n  ".join(found)
        raise RunFolderError(f"{folder} holds a run of another configuration:\n  {listing}")
    return old
