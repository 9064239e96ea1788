"""A function in a process of its own, so that nothing that was trained before counts."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_in_fresh_process(function: Callable[..., Result], *arguments: Any) -> Result:
    """Calls a function of a module in a new process that shares nothing with this one, and waits for it.

    Args:
      function, arguments: pickled, as is what it returns or raises.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()
