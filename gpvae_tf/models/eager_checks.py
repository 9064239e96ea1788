"""When values are checked: outside compiled code, and outside of the steps of `fit` and `evaluate`.

`fit` and `evaluate` look at the first batch (`check_batch`). In later ones a bound that is not finite is skipped or
shows in the logs, whether steps are compiled, which cannot look, or not.
"""

import contextlib
import threading
from collections.abc import Iterator

import tensorflow as tf


class _Steps(threading.local):  # replicas run in threads of their own
    running = False


_steps = _Steps()


def are_due() -> bool:
    """Whether what was given can be looked at, and is to be."""
    return tf.executing_eagerly() and not _steps.running


@contextlib.contextmanager
def left_out() -> Iterator[None]:
    """A block of a training or test step."""
    before, _steps.running = _steps.running, True
    try:
        yield
    finally:
        _steps.running = before
