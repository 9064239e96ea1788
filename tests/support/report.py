"""What scripts under tests/ print of checks that take long."""

import sys
import time
from collections.abc import Callable, Mapping


def carry_out(checks: Mapping[str, Callable[[], str]]) -> None:
    """Carries out checks by name, prints seconds, name and result or error of each, and exits with 1 if one failed."""
    failed = 0
    for name, check in checks.items():
        start = time.monotonic()
        try:
            told = check()
        except Exception as error:
            failed, told = failed + 1, f"{type(error).__name__}: {' '.join(str(error).split())}"
        print(f"{time.monotonic() - start:6.1f} s  {name}: {told}", flush=True)
    print(f"{len(checks) - failed} of {len(checks)} ok")
    sys.exit(min(failed, 1))
