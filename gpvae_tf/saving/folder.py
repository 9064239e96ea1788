"""The folder of a saved model: written whole or not at all, and no other folder is overwritten.

model.json    how the model is built, and the names of the other files; it is written last, in one step
arrays-*.npz  arrays among the arguments       weights-*  a TensorFlow checkpoint of all variables
"""

import contextlib
import json
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gpvae_tf.files import atomic_write, check_plain, versions
from gpvae_tf.files.readers import DamagedFileError, read_json, read_npz
from gpvae_tf.files.versions import is_empty, is_saved_model
from gpvae_tf.saving.configurable import SavingError

FORMAT, VERSION = "gpvae_tf model", 1
DESCRIPTION = "model.json"


def check_target(folder: Path, *, overwrite: bool) -> None:
    """Refuses a place where a model must not be written.

    Raises:
      SavingError: if a model could not be read from it again, if there is something that is no saved model, or anything
        at all and `overwrite` is false.
    """
    try:
        check_plain(folder, "the folder of a model")
    except ValueError as error:
        raise SavingError(str(error)) from error
    if not folder.exists() or is_empty(folder):
        return
    if not overwrite:
        raise SavingError(f"{folder} exists already and overwrite is False; nothing was written")
    if not is_model_folder(folder):
        raise SavingError(f"{folder} exists and is no saved model; nothing was written, choose another folder")


def is_model_folder(folder: Path) -> bool:
    """Whether the folder holds a model that `save` wrote: it has a model.json of ours."""
    with contextlib.suppress(SavingError):
        return bool(read_description(folder))
    return False


def write(
    folder: Path, description: dict[str, Any], arrays: dict[str, np.ndarray], write_weights: Callable[[Path], None]
) -> None:
    """Writes a model's files; an older saved model in the folder stays readable until the moment it is replaced.

    Args:
      folder: where; `check_target` has passed it.
      description: what model.json holds; the names of the files are added.
      arrays: by name.
      write_weights: writes a checkpoint at the prefix that it is given.
    """
    token = uuid.uuid4().hex[:8]
    files = {"arrays": f"arrays-{token}.npz", "weights": f"weights-{token}"}
    replaces = folder.exists()  # an empty folder may be a link, the current one or a mount, which none can replace
    target = folder if replaces else folder.with_name(f".{folder.name}.{token}.tmp")
    target.mkdir(parents=True, exist_ok=True)
    try:
        write_weights(target / files["weights"])
        with open(target / files["arrays"], "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        with atomic_write(target / DESCRIPTION) as file:
            json.dump({"format": FORMAT, "version": VERSION, **files, **description}, file, indent=1)
            file.write("\n")
        if not replaces:
            os.replace(target, folder)
    except BaseException:
        _delete(target, lambda name: token in name)
        if not replaces:
            shutil.rmtree(target, ignore_errors=True)
        raise
    _delete(folder, lambda name: token not in name)  # of models that were here before, and of killed processes


def _delete(folder: Path, wanted: Callable[[str], bool]) -> None:
    """Deletes the arrays and weights whose names are wanted."""
    for pattern in ("arrays-*.npz", "weights-*"):
        for path in folder.glob(pattern):
            if wanted(path.name):
                path.unlink(missing_ok=True)


def read_description(folder: Path) -> dict[str, Any]:
    """What model.json holds.

    Raises:
      SavingError: if there is no such file, or it is no description of a saved model.
    """
    path = folder / DESCRIPTION
    try:
        description = read_json(path)
    except OSError as error:
        exported = is_saved_model(folder) or versions(folder)
        hint = "; it was exported, and gpvae_tf.serving.load reads it" if exported else ""
        raise SavingError(f"{folder} is no saved model: it holds no readable {DESCRIPTION} ({error}){hint}") from error
    except DamagedFileError as error:
        raise SavingError(str(error)) from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise SavingError(f"{path} is no description of a model: its entry 'format' is not {FORMAT!r}")
    if description.get("version") != VERSION:
        raise SavingError(f"{path} has version {description.get('version')!r}; this library reads version {VERSION}")
    return description


def read_arrays(folder: Path, name: Any) -> dict[str, np.ndarray]:
    """The arrays beside model.json.

    Raises:
      SavingError: if the file is missing or damaged, or holds Python objects.
    """
    path = beside(folder, name)
    try:
        return read_npz(path)
    except (OSError, DamagedFileError) as error:
        raise SavingError(f"{path} is missing or damaged: {error}") from error


def beside(folder: Path, name: Any) -> Path:
    """The path of a file that model.json names.

    Raises:
      SavingError: if the name leads out of the folder.
    """
    if not isinstance(name, str) or not name or Path(name).name != name:
        raise SavingError(f"{folder / DESCRIPTION} names the file {name!r}, which is none of its folder")
    return folder / name
