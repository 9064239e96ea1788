"""Starts the process in which a clone runs, and hands arrays to and fro as .npz files (never a pickle)."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gpvae_tf.comparison import original_process

Arrays = Mapping[str, np.ndarray]

_ROOT = Path(__file__).resolve().parents[2]
_LINES = 12  # of the process's last words in an error


class OriginalError(RuntimeError):
    """The clone could not be run."""


def run_in_original(
    clone: Path, jobs: Mapping[str, Callable], inputs: Mapping[str, Arrays], *, gpu: bool = False
) -> dict[str, dict[str, np.ndarray]]:
    """Calls functions beside the clone's modules, in one process of its own.

    Args:
      clone: folder of the clone; only read.
      jobs: by name, functions of ours, importable, called with (`original_process.Original`, their inputs).
      inputs: by name, arrays of numbers or text.
      gpu: whether the process may see a GPU; numbers are compared on the CPU.

    Returns:
      by name, the arrays the function returned.

    Raises:
      OriginalError: if the process failed, with the end of what it wrote.
    """
    environment = {
        **os.environ,
        "TF_USE_LEGACY_KERAS": "1",
        "MPLBACKEND": "Agg",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))),
    }
    if not gpu:
        environment["CUDA_VISIBLE_DEVICES"] = "-1"
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "inputs.npz"), Path(folder, "outputs.npz")
        arrays: dict[str, Any] = {f"{name}/{key}": v for name in jobs for key, v in inputs[name].items()}
        np.savez(source, **arrays)
        named = [f"{name}={job.__module__}:{job.__qualname__}" for name, job in jobs.items()]
        files = [str(Path(clone).resolve()), str(source), str(target)]
        command = [sys.executable, "-m", original_process.__name__, *files, *named]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode or not target.is_file():
            last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_LINES:])
            raise OriginalError(f"the clone's process ended with status {done.returncode}:\n{last}")
        with np.load(target, allow_pickle=False) as file:
            results = dict(file)
    return {name: original_process.under(name, results) for name in jobs}
