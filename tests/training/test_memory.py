"""Memory of graphs is given back, and models that are still there do not notice."""

import gc
import weakref

import numpy as np
import tensorflow as tf

from gpvae_tf.likelihoods import NegativeBinomialLikelihood
from gpvae_tf.training.memory import free_graphs
from tests.support import sequence_models


def test_graphs_of_what_is_gone_are_freed(rng):
    model, batch = sequence_models.svgp_vae(), sequence_models.videos(rng)
    reference = weakref.ref(tf.function(model.elbo).get_concrete_function(batch).graph)
    del model
    gc.collect()
    assert reference() is not None, "TensorFlow and TFP free it by themselves: there is no need of free_graphs"
    free_graphs()
    assert reference() is None


def test_a_model_that_is_still_there_trains_on_the_same(rng):
    batches = tf.data.Dataset.from_tensors(sequence_models.videos(rng))
    free, kept = (sequence_models.svgp_vae() for _ in range(2))
    kept.set_weights(free.get_weights())
    for model in (free, kept):
        model.compile("adam")
        model.fit(batches, validation_data=batches, verbose=0)
        if model is free:
            free_graphs()
        model.fit(batches, validation_data=batches, verbose=0)
        model.compile("adam", jit_compile=False)  # traced anew
        model.fit(batches, verbose=0)
    for found, expected in zip(free.get_weights(), kept.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_functions_that_all_models_share_keep_their_gradients():
    """TFP's lbeta is a `tf.function`, traced once for every shape: counts could not be trained on any more."""
    likelihood, counts = NegativeBinomialLikelihood(trainable=True), tf.ones([2, 3, 5])
    output = tf.zeros([2, 3, 5])
    likelihood.log_prob(output, counts, event_ndims=1)
    free_graphs()
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(likelihood.log_prob(output, counts, event_ndims=1))
    (gradient,) = tape.gradient(total, likelihood.trainable_variables)
    assert np.isfinite(gradient)
