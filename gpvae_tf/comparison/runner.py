"""Starts the process in which a clone runs, and hands arrays to and fro as .npz files (never a pickle)."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gpvae_tf.comparison.original_process import Arrays, main, under

_ROOT = Path(__file__).resolve().parents[2]
_LINES = 12  # how many lines of the process's output an error quotes


class OriginalError(ChildProcessError):
    """The clone's process failed."""


def run_in_original(
    clone: Path, jobs: Mapping[str, Callable], inputs: Mapping[str, Arrays], *, gpu: bool = False
) -> dict[str, dict[str, np.ndarray]]:
    """Calls functions beside the clone's modules, in one process of its own.

    Args:
      clone: folder of the clone; only read.
      jobs: functions of our modules by name, called with (`original_process.Original`, their inputs).
      inputs: arrays of numbers or text, by the name of the job and their own.
      gpu: whether the process may see a GPU; numbers are compared on the CPU.

    Returns:
      The arrays that every function returned, by the job's name.

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
        call = f"import sys; from {main.__module__} import main; main(*sys.argv[1:])"
        command = [sys.executable, "-c", call, *files, *named]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode or not target.is_file():
            last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_LINES:])
            raise OriginalError(f"the clone's process ended with status {done.returncode}:\n{last}")
        with np.load(target, allow_pickle=False) as file:
            results = dict(file)
    return {name: under(name, results) for name in jobs}
