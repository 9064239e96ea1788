"""Where workers meet before TensorFlow connects them: each tells the first what it is about, and hears all.

TensorFlow waits for an hour for a worker that is missing or belongs to another cluster, and what differs between
workers shows in their weights only. The first worker listens at its own address of TF_CONFIG, which is still free, and
closes it before TensorFlow takes it. A message is one line of JSON.
"""

import contextlib
import json
import socket
import time
from collections.abc import Mapping
from typing import Any

from gpvae_tf.cluster.tf_config import Cluster, ClusterError

Message = Mapping[str, Any]
_LONGEST = 2**20  # bytes of a message
_PAUSE = 0.3  # seconds between attempts to reach the first worker
_PATIENCE = 5.0  # seconds for a message that was begun, and for those on their way when one turned up that is wrong


def exchange(cluster: Cluster, message: Message, *, seconds: float) -> list[dict[str, Any]]:
    """The messages of all workers, the first worker's first, which everyone gets; they wait for each other here.

    Where a worker of another cluster turns up, or a second one of the same index, the messages are those that came.

    Args:
      cluster: the workers, and which of them this is.
      message: what this one has to tell; "workers" and "index" are added.
      seconds: to wait for the others.

    Raises:
      ClusterError: naming who did not come, or the address that could not be used.
    """
    own = json.loads(_line({**message, "workers": cluster.workers, "index": cluster.index}))
    if len(cluster.workers) == 1:
        return [own]
    meet = _report if cluster.index else _collect
    answer = meet(cluster, own, seconds)
    if "failed" in answer:
        raise ClusterError(answer["failed"])
    return answer["told"]


def _listening(port: int) -> socket.socket:
    """A server at a port of this machine, by IPv6 too where there is any."""
    if socket.has_dualstack_ipv6():
        with contextlib.suppress(OSError):  # where IPv6 is switched off, or the port is in use, which IPv4 then tells
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", port))


def _collect(cluster: Cluster, own: Message, seconds: float) -> Message:
    """What the first worker does: it hears everyone, then answers everyone."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(_listening(cluster.address()[1]))
        except OSError as error:
            answer = _report(cluster, own, _PATIENCE)  # to another process that is the first worker too
            reason = f"worker 0 cannot listen at its address {cluster.workers[0]}: {error}"
            return {"failed": reason} if "failed" in answer else answer
        deadline, is_odd = time.monotonic() + seconds, False
        heard: list[tuple[socket.socket, Message]] = []
        while True:
            # A worker that died or was started again has left a connection that is closed, and is not there by it.
            heard = [each for each in heard if _is_open(each[0])]
            missing = set(range(1, len(cluster.workers))) - {message["index"] for _, message in heard}
            if not missing:
                break
            server.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                connection = stack.enter_context(server.accept()[0])
            except TimeoutError:
                break
            message = _read(connection, _PATIENCE)
            if message is None or not {"workers", "index"} <= message.keys():
                continue  # no worker of this library
            is_repeated = message["index"] in (0, *(each["index"] for who, each in heard if _is_open(who)))
            if is_repeated or message["workers"] != own["workers"]:
                is_odd, deadline = True, min(deadline, time.monotonic() + _PATIENCE)
            heard.append((connection, message))
        answer = {"told": [own, *sorted((message for _, message in heard), key=lambda each: each["index"])]}
        if missing and not is_odd:
            absent = " and ".join(f"worker {index} of {cluster.workers[index]}" for index in sorted(missing))
            answer = {"failed": f"{absent} did not come within {seconds:g} seconds"}
        for connection, _ in heard:
            with contextlib.suppress(OSError):
                connection.settimeout(_PATIENCE)
                connection.sendall(_line(answer))
                connection.recv(1)  # the other side closes first, which leaves the port free
    return answer


def _report(cluster: Cluster, own: Message, seconds: float) -> Message:
    """What any other worker does: it tells the first one, again and again until there is an answer."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(cluster.address(), timeout=min(left, _PATIENCE)) as first,
        ):
            first.sendall(_line(own))
            answer = _read(first, left + _PATIENCE)
            if answer is not None and {"told", "failed"} & answer.keys():
                return answer
        time.sleep(min(_PAUSE, left))
    return {"failed": f"worker {cluster.index} found no worker 0 at {cluster.workers[0]} within {seconds:g} seconds"}


def _line(message: Message) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _read(connection: socket.socket, seconds: float) -> Message | None:
    """A message; None if it is none, or none comes."""
    content, deadline = b"", time.monotonic() + seconds
    try:
        while not content.endswith(b"\n") and len(content) < _LONGEST:
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
            part = connection.recv(2**16)
            if not part:
                return None
            content += part
        message = json.loads(content)
    except (OSError, ValueError):
        return None
    return message if isinstance(message, dict) else None


def _is_open(connection: socket.socket) -> bool:
    """Whether the process on the other side still waits."""
    connection.setblocking(False)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return True
    except OSError:
        return False
