"""Trains every registered model on 1, 2 and 4 replicas, or on workers, and compares logs and weights; takes an hour.

    python -m tests.support.replicated [NAME...]
    gpvae launch --workers=2 -- python -m tests.support.replicated [NAME...]  # on two workers of this machine instead

50 compiled steps, each on a batch of its own, in float32, and on replicas in float64 where a model can. Prints the
largest difference of a weight for every model, over the variable's largest weight or 1, and exits with status 1 if one
is beyond 1e-6 (1e-10 of a float64 weight). The tests take two to six steps of every model on two replicas, and fifty of
those whose batches are tied together.
"""

import functools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.training import execution
from tests.support import replicas
from tests.support.report import carry_out

STEPS = 50
WHOLE_OBJECTS = "FGPVAE"  # models of this name take every object in one data set of a batch, so none can be repeated
TOLERANCE = {"float32": 1e-6, "float64": 1e-10}


def short_steps() -> keras.optimizers.Optimizer:
    """Steps so short that they go one way; a to and fro would amplify the rounding of gradients."""
    return keras.optimizers.SGD(1e-4, clipnorm=1.0)


def batches_of(name: str, entry: Any) -> list[dict[str, tf.Tensor]]:
    """A batch for every step, with a data set for every replica where data sets may be repeated."""
    rng = np.random.default_rng(0)
    given = [entry.batch(rng) for _ in range(STEPS)]
    return given if name.startswith(WHOLE_OBJECTS) else [enough(batch) for batch in given]


def trained(
    entry: Any,
    build: Callable[[], Any],
    batches: list[dict[str, tf.Tensor]],
    number: int | tf.distribute.Strategy,
) -> replicas.Trained:
    """A model after its steps on so many replicas, or on those of a strategy."""
    prepare = lambda model: entry.prepare(model, batches[0])
    return replicas.trained(build, batches, number, optimizer=short_steps, eagerly=False, prepare=prepare)


def enough(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """A batch with data sets for every replica: repeated, and the last of them left out so that shares are unequal."""
    return {name: tf.concat([part, part], axis=0)[: replicas.MOST + 1] for name, part in batch.items()}


def differences(one: replicas.Trained, several: replicas.Trained) -> Iterator[tuple[str, float]]:
    """The largest difference of every weight by its dtype, and that of the losses."""
    for old, new in zip(one.model.trainable_variables, several.model.trainable_variables, strict=True):
        expected = old.numpy()
        yield old.dtype.name, float(np.max(np.abs(new.numpy() - expected)) / max(np.max(np.abs(expected)), 1.0))
    loss, again = (np.asarray(each.logs["loss"]) for each in (one, several))
    yield "float32", float(np.max(np.abs(again - loss) / np.abs(loss)))


def compare(name: str, entry: Any, build: Callable[[], Any], workers: tf.distribute.Strategy | None) -> str:
    """Says how far the workers are from one device, or 2 and 4 replicas, or as many as there are data sets.

    Raises:
      ArithmeticError: if they are too far, or nothing was trained.
    """
    batches, told = batches_of(name, entry), []
    one = trained(entry, build, batches, 1)
    moved = max(np.max(np.abs(v.numpy() - old)) for v, old in zip(one.model.trainable_variables, one.before))
    most = min(replicas.MOST, len(batches[0]["observations"]))
    several = {f"{number} replicas": number for number in (2, most)} if workers is None else {"workers": workers}
    for what, number in several.items():
        largest: dict[str, float] = {}
        for dtype, difference in differences(one, trained(entry, build, batches, number)):
            largest[dtype] = max(largest.get(dtype, 0.0), difference)
        told.append(f"{what} " + ", ".join(f"{dtype} {value:.1e}" for dtype, value in largest.items()))
        if any(value > TOLERANCE[dtype] for dtype, value in largest.items()) or moved < 1e-4:
            raise ArithmeticError(f"{'; '.join(told)}; weights moved by {moved:.1e}")
    return f"{'; '.join(told)}; weights moved by {moved:.1e}"


def main(names: Sequence[str]) -> None:
    """Compares the models of the names, all that replicas can train if there are none."""
    workers = execution.make_strategy("multi_worker") if "TF_CONFIG" in os.environ else None
    if workers is None:
        parts = [tf.config.LogicalDeviceConfiguration()] * replicas.MOST
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)
    from tests.support.registry import REGISTRY  # which makes tensors: the CPU cannot be split any more

    checks = {}
    for name in names or [name for name, entry in REGISTRY.items() if "replicas" not in entry.cannot]:
        entry = REGISTRY[name]
        for policy in TOLERANCE if workers is None and "masks" not in entry.cannot else ("float32",):
            build = functools.partial(entry.build, policy=policy)
            checks[f"{name}, {policy}"] = functools.partial(compare, name, entry, build, workers)
    carry_out(checks)


if __name__ == "__main__":
    main(sys.argv[1:])
