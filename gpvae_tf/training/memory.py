"""The memory that this process has taken."""

import resource
import sys
from pathlib import Path

MIB = 2.0**20
_STATUS = Path("/proc/self/status")


def peak_memory() -> float:
    """Most memory that this process has had resident so far, MiB.

    Linux's `getrusage` also remembers the process that started this one, so there the kernel's own mark is read.
    """
    if _STATUS.exists():
        mark = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(mark.split()[1]) * 1024 / MIB
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / MIB if sys.platform == "darwin" else most * 1024 / MIB
