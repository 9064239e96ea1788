"""Workers as processes of this machine, which a launcher starts, listens to, stops and starts again."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import IO

from gpvae_tf.cluster.tf_config import Cluster
from gpvae_tf.flags import signals

_FLUSH = 5.0  # seconds for lines that are still on their way, as a worker's own processes may keep its output open
_POLL = 0.1  # seconds between looks at the processes
_GRACE = 60.0  # seconds for the others to find out by themselves that one is lost, and again to heed a SIGTERM


def loopback(number: int) -> list[Cluster]:
    """The clusters of so many workers on this machine, one for each, at ports that are free."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        workers = tuple(f"127.0.0.1:{each.getsockname()[1]}" for each in sockets)
    return [Cluster(workers, index) for index in range(number)]


class Workers:
    """Processes that run one command, each as a worker of the same cluster; their lines begin with their number.

    Args:
      command: program and arguments.
      number: of workers.
      restarts: how often each may be started again after an error.
      grace: seconds that the others have to end by themselves after one that is not started again, before they are
        asked to by SIGTERM, and then before they are killed.
    """

    def __init__(self, command: Sequence[str], number: int, *, restarts: int = 0, grace: float = _GRACE):
        self._command, self._clusters, self._grace = list(command), loopback(number), grace
        self._left = [restarts] * number
        self._listeners: list[threading.Thread] = []
        self._printing = threading.Lock()
        self.processes: list[subprocess.Popen] = []

    def run(self) -> int:
        """Starts them and waits for all; returns the exit status of the first one that failed for good, else 0.

        Ctrl-C and SIGTERM go on to the workers, which are waited for; a second signal kills them. Signals are looked
        for between looks at the processes, as an exception may be lost: Python swallows one that a signal raises while
        garbage is collected.
        """
        self.processes, failed, asked = [], 0, 0
        with signals.raising(), signals.deferred(firm=True):
            try:
                self.processes = [self._started(cluster) for cluster in self._clusters]
                for failed in self._looks():  # noqa: B007 (the last one is used below)
                    if number := signals.waiting():
                        signals.forget()
                        self._send(signal.SIGKILL if asked else number)
                        asked = asked or number
                        self._left = [0] * len(self._left)
            finally:
                self._send(signal.SIGKILL)
                for listener in self._listeners:
                    listener.join(_FLUSH)
            signals.forget()  # one that came when all had ended
        return failed or (128 + asked if asked else 0)

    def _looks(self) -> Iterator[int]:
        """Looks at all from time to time until they have ended: the exit status of the first that failed for good.

        Those that may be started again are; those that outlive a lost one for too long are ended. Each is polled once
        in a round, so that one that ends during the round is neither missed nor lost.
        """
        failed, since, steps = 0, 0.0, [signal.SIGTERM, signal.SIGKILL]
        while any([process.poll() is None for process in self.processes]) or self._to_restart():
            for index in self._to_restart():
                self._left[index] -= 1
                self._say(sys.stderr, index, f"ended with status {_status(self.processes[index])}; starting it again")
                self.processes[index] = self._started(self._clusters[index])
            lost = [_status(process) for process in self.processes if process.returncode]
            if lost and not failed:
                failed, since = lost[0], time.monotonic()
            if failed and steps and time.monotonic() - since > self._grace:
                self._send(steps.pop(0))
                since = time.monotonic()
            time.sleep(_POLL)
            yield failed
        yield failed or next((_status(process) for process in self.processes if process.returncode), 0)

    def _to_restart(self) -> list[int]:
        """Workers that failed and have a start left, as long as none has failed for good."""
        failed = [index for index, process in enumerate(self.processes) if process.returncode]
        return failed if all(self._left[index] for index in failed) else []

    def _started(self, cluster: Cluster) -> subprocess.Popen:
        """A worker in a session of its own, which Ctrl-C at the terminal does not reach."""
        environment = {**os.environ, **cluster.environment(), "PYTHONUNBUFFERED": "1"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(self._command, env=environment, start_new_session=True, **pipes)  # type: ignore
        for stream, target in ((process.stdout, sys.stdout), (process.stderr, sys.stderr)):
            listener = threading.Thread(target=self._listen, args=(stream, target, cluster.index), daemon=True)
            listener.start()
            self._listeners.append(listener)
        return process

    def _listen(self, stream: IO[bytes], target: IO[str], index: int) -> None:
        for line in stream:
            self._say(target, index, line.decode(errors="replace"))

    def _say(self, target: IO[str], index: int, line: str) -> None:
        with self._printing:
            target.write(f"[{index}] {line.rstrip()}\n")
            target.flush()

    def _send(self, number: int) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(number)


def _status(process: subprocess.Popen) -> int:
    """An exit status as a shell has it: 128 and the signal for a process that a signal ended."""
    return process.returncode if process.returncode >= 0 else 128 - process.returncode
