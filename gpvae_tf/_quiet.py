"""TensorFlow's first import without its notes on CUDA libraries that are not there.

If TF_CPP_MIN_LOG_LEVEL is set, nothing is hidden that it does not hide. Otherwise TensorFlow's C++ code shows errors
only where there is an NVIDIA driver, and elsewhere only what ends the process: its other errors there either are Python
exceptions too or tell of CUDA. Some lines come before that level acts, from its library as it is loaded; they are held
back at the file descriptor.
"""

import contextlib
import functools
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_DRIVERS = ("/proc/driver/nvidia", "/dev/nvidiactl", "/dev/dxg")  # /dev/dxg: of Windows' subsystem for Linux
_NOISE = (
    b"before absl::InitializeLog() is called",
    b"Could not find cuda drivers on your machine",
    b"oneDNN custom operations are on",  # by default, on newer CPUs
)


def install() -> None:
    """Lets the first import of TensorFlow, whoever asks for it, be quiet; no effect if it was, or `LEVEL` is set."""
    known = any(isinstance(finder, _TensorFlowFinder) for finder in sys.meta_path)
    if not known and "tensorflow" not in sys.modules and LEVEL not in os.environ:
        sys.meta_path.insert(0, _TensorFlowFinder())


class _TensorFlowFinder(MetaPathFinder):
    """Finds TensorFlow where it is, once, and makes its import quiet."""

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module
            spec.loader.exec_module = functools.partial(_quietly, load)  # type: ignore[method-assign]
        return spec


def _quietly(load: Callable[[ModuleType], None], module: ModuleType) -> None:
    """Loads TensorFlow with `LEVEL` set and without the two lines."""
    os.environ.setdefault(LEVEL, "2" if any(Path(driver).exists() for driver in _DRIVERS) else "3")
    with without_lines(*_NOISE):
        load(module)


@contextlib.contextmanager
def without_lines(*noise: bytes) -> Iterator[None]:
    """Holds back what is written to the descriptor of stderr; what has none of the texts in its line is written after.

    Args:
      noise: texts of lines that are dropped.
    """
    try:
        stderr = os.dup(2)
    except OSError:  # a process without stderr
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            for line in held:
                if not any(text in line for text in noise):
                    os.write(2, line)
