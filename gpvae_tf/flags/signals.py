"""Signals that ask a process to end: Ctrl-C (SIGINT) and SIGTERM become one exception, which waits where it must.

A signal that Python turns into an exception may come between any two instructions, also while a file is written or
half of a training step is done. Inside `deferred` it waits.
"""

import contextlib
import dataclasses
import shlex
import signal
import threading
from collections.abc import Iterator, Sequence
from types import FrameType

_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


class Interrupted(KeyboardInterrupt):
    """A signal asked the process to end; the message says what was saved.

    Args:
      number: of the signal.
      message: where the work was, and what of it is saved.
      torn: whether it came in a block that it should have waited for.
    """

    def __init__(self, number: int, message: str = "", *, torn: bool = False):
        super().__init__(message)
        self.number, self.torn = number, torn


@dataclasses.dataclass
class _Waiting:
    """Blocks that are being waited for, whether a second Ctrl-C waits too, and the signal that came."""

    depth: int = 0
    firm: bool = False
    number: int | None = None


_waiting = _Waiting()


@contextlib.contextmanager
def raising() -> Iterator[None]:
    """Lets the signals raise `Interrupted` while the block runs; those that are ignored stay so.

    It has no effect outside the main thread, which alone receives signals.
    """
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in _NAMES}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _received)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def take_back() -> None:
    """Sets the handlers of `raising` again, which a library's own code may have replaced behind Python's back."""
    if threading.current_thread() is threading.main_thread():
        for number in _NAMES:
            if signal.getsignal(number) is _received:
                signal.signal(number, _received)


@contextlib.contextmanager
def deferred(*, firm: bool = False) -> Iterator[None]:
    """Lets a signal wait until the block is done, and be raised then.

    Args:
      firm: whether a second Ctrl-C waits too; else it is raised at once.
    """
    outer = _waiting.firm
    _waiting.depth, _waiting.firm = _waiting.depth + 1, firm or outer
    try:
        yield
    finally:
        _waiting.depth, _waiting.firm = _waiting.depth - 1, outer
    raise_if_due()


def raise_if_due() -> None:
    """Raises what has waited, if nothing has to be waited for any more."""
    number = _waiting.number
    if number is not None and not _waiting.depth:
        _waiting.number = None
        raise Interrupted(number)


def waiting() -> int:
    """The signal that waits to be raised; 0 if there is none."""
    return _waiting.number or 0


def forget() -> None:
    """Lets no signal wait any more; whoever calls this has done what it asked for."""
    _waiting.number = None


def _received(number: int, frame: FrameType | None) -> None:
    patient = _waiting.firm or _waiting.number is None or number != signal.SIGINT
    if _waiting.depth and patient:
        _waiting.number = number
        return
    _waiting.number = None
    raise Interrupted(number, torn=_waiting.depth > 0)


def describe(stop: KeyboardInterrupt, again: str = "") -> tuple[str, int]:
    """What to say of an interruption, and the exit status: 130 for Ctrl-C, 143 for SIGTERM.

    Args:
      stop: the exception.
      again: the command that goes on, if there is one.
    """
    number = stop.number if isinstance(stop, Interrupted) else signal.SIGINT
    parts = ["stopped by", _NAMES[signal.Signals(number)], *(part for part in (str(stop),) if part)]
    return " ".join(parts) + (f"; go on with: {again}" if again else ""), 128 + number


def with_resume(command: Sequence[str]) -> str:
    """A command line that resumes what another one began."""
    if "--resume" in command:
        return shlex.join(command)
    end = command.index("--") if "--" in command else len(command)  # behind it nothing is an option
    return shlex.join([*command[:end], "--resume", *command[end:]])
