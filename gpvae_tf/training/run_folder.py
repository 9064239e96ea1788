"""The folder of a run and its configuration; no run is overwritten, and no two configurations share a folder.

config.json       what was run: experiment, configuration, command, versions, commit, date
metrics.csv       one row per epoch        tensorboard/     the same for TensorBoard
scores.json       numbers of the finished run            evaluation.json  what `gpvae evaluate` found of it
checkpoints/      to resume and to export  saved_model/N/   for serving        *.png   pictures
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpvae_tf.files import atomic_write, check_plain, delete_temporaries
from gpvae_tf.training import checkpoint_files
from gpvae_tf.training.run_record import DATA, NOTHING, RunFolderError, differences, read_record

_OF_A_START = ("command", "versions", "environment", "commit", "date", DATA)  # and not of the whole run


def open_run(
    folder: Path,
    record: Mapping[str, Any],
    *,
    resume: bool,
    may_differ: tuple[str, ...] = (),
    defaults: Mapping[str, Any] = NOTHING,
    given_alike: tuple[str, ...] = (),
    flag: str = "--expid",
    num_steps: int | None = None,
) -> bool:
    """Makes a run's folder ready, and writes config.json; what a killed process left of its writes is deleted.

    No other process may be training in the folder (`run_lock.hold`).

    Args:
      folder: the run's folder.
      record: the run's record (`describe`).
      resume: whether to continue a run that is there.
      may_differ: configuration entries that a resumed run may change, such as the number of steps.
      defaults, given_alike: see `run_record.differences`.
      flag: which one names another folder, for messages.
      num_steps: training steps that the run is to have in the end.

    Returns:
      Whether a run is there to be continued.

    Raises:
      RunFolderError: as `look_at`, if the run has done more steps than it is to have, or if the folder cannot be
        written. Nothing is overwritten then.
      CheckpointError: if there are checkpoints and none is whole. Nothing is overwritten then either.
    """
    folder = Path(folder)
    compared: dict[str, Any] = dict(may_differ=may_differ, defaults=defaults, given_alike=given_alike)
    old = look_at(folder, record, resume=resume, flag=flag, **compared)
    exists, done = old is not None, checkpoint_files.steps_done(folder / "checkpoints")
    if old is not None:
        if num_steps is not None and done > num_steps:
            raise RunFolderError(f"{folder} has done {done:,} training steps, and {num_steps:,} are asked for in all")
        checkpoint_files.check_any_whole(folder / "checkpoints")  # a start that cannot go on leaves no trace
        checkpoint_files.delete_leftovers(folder / "checkpoints")
        # The record of the first start is kept, and each continuation is added to its list.
        how = {name: record[name] for name in _OF_A_START if name in record}
        record = {**old, "config": record["config"], "resumed": [*old.get("resumed", []), how]}
    try:
        for place in (folder, *folder.glob("*/")):  # without a record too, which a process may have been killed writing
            if not place.name.startswith("worker_"):  # of other processes (`cluster.Cluster.folder`)
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
    given_alike: tuple[str, ...] = (),
    flag: str = "--expid",
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
            raise RunFolderError(f"{folder} holds a run whose config.json is gone: choose another {flag}")
        return None
    if not resume:
        raise RunFolderError(f"{folder} already holds a run: continue it with --resume, or choose another {flag}")
    old = read_record(folder)
    if found := differences(old, record, may_differ, defaults, given_alike):
        listing = "\n  ".join(found)
        raise RunFolderError(f"{folder} holds a run of another configuration:\n  {listing}")
    return old
