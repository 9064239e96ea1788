"""Compiles a training step of every registered model with XLA, on batches of a free size; takes minutes.

    python -m tests.support.compiled [NAME...]

Prints a line for every model, and exits with status 1 if one of them failed. The tests do the same for the experiments
of FGP-VAE and of the nonparametric VAE, and for the algebra (`tests/gp/test_compiled.py`).
"""

import functools
import sys

import numpy as np
import tensorflow as tf

from gpvae_tf.training.optimizers import make_optimizer
from tests.support.registry import REGISTRY, Batch, Entry
from tests.support.report import carry_out


def of_free_size(batch: Batch) -> tf.data.Dataset:
    """A dataset of two batches whose static sizes are those that `data.from_arrays` gives: the first one is free."""
    dataset = tf.data.Dataset.from_tensor_slices(batch).batch(len(batch["observations"])).repeat(2)
    assert dataset.element_spec["observations"].shape[0] is None
    return dataset


def compile_steps(entry: Entry) -> str:
    """Takes two steps of a model, whose number of data sets is not known when the step is traced.

    Raises:
      ArithmeticError: if one was skipped, or the loss is not finite.
      RuntimeError: if AutoGraph warned of something that it cannot transform.
    """
    warnings: list[str] = []
    tf.get_logger().addFilter(lambda record: warnings.append(record.getMessage()) or True)
    model, batch = entry.build(), entry.batch(np.random.default_rng(0))
    entry.prepare(model, batch)
    model.compile(make_optimizer(1e-3), jit_compile=True)
    found = model.fit(of_free_size(batch), verbose=0).history
    if found["skipped"] != [0] or not np.all(np.isfinite(found["loss"])):
        raise ArithmeticError(f"the loss is {found['loss']}, {found['skipped']} steps were skipped")
    if any("AutoGraph" in warning for warning in warnings):
        raise RuntimeError("; ".join(warnings))
    return "ok"


if __name__ == "__main__":
    carry_out({name: functools.partial(compile_steps, REGISTRY[name]) for name in sys.argv[1:] or REGISTRY})
