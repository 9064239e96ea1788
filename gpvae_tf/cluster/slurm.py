"""The cluster of a SLURM job step, from the variables that srun gives every task.

TensorFlow's `SlurmClusterResolver` sorts hosts as words, which puts node10 before node9 where SLURM counts tasks the
other way round, and refuses nodes without GPUs.
"""

import re
from collections.abc import Iterator, Mapping

from gpvae_tf.cluster.tf_config import Cluster, ClusterError

PORT = 2222
_VARIABLES = ("SLURM_STEP_NODELIST", "SLURM_STEP_TASKS_PER_NODE", "SLURM_PROCID")


def from_slurm(environment: Mapping[str, str], port: int = PORT) -> Cluster:
    """The cluster of the job step that this process is a task of, in the order of its tasks (SLURM_PROCID).

    Args:
      environment: variables by name.
      port: of the first task on a node; the next ones count up.

    Raises:
      ClusterError: if a variable is missing, or has another form.
    """
    if lacks := [name for name in _VARIABLES if name not in environment]:
        raise ClusterError(f"{' and '.join(lacks)} is not set: start it as a step of a SLURM job, `srun gpvae launch`")
    nodes, tasks, process = (environment[name] for name in _VARIABLES)
    hosts, counts = list(expanded_hosts(nodes)), list(expanded_counts(tasks))
    if len(hosts) != len(counts):
        raise ClusterError(
            f"SLURM_STEP_NODELIST={nodes} has {len(hosts)} nodes, SLURM_STEP_TASKS_PER_NODE={tasks} has {len(counts)}"
        )
    across_nodes = re.split("[:,]", environment.get("SLURM_DISTRIBUTION", "block"))[0]
    if across_nodes not in ("block", "*", "") and max(counts) > 1:
        raise ClusterError("SLURM_DISTRIBUTION must be block where a node has several tasks: srun --distribution=block")
    if port + max(counts) > 2**16:
        raise ClusterError(f"--port={port} leaves no port for each of {max(counts)} tasks; the last is {2**16 - 1}")
    workers = tuple(f"{host}:{port + task}" for host, count in zip(hosts, counts) for task in range(count))
    if not process.isdecimal() or int(process) >= len(workers):
        raise ClusterError(f"SLURM_PROCID={process} is none of the {len(workers)} tasks on {nodes}")
    return Cluster(workers, int(process))


def expanded_hosts(text: str) -> Iterator[str]:
    """The hosts of a list such as "n[01-03,7]-ib,login".

    Raises:
      ClusterError: if it has another form.
    """
    parts = re.findall(r"(?:[^,\[\]]|\[[^\[\]]*\])+", text)
    if not parts or ",".join(parts) != text:
        raise ClusterError(f"{text!r} is no list of SLURM nodes, such as n[01-03,7],login")
    for part in parts:
        yield from _expanded(part)


def _expanded(part: str) -> Iterator[str]:
    """The hosts of one part, whose first bracket stands for numbers."""
    head, bracket, rest = part.partition("[")
    if not bracket:
        yield part
        return
    inner, _, tail = rest.partition("]")
    for piece in inner.split(","):
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", piece)
        if not found:
            raise ClusterError(f"{part!r} is no list of SLURM nodes: {piece!r} is no range of numbers")
        first, last = found[1], found[2] or found[1]
        for number in range(int(first), int(last) + 1):
            for end in _expanded(tail):
                yield f"{head}{number:0{len(first)}d}{end}"


def expanded_counts(text: str) -> Iterator[int]:
    """The numbers of a list such as "3(x2),1", which is 3, 3, 1.

    Raises:
      ClusterError: if it has another form.
    """
    for part in text.split(","):
        found = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part)
        if not found:
            raise ClusterError(f"SLURM_STEP_TASKS_PER_NODE={text} is no list of numbers, such as 3(x2),1")
        yield from [int(found[1])] * int(found[2] or 1)
