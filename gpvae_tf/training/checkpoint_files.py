"""The files of a run's checkpoints: which there are, whether one is whole, and leftovers of killed processes.

ckpt-N.index, ckpt-N.data-*      the checkpoint after epoch N        checkpoint   TensorFlow's list of them
stopped.index, stopped.data-*    of a run that was stopped within the epoch after the newest of these

The folder itself says which checkpoints there are. The list is written for other programs (`tf.train.latest_checkpoint`
reads it) and never believed, as a crash of the machine may leave it empty, full of noise, or behind its folder.
"""

import contextlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import tensorflow as tf

from gpvae_tf.files import atomic_write

LIST, STOPPED = "checkpoint", "stopped"
# What TensorFlow raises for a checkpoint whose bytes are damaged: DataLossError and kin, or its index reader's errors.
DAMAGE = (tf.errors.OpError, IndexError, ValueError, RuntimeError, MemoryError)
_INDEX = re.compile(r"ckpt-(\d+)\.index")
_NAME = r"(ckpt-\d+|stopped)"
_DATA = re.compile(rf"{_NAME}\.data-\d{{5}}-of-\d{{5}}")
_TEMPORARY = re.compile(rf"{_NAME}_temp|{_NAME}\.(index|data-\d{{5}}-of-\d{{5}})\.tempstate\d+|checkpoint\.tmp\w+")


class CheckpointError(RuntimeError):
    """No checkpoint of a run could be restored, or one could not be written."""


def numbers(folder: Path) -> list[int]:
    """The epochs after which there is a checkpoint, whole or not, in order."""
    return sorted({int(found[1]) for path in folder.glob("ckpt-*") if (found := _INDEX.fullmatch(path.name))})


def prefix(folder: Path, number: int) -> str:
    """The path of a checkpoint, without the endings of its files."""
    return str(folder / f"ckpt-{number}")


def check_whole(path: str) -> None:
    """Reads every value of a checkpoint, which TensorFlow compares with its check sum.

    Restoring reads what it needs, some of it late: a value that turns out to be damaged when the model has half of the
    others would leave a mixture.

    Raises:
      DAMAGE: if a value cannot be read, or is another than was written.
    """
    reader = tf.train.load_checkpoint(path)
    for name in reader.get_variable_to_shape_map():
        reader.get_tensor(name)


def check_any_whole(folder: Path) -> None:
    """Refuses a folder of checkpoints none of which is whole; one that has none passes.

    Raises:
      CheckpointError: naming the checkpoints, and what is wrong with each.
    """
    failures = []
    for path in _newest_first(folder):
        try:
            return check_whole(path)
        except DAMAGE as error:
            failures.append(f"{path}: {str(error).splitlines()[0]}")
    if failures:
        raise none_restored(failures)


def none_restored(failures: Iterable[str]) -> CheckpointError:
    """The error for checkpoints of which none could be restored, from a sentence about each."""
    return CheckpointError("no checkpoint could be restored:\n  " + "\n  ".join(failures))


def steps(path: str) -> int:
    """Training steps that the model of a checkpoint had taken."""
    return _count(path, "model/steps")


def stopped(folder: Path) -> str | None:
    """The path of the checkpoint within an epoch, if there is one that no later checkpoint has made obsolete."""
    path = str(folder / STOPPED)
    if not (folder / f"{STOPPED}.index").exists():
        return None
    try:
        return path if _count(path, "epoch") >= max(numbers(folder), default=0) else None
    except DAMAGE:
        return path  # restoring it fails, and warns


def _count(path: str, name: str) -> int:
    return int(tf.train.load_checkpoint(path).get_tensor(f"{name}/.ATTRIBUTES/VARIABLE_VALUE"))


def steps_done(folder: Path) -> int:
    """Training steps of the newest checkpoint that can say so; 0 if there is none."""
    for path in _newest_first(folder):
        with contextlib.suppress(*DAMAGE):
            return steps(path)
    return 0


def _newest_first(folder: Path) -> list[str]:
    """The paths of all checkpoints, that within an epoch before the others."""
    paths = [prefix(folder, number) for number in reversed(numbers(folder))]
    return [within, *paths] if (within := stopped(folder)) else paths


def is_listed(folder: Path, number: int) -> bool:
    """Whether TensorFlow's list names a checkpoint; a list that is lost or damaged names none."""
    try:
        return f'"ckpt-{number}"' in (folder / LIST).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def write_list(folder: Path, kept: Iterable[int]) -> None:
    """Writes the list of checkpoints, the newest last; paths are relative, so that a run's folder can be moved."""
    names = [f"ckpt-{number}" for number in sorted(kept)]
    times = [(folder / f"{name}.index").stat().st_mtime for name in names]
    lines = [f'model_checkpoint_path: "{names[-1]}"', *(f'all_model_checkpoint_paths: "{name}"' for name in names)]
    lines += [f"all_model_checkpoint_timestamps: {time!r}" for time in times]
    lines.append(f"last_preserved_timestamp: {min(times) - 1.0!r}")  # what is no newer is not listed by TensorFlow
    with atomic_write(folder / LIST) as file:
        file.write("\n".join(lines) + "\n")


def delete(path: str) -> None:
    """Deletes a checkpoint; the index goes first, without which a process that is killed leaves no checkpoint."""
    Path(f"{path}.index").unlink(missing_ok=True)
    for data in Path(path).parent.glob(f"{Path(path).name}.data-*"):
        data.unlink(missing_ok=True)


def delete_leftovers(folder: Path) -> None:
    """Deletes what killed processes left of writing or deleting a checkpoint; no process may be writing one.

    A checkpoint that is older than all that the list names, of which one at least is there, was about to be deleted.
    """
    if stopped(folder) is None:
        delete(str(folder / STOPPED))
    listed = [number for number in numbers(folder) if is_listed(folder, number)]
    for number in numbers(folder):
        if listed and number < listed[0]:
            delete(prefix(folder, number))
    for path in folder.glob("*"):
        data = _DATA.fullmatch(path.name)
        if path.is_dir() and _TEMPORARY.fullmatch(path.name):
            shutil.rmtree(path, ignore_errors=True)
        elif _TEMPORARY.fullmatch(path.name) or (data and not Path(f"{folder / data[1]}.index").exists()):
            path.unlink(missing_ok=True)
