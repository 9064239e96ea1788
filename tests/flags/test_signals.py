"""Signals as exceptions: their exit status, what they wait for, and what they are told of."""

import ctypes
import os
import signal
import threading

import pytest

from gpvae_tf.flags import signals
from gpvae_tf.flags.signals import Interrupted, deferred, raising


@pytest.fixture(autouse=True)
def _foreground():
    """A process in the background of a shell ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number, name, status", [(signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143)])
def test_a_signal_is_an_exception_with_its_exit_status(number, name, status):
    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as stop, raising():
        send(number)
    assert signal.getsignal(number) is before and not stop.value.torn
    assert signals.describe(stop.value) == (f"stopped by {name}", status)
    told = Interrupted(number, "at step 3, which is saved")
    assert signals.describe(told, "again") == (
        f"stopped by {name} at step 3, which is saved; go on with: again",
        status,
    )
    assert signals.describe(KeyboardInterrupt()) == ("stopped by Ctrl-C", 130)


def test_a_signal_waits_for_the_end_of_a_block():
    done = []
    with pytest.raises(Interrupted) as stop, raising(), deferred():
        with deferred():
            send(signal.SIGTERM)
            done.append(1)
        done.append(2)
    assert done == [1, 2] and stop.value.number == signal.SIGTERM
    with raising(), deferred():
        pass  # nothing is left of it


def test_a_second_ctrl_c_does_not_wait_unless_it_must():
    with pytest.raises(Interrupted) as stop, raising(), deferred():
        send(signal.SIGINT)
        send(signal.SIGTERM)  # of a program that ends this one, which got the first one too
        send(signal.SIGINT)
        raise AssertionError
    assert stop.value.torn
    done = []
    with pytest.raises(Interrupted), raising(), deferred(firm=True):
        send(signal.SIGINT)
        send(signal.SIGINT)
        done.append(1)
    assert done == [1]


def test_a_signal_that_is_ignored_stays_so():
    """As of a process in the background of a shell that is to outlive it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with raising():
            send(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_handlers_that_a_library_replaced_are_taken_back():
    """As TensorFlow's cluster does with that of SIGTERM; Python does not know of it."""
    library = ctypes.CDLL(None)
    library.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    with pytest.raises(Interrupted) as stop, raising():
        library.signal(signal.SIGTERM, 1)  # ignore it
        send(signal.SIGTERM)
        signals.take_back()
        send(signal.SIGTERM)
    assert stop.value.number == signal.SIGTERM
    before = signal.getsignal(signal.SIGTERM)
    signals.take_back()  # outside of the block it is not ours
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_that_waits_can_be_seen_and_forgotten():
    with raising(), deferred():
        assert signals.waiting() == 0
        send(signal.SIGTERM)
        assert signals.waiting() == signal.SIGTERM
        signals.forget()
    assert signals.waiting() == 0


def test_another_thread_changes_no_handlers():
    failed = []

    def work():
        try:
            with raising():
                pass
        except ValueError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed


def test_the_command_that_goes_on():
    assert signals.with_resume(["python", "a b.py", "--x=1"]) == "python 'a b.py' --x=1 --resume"
    assert signals.with_resume(["gpvae", "fit", "--resume"]) == "gpvae fit --resume"
    assert signals.with_resume(["gpvae", "fit", "--", "-a.csv"]) == "gpvae fit --resume -- -a.csv"
