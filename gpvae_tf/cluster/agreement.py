"""What workers have to have in common before they train together: the cluster, their configuration and their state."""

from collections.abc import Mapping, Sequence
from typing import Any

from gpvae_tf.cluster.rendezvous import exchange
from gpvae_tf.cluster.tf_config import Cluster, ClusterError


def agree(cluster: Cluster, settings: Mapping[str, Any], *, refusal: str = "", seconds: float = 600.0) -> None:
    """Waits for all workers and compares what they were told to do; every one of them raises the same error.

    Args:
      cluster: the workers, and which of them this is.
      settings: flags by name, which must be the same everywhere.
      refusal: why this worker cannot begin; empty if it can.
      seconds: to wait for the others.

    Raises:
      ClusterError: see `disagreement`, or if a worker does not come.
    """
    told = exchange(cluster, {"settings": dict(settings), "refusal": refusal}, seconds=seconds)
    if found := disagreement(told):
        raise ClusterError(found)


def disagreement(told: Sequence[Mapping[str, Any]]) -> str:
    """What keeps workers from training together, in a sentence; empty if nothing does.

    Args:
      told: for every worker its index, workers, settings and refusal.
    """
    first = told[0]
    for other in told[1:]:
        if other["workers"] != first["workers"]:
            here, there = (", ".join(each["workers"]) for each in (first, other))
            return f"worker {other['index']} belongs to another cluster: worker 0 has {here}; it has {there}"
    indices = [each["index"] for each in told]
    if twice := [index for index in indices if indices.count(index) > 1]:
        return f"two processes say that they are worker {twice[0]}: every worker needs a task index of its own"
    if refusals := [f"worker {each['index']}: {each['refusal']}" for each in told if each["refusal"]]:
        return "; ".join(refusals)
    for other in told[1:]:
        here, there = first["settings"], other["settings"]
        differing = [name for name in sorted({*here, *there}) if here.get(name) != there.get(name)]
        if differing:
            named = (f"--{name} is {here.get(name)!r} and {there.get(name)!r}" for name in differing)
            return f"workers 0 and {other['index']} have different configurations: {', '.join(named)}"
    return ""
