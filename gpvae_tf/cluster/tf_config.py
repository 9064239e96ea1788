"""TF_CONFIG, the environment variable that tells TensorFlow the workers of a cluster and which of them this one is."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NAME = "TF_CONFIG"
_KINDS = ("chief", "worker")
_EXPECTED = '{"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}'


class ClusterError(ValueError):
    """Workers of a cluster that cannot train together; the message says which of them and why."""


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The workers that train together, and the one that this process is.

    Attributes:
      workers: host:port of each, the chief first.
      index: this worker's place among them.
      has_chief: whether the first one is called chief, and not worker 0.
    """

    workers: tuple[str, ...]
    index: int
    has_chief: bool = False

    @property
    def task(self) -> dict[str, Any]:
        """This worker as TF_CONFIG names it."""
        if self.has_chief:
            return {"type": "worker", "index": self.index - 1} if self.index else {"type": "chief", "index": 0}
        return {"type": "worker", "index": self.index}

    def environment(self) -> dict[str, str]:
        """TF_CONFIG of this worker."""
        first = int(self.has_chief)
        jobs = {"chief": self.workers[:first], "worker": self.workers[first:]}
        cluster = {kind: list(members) for kind, members in jobs.items() if members}
        return {NAME: json.dumps({"cluster": cluster, "task": self.task})}

    def folder(self, run: Path) -> Path:
        """The folder that this worker writes to: the run's for the first one, a subfolder worker_K for any other.

        Every worker keeps checkpoints of its own, because saving is a collective operation and a restored worker must
        find the same step as the others.
        """
        return run / f"worker_{self.task['index']}" if self.index else run

    def address(self) -> tuple[str, int]:
        """Host and port of the first worker, at which the others report."""
        host, _, port = self.workers[0].rpartition(":")
        return host.strip("[]"), int(port)


def parse(text: str | None) -> Cluster:
    """The cluster that TF_CONFIG describes.

    Args:
      text: its value; None if it is not set.

    Raises:
      ClusterError: saying what it has and what was expected.
    """
    if not text:
        raise ClusterError(
            f"strategy multi_worker needs the environment variable {NAME}, which lists the cluster's workers: start "
            f"them with `gpvae launch`, or set it to {_EXPECTED}"
        )
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ClusterError(f"{NAME} is no JSON ({error}): {_shortened(text)}; expected {_EXPECTED}") from error
    if not isinstance(given, dict) or not isinstance(jobs := given.get("cluster"), dict) or not jobs:
        raise ClusterError(f"{NAME} has no cluster: {_shortened(text)}; expected {_EXPECTED}")
    if not isinstance(task := given.get("task"), dict):
        raise ClusterError(f"{NAME} has no task, which says which of the workers this is: {_shortened(text)}")
    if odd := sorted(set(jobs) - set(_KINDS)):
        raise ClusterError(f"{NAME} has the job {odd[0]!r}; expected worker, and chief if the first one is called so")
    chiefs, workers = (_addresses(kind, jobs.get(kind, [])) for kind in _KINDS)
    if len(chiefs) > 1:
        raise ClusterError(f"{NAME} has {len(chiefs)} chiefs; expected one at most")
    if repeated := {each for each in chiefs + workers if (chiefs + workers).count(each) > 1}:
        raise ClusterError(f"{NAME} lists {min(repeated)} twice; every worker needs an address of its own")
    kind, index = task.get("type"), task.get("index")
    members = {"chief": chiefs, "worker": workers}.get(str(kind))
    if not members:
        raise ClusterError(f"{NAME} has a task of type {kind!r}; the cluster has {' and '.join(jobs)}")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(members):
        last = f"from 0 to {len(members) - 1}" if len(members) > 1 else "0"
        raise ClusterError(f"{NAME} has the task index {index!r}; the cluster's {kind} has {last}")
    return Cluster((*chiefs, *workers), index + (len(chiefs) if kind == "worker" else 0), bool(chiefs))


def _addresses(kind: str, given: Any) -> tuple[str, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ClusterError(f"{NAME} has {given!r} as the cluster's {kind}; expected a list of host:port")
    for each in given:
        host, _, port = each.rpartition(":") if isinstance(each, str) else ("", "", "")
        if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise ClusterError(f"{NAME} has the address {each!r} among the cluster's {kind}; expected host:port")
    return tuple(given)


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}..."
