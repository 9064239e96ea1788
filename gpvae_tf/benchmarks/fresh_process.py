"""Peak memory of a function in a process of its own, so that nothing trained before counts."""

import multiprocessing
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")
MIB = 2.0**20
_STATUS = Path("/proc/self/status")


def run_in_fresh_process(function: Callable[..., Result], *arguments: Any) -> Result:
    """Calls a function of a module in a new process that shares nothing with this one, and waits for it.

    Args:
      function, arguments: pickled, as is what it returns or raises.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def peak_memory() -> float:
    """Most memory that this process has had resident so far, MiB.

    Linux's `getrusage` also remembers the process that started this one, so there the kernel's own mark is read.
    """
    if _STATUS.exists():
        mark = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(mark.split()[1]) * 1024 / MIB
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / MIB if sys.platform == "darwin" else most * 1024 / MIB
