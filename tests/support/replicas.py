"""The same training on one device and on replicas, of which the CPU is split into as many as a test needs."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.models import LatentVariableModel
from tests.support.seeds import seed_networks

MOST = 4  # logical CPUs, see `tests.support.fixtures`
LOGGED = ("loss", "elbo", "reconstruction", "regularizer", "skipped")


def strategy_of(num_replicas: int) -> tf.distribute.Strategy:
    """TensorFlow's default for one device; else so many mirrored replicas."""
    return tf.distribute.get_strategy() if num_replicas == 1 else mirrored(num_replicas)


def mirrored(num_replicas: int) -> tf.distribute.MirroredStrategy:
    """So many mirrored replicas, which may be one."""
    reduction = tf.distribute.ReductionToOneDevice()  # eager collectives of two threads may come in either order
    return tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(num_replicas)], cross_device_ops=reduction)


def descent() -> keras.optimizers.Optimizer:
    """Short steps against the gradient; Adam's would amplify the rounding of gradients that are nearly 0."""
    return keras.optimizers.SGD(0.01, clipnorm=1.0)


class Trained(NamedTuple):
    """A model after training, its weights before, and the logs of every step by name."""

    model: LatentVariableModel
    before: list[np.ndarray]
    logs: dict[str, list[float]]


def trained(
    build: Callable[[], LatentVariableModel],
    batches: Iterable[dict[str, Any]],
    num_replicas: int | tf.distribute.Strategy,
    *,
    optimizer: Callable[[], keras.optimizers.Optimizer] | None = None,
    eagerly: bool = True,
    prepare: Callable[[Any], None] = lambda model: None,
) -> Trained:
    """A new model after a step on each batch; weights and draws do not depend on the number of replicas."""
    seed_networks()
    batches = list(batches)
    strategy = strategy_of(num_replicas) if isinstance(num_replicas, int) else num_replicas
    with strategy.scope():
        model = build()
        prepare(model)
        model.compile((optimizer or descent)(), run_eagerly=eagerly)
    before = [variable.numpy() for variable in model.trainable_variables]
    dataset = tf.data.Dataset.from_tensors(batches[0])
    for batch in batches[1:]:
        dataset = dataset.concatenate(tf.data.Dataset.from_tensors(batch))
    logs = model.fit(dataset, epochs=len(batches), steps_per_epoch=1, verbose=0).history
    assert model.num_steps == len(batches)
    return Trained(model, before, logs)


def assert_the_same(one: Trained, several: Trained, tolerance: float = 1e-6) -> None:
    """Logs and weights of replicas are those of one device, every replica's copy of a weight the same.

    No weight differs by more than the tolerance, or by 0.1 % of what the weights of its variable have moved if that is
    less, so that a wrong gradient does not pass.
    """
    for name in {*one.logs} & {*LOGGED, "constraint", "log_multiplier"}:
        np.testing.assert_allclose(several.logs[name], one.logs[name], rtol=tolerance, atol=tolerance, err_msg=name)
    assert one.logs["skipped"][-1] == 0
    variables = list(zip(one.model.trainable_variables, several.model.trainable_variables, strict=True))
    moves = [np.max(np.abs(v.numpy() - old)) for (v, _), old in zip(variables, one.before, strict=True)]
    assert max(moves) > 1e-4
    for (variable, copies), start, again, move in zip(variables, one.before, several.before, moves, strict=True):
        np.testing.assert_array_equal(start, again)
        for copy in copies.values:
            np.testing.assert_array_equal(copy.numpy(), copies.values[0].numpy(), err_msg=variable.name)
        expected, size = variable.numpy(), np.max(np.abs(variable.numpy()))
        rounding = 4.0 * np.finfo(expected.dtype).eps * size
        limit = min(tolerance * max(size, 1.0), rounding + 1e-3 * move + 1e-5 * max(moves))
        np.testing.assert_allclose(copies.numpy(), expected, rtol=0, atol=limit, err_msg=variable.name)
