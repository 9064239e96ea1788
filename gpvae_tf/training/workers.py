"""Workers of a cluster while they train: what each tells all others, and the loss of one of them."""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.cluster import ClusterError

# What a collective operation raises when a worker at the other end is gone; disks raise the latter two as well.
DISCONNECTED = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)
_LOST = (*DISCONNECTED, tf.errors.InternalError, tf.errors.UnknownError)


class WorkerLost(RuntimeError):
    """Another worker of the cluster is gone, or no longer answers."""


@contextlib.contextmanager
def watched(index: int, number: int) -> Iterator[None]:
    """Turns the errors of an operation that other workers should have taken part in into one sentence.

    Args:
      index: this worker's.
      number: of workers.

    Raises:
      WorkerLost: in their place.
    """
    try:
        yield
    except _LOST as error:
        if number == 1:
            raise
        lines = str(error).splitlines() or [""]
        reason = next((line for line in lines if line.startswith("Collective ops")), lines[0])
        raise WorkerLost(
            f"worker {index} lost the connection to another one of {number}: start all workers again with --resume, "
            f"and they go on from their newest common checkpoint ({reason[:160]})"
        ) from error


class WorkerGroup:
    """The workers that train a model together.

    Args:
      strategy: of the model; one without workers in several processes has one worker.
    """

    def __init__(self, strategy: tf.distribute.Strategy):
        self._strategy = strategy
        self.index, self.number = _place(strategy)
        self._total = tf.function(self._sum, input_signature=[tf.TensorSpec([None, None], tf.int64)])

    @property
    def is_alone(self) -> bool:
        """Whether there is one worker."""
        return self.number == 1

    def gathered(self, numbers: Sequence[int]) -> np.ndarray:
        """Whole numbers of all workers [workers, k], of which each gives k; all have to call it at the same place."""
        own = np.zeros((self.number, len(numbers)), np.int64)
        own[self.index] = numbers
        return own if self.is_alone else self._total(own).numpy()

    def first(self, value: float) -> float:
        """The number that the first worker gives: others may differ from it by rounding, and all have to go by one."""
        bits = np.float64(value).view(np.int64)
        return float(self.gathered([int(bits)])[0].view(np.float64)[0])

    def wait(self) -> None:
        """Waits until all workers are here, none of which may end while another one needs it."""
        self.gathered([0])

    def _sum(self, values: tf.Tensor) -> tf.Tensor:
        """The sum over workers, of whose replicas the first one adds the values and all others nothing.

        A multiple of them, to be divided again, would not do: the bits of a float and a digest fill their 64 bits.
        """
        replicas = self._strategy.num_replicas_in_sync // self.number  # of one worker

        def add() -> tf.Tensor:
            context = tf.distribute.get_replica_context()
            is_first = context.replica_id_in_sync_group % replicas == 0
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.where(is_first, values, tf.zeros_like(values)))

        return self._strategy.experimental_local_results(self._strategy.run(add))[0]

    def check_same(self, name: str, values: Any) -> None:
        """Refuses data that are not the same in all workers, each of which takes its share of every batch.

        Args:
          name: what the values are, such as "first batch".
          values: arrays or tensors in any structure.

        Raises:
          ClusterError: on every worker, naming the one whose values are others than the first one's.
        """
        if self.is_alone:
            return
        digests = self.gathered([digest(values)])[:, 0]
        if odd := np.flatnonzero(digests != digests[0]).tolist():
            raise ClusterError(
                f"workers have different data: the {name} of worker {odd[0]} is another than that of worker 0. Every "
                "worker has to read the same data, of which it takes its share"
            )


def _place(strategy: tf.distribute.Strategy) -> tuple[int, int]:
    """This worker's place among all, the chief first, and how many there are."""
    resolver = strategy.cluster_resolver
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy) or resolver is None:
        return 0, 1
    jobs = resolver.cluster_spec().as_dict()
    chiefs, workers = (len(jobs.get(kind, ())) for kind in ("chief", "worker"))
    first = chiefs if resolver.task_type == "worker" else 0
    return first + (resolver.task_id or 0), max(chiefs + workers, 1)


def digest(values: Any) -> int:
    """A number of 63 bits that stands for values."""
    content = hashlib.sha256()
    for part in tf.nest.flatten(values, expand_composites=True):
        array = np.asarray(part)
        content.update(f"{array.dtype}{array.shape}".encode())
        if array.dtype == object:
            content.update(repr(array.tolist()).encode())
        else:
            content.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)  # no copy of it
    return int.from_bytes(content.digest()[:8], "big") >> 1
