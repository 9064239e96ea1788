"""Execution of a run: distribution strategy, the workers that have to agree, compilation and seeds."""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

from gpvae_tf import cluster
from gpvae_tf._keras import keras
from gpvae_tf.checks import check_choice
from gpvae_tf.flags import signals
from gpvae_tf.training.workers import watched

STRATEGIES: dict[str, Callable[[], tf.distribute.Strategy]] = {
    "none": tf.distribute.get_strategy,
    "mirrored": tf.distribute.MirroredStrategy,
    "multi_worker": tf.distribute.MultiWorkerMirroredStrategy,
}
JIT = ("auto", "on", "off")


def make_strategy(name: str) -> tf.distribute.Strategy:
    """The distribution strategy with a name of `STRATEGIES`.

    Raises:
      ValueError: on an unknown name, multi_worker without a TF_CONFIG that will do, or with an address in use.
    """
    check_choice("strategy", name, STRATEGIES)
    this = workers(name)
    try:
        strategy = STRATEGIES[name]()
    except tf.errors.OpError as error:
        if this is None:
            raise
        reason = str(error).splitlines()[0]
        address = this.workers[this.index]
        raise cluster.ClusterError(f"worker {this.index} at {address} cannot join the others: {reason}") from error
    signals.take_back()  # TensorFlow's cluster waits for SIGTERM itself, and does nothing
    return strategy


def workers(name: str) -> cluster.Cluster | None:
    """The cluster that TF_CONFIG describes, of which this process is a worker; None for strategies without one.

    Raises:
      ClusterError: if the strategy is multi_worker and TF_CONFIG is missing or wrong.
    """
    return cluster.parse(os.environ.get(cluster.tf_config.NAME)) if name == "multi_worker" else None


@contextlib.contextmanager
def watching(name: str) -> Iterator[None]:
    """Turns what the loss of another worker raises in the block into one sentence, under a strategy with workers.

    Raises:
      ClusterError: see `workers`.
      WorkerLost: in the place of TensorFlow's errors.
    """
    this = workers(name)
    with contextlib.nullcontext() if this is None else watched(this.index, len(this.workers)):
        yield


@contextlib.contextmanager
def agreeing(
    this: cluster.Cluster | None, settings: Mapping[str, Any], refusals: tuple[type[Exception], ...], seconds: float
) -> Iterator[None]:
    """Lets all workers wait for each other after the block, and none begin if one cannot.

    Args:
      this: the cluster; None where there is none.
      settings: flags by name, which must be the same for all.
      refusals: errors of the block that keep a worker from beginning; the others are told.
      seconds: to wait for the others.

    Raises:
      ClusterError: on every worker, naming the one that cannot begin, or the flag that differs.
    """
    refusal = ""
    try:
        yield
    except refusals as error:
        if this is None:
            raise
        refusal = str(error)
    if this is not None:
        cluster.agree(this, settings, refusal=refusal, seconds=seconds)


def use_jit(choice: str, strategy: tf.distribute.Strategy | None = None) -> bool:
    """Whether to compile the step with XLA: "auto" means on one GPU; on CPU it is slower than a plain graph.

    Raises:
      ValueError: on an unknown choice, or "on" with several replicas, whose variables XLA cannot reach from one step.
    """
    check_choice("jit", choice, JIT)
    replicas = 1 if strategy is None else int(strategy.num_replicas_in_sync)
    if replicas > 1 and choice == "on":
        raise ValueError(f"--jit=on works on one replica, the strategy has {replicas}")
    return replicas == 1 and (choice == "on" or (choice == "auto" and bool(tf.config.list_physical_devices("GPU"))))


def prepare(seed: int) -> None:
    """Seeds Python, NumPy and TensorFlow (weight initialisation), and lets GPUs grow their memory as needed.

    Later draws have stateless seeds, so the same seed gives the same numbers on the same machine.
    """
    keras.utils.set_random_seed(seed)
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)
