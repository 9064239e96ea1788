"""Nothing holds a model that its user has let go: one trains many in a process."""

import gc
import weakref

import tensorflow as tf

from tests.support import registry


def trained(entry, rng):
    """A reference to a model, in a frame that is gone once it was trained."""
    model, batch = entry.build(), entry.batch(rng)
    model.compile(run_eagerly=True)
    entry.prepare(model, batch)
    model.fit(tf.data.Dataset.from_tensors(batch), verbose=0)
    return weakref.ref(model)


@registry.having("bound")
def test_a_trained_model_can_be_freed(entry, rng):
    reference = trained(entry, rng)
    gc.collect()
    assert reference() is None
