"""Training batches shared out among the replicas of a distribution strategy, and what their losses are divided by."""

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from gpvae_tf.replicas.shares import DATA_SETS

_NAMES = ("data sets", "points")


def global_count(losses: tf.Tensor) -> tf.Tensor:
    """Number of losses of all replicas; of those that split points each has the losses of all data sets."""
    count = tf.cast(tf.size(losses), losses.dtype)
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return count
    return context.all_reduce(tf.distribute.ReduceOp.SUM, count)


def check_enough(rows: int | None, axis: int, num_replicas: int, name: str = "training") -> None:
    """Refuses a batch that leaves a replica without a row.

    Args:
      rows: of the batch along `axis`; None if it is not known.
      axis: the axis that replicas split.
      num_replicas: k.
      name: of the argument that the batch came in, or what it is for.

    Raises:
      ValueError: naming both numbers.
    """
    if rows is not None and rows < num_replicas > 1:
        raise ValueError(
            f"{name} has a batch of {rows} {_NAMES[axis]} for {num_replicas} replicas, each of which needs one: use "
            "larger batches, without a smaller one at the end (drop_remainder=True), or fewer replicas"
        )


def check_replicas(model: Any, stream: Callable[[int], tf.data.Dataset], steps_per_epoch: int) -> None:
    """Refuses replicas that a model cannot train on, or that are more than a batch can be shared among.

    Args:
      model: made under the strategy.
      stream: step number -> training batches beginning with the one for that step.
      steps_per_epoch: steps after which the batches begin anew, the last of which may be smaller.

    Raises:
      ValueError: see `check_enough` and the model's own `check_replicas`.
    """
    num_replicas = int(model.distribute_strategy.num_replicas_in_sync)
    if num_replicas == 1:
        return
    model.check_replicas(num_replicas)
    for step in {0, steps_per_epoch - 1}:
        batch = next(iter(stream(step)))
        check_enough(batch["observations"].shape[model.split_axis], model.split_axis, num_replicas)


def shared_out(
    dataset: tf.data.Dataset,
    strategy: tf.distribute.Strategy,
    axis: int,
    names: tuple[str, str],
    *,
    steps: int | None = None,
    for_epochs: bool = False,
) -> tuple[Any, int]:
    """A dataset of batches as `fit` of Keras takes it, every batch of it cut into a share for each replica.

    A batch of n rows is cut at the rows n/k, 2n/k, ... rounded down, so that shares differ by at most one row. Every
    worker of a cluster makes the whole batches, which must be the same ones there, and keeps the shares of its own
    replicas.

    Args:
      dataset: of global batches.
      strategy: with two or more replicas.
      axis: the axis of the batch that is cut.
      names: of the arguments that the dataset and `steps` came as, for messages.
      steps: batches in an epoch, if the caller says so.
      for_epochs: whether another epoch without `steps` begins the dataset again.

    Returns:
      the distributed dataset, and the number of batches in an epoch, which Keras needs to be told.

    Raises:
      ValueError: if the batches are too small, or their number is not known.
    """
    num_replicas, number = int(strategy.num_replicas_in_sync), int(dataset.cardinality())
    check_enough(dataset.element_spec["observations"].shape[axis], axis, num_replicas, names[0])
    if steps is None and number < 0:
        raise ValueError(
            f"{names[0]} does not say how many batches it has, which {num_replicas} replicas need: give {names[1]}, or "
            "apply tf.data.experimental.assert_cardinality to it"
        )
    if steps is None and for_epochs:
        dataset, steps = dataset.repeat(), number

    def of_worker(context: tf.distribute.InputContext) -> tf.data.Dataset:
        local = num_replicas // context.num_input_pipelines
        first = local * context.input_pipeline_id
        return _in_shares(dataset, axis, range(first, first + local), num_replicas)

    return strategy.distribute_datasets_from_function(of_worker), number if steps is None else steps


def _in_shares(dataset: tf.data.Dataset, axis: int, numbers: range, num_replicas: int) -> tf.data.Dataset:
    """The shares of some replicas, one after the other, batch by batch."""

    def cut(batch: Mapping[str, tf.Tensor]) -> tf.data.Dataset:
        known, rows = batch["observations"].shape[axis], tf.shape(batch["observations"])[axis]
        text = f"a training batch has fewer {_NAMES[axis]} than the {num_replicas} replicas: drop_remainder=True"
        with tf.control_dependencies([tf.debugging.assert_greater_equal(rows, num_replicas, text)]):
            rows = tf.identity(rows)
        size = known // num_replicas if known and known % num_replicas == 0 else None

        def share(number: tf.Tensor) -> Mapping[str, tf.Tensor]:
            start, stop = (rows * (tf.cast(number, tf.int32) + i) // num_replicas for i in (0, 1))
            return tf.nest.map_structure(lambda part: _cut(part, axis, start, stop, size), batch)

        return tf.data.Dataset.range(numbers.start, numbers.stop).map(share)

    shares, number = dataset.flat_map(cut), int(dataset.cardinality())
    if number == tf.data.UNKNOWN_CARDINALITY:
        return shares
    return shares.apply(tf.data.experimental.assert_cardinality(number * len(numbers) if number >= 0 else number))


def _cut(part: Any, axis: int, start: tf.Tensor, stop: tf.Tensor, size: int | None) -> Any:
    """Rows of an entry of a batch; of one without the axis, all."""
    if part.shape.rank <= axis:
        return part
    rows = part[start:stop] if axis == DATA_SETS else part[:, start:stop]
    if size is not None and isinstance(rows, tf.Tensor):
        rows.set_shape([*part.shape[:axis], size, *part.shape[axis + 1 :]])
    return rows
