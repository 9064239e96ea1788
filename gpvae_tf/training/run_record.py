"""The record of a run, its config.json: how it is made and read, and in what two of them differ."""

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

from gpvae_tf.files.readers import DamagedFileError, read_json_object
from gpvae_tf.training.provenance import git_commit

NOTHING: Mapping[str, Any] = MappingProxyType({})
# What changes times, and numbers by rounding: on AMD processors TensorFlow leaves oneDNN off unless told otherwise.
_ENVIRONMENT = ("TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "XLA_FLAGS", "OMP_NUM_THREADS")
_PACKAGES = ("tensorflow", "tf-keras", "tensorflow-probability", "numpy")
DATA = "data"  # what a record calls the data that were read, where it knows them: their digest
TIME_KIND = "time_kind"  # the same of their times: numbers, durations or dates
HAS_ERRORS = "has_errors"  # whether their values were measured with errors of known size
_RECORDED = {
    "experiment": str,
    "config": dict,
    "commit": str,
    "date": str,
    "command": str,
    "resumed": list,
    "columns": dict,
    DATA: dict,
    TIME_KIND: str,
    HAS_ERRORS: bool,
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


def differences(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    ignore: Collection[str] = (),
    defaults: Mapping[str, Any] = NOTHING,
    given_alike: Collection[str] = (),
) -> list[str]:
    """One line per configuration entry that differs between two records.

    Args:
      old, new: the records.
      ignore: names of entries that may differ.
      defaults: value of an entry that the old record lacks, because it is older than the flag.
      given_alike: those of `ignore` that both records have, or neither.
    """
    lines = []
    if old["experiment"] != new["experiment"]:
        lines.append(f"experiment: {old['experiment']} there, {new['experiment']} asked for")
    there, asked = json.loads(json.dumps([{**defaults, **old["config"]}, new["config"]]))
    for name in sorted(there.keys() | asked.keys()):
        is_given = [bool(values.get(name)) for values in (there, asked)]
        may_differ = name in ignore and (name not in given_alike or len(set(is_given)) == 1)
        if not may_differ and not _is_same(there.get(name), asked.get(name)):
            lines.append(f"{name}: {there.get(name)!r} there, {asked.get(name)!r} asked for")
    return lines


def _is_same(there: Any, asked: Any) -> bool:
    """Whether two values are equal, or the same place, of which earlier versions recorded a path as it was given."""
    there, asked = _expanded(there), _expanded(asked)
    both = isinstance(there, str) and isinstance(asked, str)
    return there == asked or (both and os.path.isabs(asked) and os.path.realpath(there) == asked)


def _expanded(value: Any) -> Any:
    """A value, with the home directory in the place of ~, as flags have it; records of earlier versions have not."""
    return os.path.expanduser(value) if isinstance(value, str) else value
