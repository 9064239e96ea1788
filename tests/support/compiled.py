"""Compiles a training step of every registered model with XLA, on batches of a free size; takes minutes.

    python -m tests.support.compiled [NAME...]

Prints a line for every model, and exits with status 1 if one of them failed. The tests do the same for the experiments
of FGP-VAE and of the nonparametric VAE, and for the algebra (`tests/gp/test_compiled.py`).
"""

import sys
import time
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from gpvae_tf.training.optimizers import make_optimizer
from tests.support.registry import REGISTRY, Batch, Entry


def of_free_size(batch: Batch) -> tf.data.Dataset:
    """A dataset of two batches whose static sizes are those that `data.from_arrays` gives: the first one is free."""
    dataset = tf.data.Dataset.from_tensor_slices(batch).batch(len(batch["observations"])).repeat(2)
    assert dataset.element_spec["observations"].shape[0] is None
    return dataset


def compiled_step(entry: Entry) -> dict[str, list[float]]:
    """The log of two steps of a model, whose number of data sets is not known when the step is traced."""
    model, batch = entry.build(), entry.batch(np.random.default_rng(0))
    entry.prepare(model, batch)
    model.compile(make_optimizer(1e-3), jit_compile=True)
    return model.fit(of_free_size(batch), verbose=0).history


def main(names: Sequence[str]) -> int:
    """Compiles the models of the names, all if there are none; returns how many failed."""
    failed = 0
    for name in names or REGISTRY:
        start, told = time.monotonic(), "ok"
        try:
            found = compiled_step(REGISTRY[name])
            if found["skipped"] != [0] or not np.all(np.isfinite(found["loss"])):
                raise ArithmeticError(f"the loss is {found['loss']}, {found['skipped']} steps were skipped")
        except Exception as error:
            failed, told = failed + 1, f"{type(error).__name__}: {' '.join(str(error).split())}"
        print(f"{time.monotonic() - start:6.1f} s  {name}: {told}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
