"""Execution of a run: distribution strategy, compilation, seeds, and the folder of each worker."""

import os
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.shapes import check_choice

STRATEGIES: dict[str, Callable[[], tf.distribute.Strategy]] = {
    "none": tf.distribute.get_strategy,
    "mirrored": tf.distribute.MirroredStrategy,
    "multi_worker": tf.distribute.MultiWorkerMirroredStrategy,
}
JIT = ("auto", "on", "off")


def make_strategy(name: str) -> tf.distribute.Strategy:
    """The distribution strategy with a name of `STRATEGIES`.

    Raises:
      ValueError: on an unknown name, or multi_worker without TF_CONFIG.
    """
    check_choice("strategy", name, STRATEGIES)
    if name == "multi_worker" and "TF_CONFIG" not in os.environ:
        raise ValueError(
            "strategy multi_worker needs the environment variable TF_CONFIG, which lists the cluster's workers "
            "(https://www.tensorflow.org/guide/distributed_training#TF_CONFIG)"
        )
    return STRATEGIES[name]()


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


def worker_folder(folder: Path, strategy: tf.distribute.Strategy) -> Path:
    """The folder this process writes to: the run's, or its subfolder worker_K for worker K of a cluster but the chief.

    Every worker keeps its own checkpoints, because saving is a collective operation and a restored worker must find
    the same epoch as the others.
    """
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.task_type or resolver.task_type == "chief":
        return folder
    has_chief = "chief" in resolver.cluster_spec().jobs
    return folder / f"worker_{resolver.task_id}" if has_chief or resolver.task_id else folder
