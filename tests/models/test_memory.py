"""Nothing holds a model that its user has let go: one trains many in a process."""

import gc
import weakref

import tensorflow as tf

from tests.support import graphs, registry, sequence_models


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


def test_graphs_of_what_is_gone_are_freed(rng):
    """As the tests do after each file."""
    model, batch = sequence_models.svgp_vae(), sequence_models.videos(rng)
    reference = weakref.ref(tf.function(model.elbo).get_concrete_function(batch).graph)
    del model
    gc.collect()
    assert reference() is not None, "TensorFlow frees it by itself: tests.support.graphs is needed no more"
    graphs.free()
    assert reference() is None
