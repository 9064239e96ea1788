"""`gpvae launch`: workers on this machine, or this process as a worker of a SLURM step or a Kubernetes Job."""

import os
import re
import sys
from typing import Any

from gpvae_tf.cli.options import LaunchOptions
from gpvae_tf.cluster import Cluster, Workers, from_kubernetes, from_slurm

_STRATEGY = "multi_worker"


def launch(*arguments: Any) -> None:
    """Runs a command as the workers of a cluster, and exits as the first of them that failed.

    Args:
      arguments: the command, `fit` or a program with its arguments; the options come last.

    Raises:
      ValueError: naming what is missing or wrong.
    """
    *given, options = arguments
    command = as_program(given)
    if options.cluster == "loopback":
        if not options.workers:
            raise ValueError("--workers is not given; it says how many processes are started")
        sys.exit(Workers(command, options.workers, restarts=options.restarts).run())
    cluster = cluster_of(options)
    sys.stdout.flush()
    try:
        os.execvpe(command[0], command, {**os.environ, **cluster.environment()})
    except OSError as error:
        raise ValueError(f"{command[0]} cannot be run: {error}") from error


def as_program(given: list[str]) -> list[str]:
    """A command as it is run: `fit` is this command's own, python the one that runs this, anything else a program.

    Raises:
      ValueError: if it is another command of gpvae's, which has no use for workers, or a fit that would not use them.
    """
    from gpvae_tf.cli.main import COMMANDS  # which knows this module by its name only

    name, *rest = given
    if name == "fit":
        chosen = re.findall(r"--strategy[= ](\S+)", " ".join(rest))
        if chosen and chosen[-1] != _STRATEGY:
            raise ValueError(
                f"fit has --strategy={chosen[-1]}, with which every worker would train a model of its own; workers of "
                f"one training have {_STRATEGY}, which need not be said"
            )
        return [sys.executable, "-m", "gpvae_tf", name, *([] if chosen else [f"--strategy={_STRATEGY}"]), *rest]
    if name in COMMANDS:
        raise ValueError(f"gpvae {name} runs in one process; what can be launched is fit, or a program such as python")
    return [sys.executable if name == "python" else name, *rest]


def cluster_of(options: LaunchOptions) -> Cluster:
    """The cluster that the scheduler's variables describe.

    Raises:
      ValueError: if a flag is missing, or see `from_slurm`, `from_kubernetes`.
    """
    if options.cluster == "slurm":
        return from_slurm(os.environ, options.port)
    for name in ("workers", "service"):
        if not getattr(options, name):
            raise ValueError(f"--{name} is not given; --cluster=kubernetes needs it")
    return from_kubernetes(os.environ, options.workers or 0, options.service or "", options.port)
