"""Prefix products of matrices, whose order matters, for known and unknown lengths."""

from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.gp.associative_scan import scan


class Element(NamedTuple):
    matrix: tf.Tensor
    offset: tf.Tensor


def affine(first, second):
    return Element(second.matrix @ first.matrix, second.matrix @ first.offset + second.offset)


@pytest.mark.parametrize("length", [1, 2, 3, 8, 13])
def test_a_scan_is_the_products_one_after_the_other(rng, length):
    matrix, offset = rng.normal(size=(2, length, 3, 3)), rng.normal(size=(2, length, 3, 1))
    state, expected = np.zeros((2, 3, 1)), []
    for k in range(length):
        state = matrix[:, k] @ state + offset[:, k]
        expected.append(state)
    run = lambda *parts: scan(affine, Element(*parts)).offset
    unknown = tf.function(run, input_signature=[tf.TensorSpec([None, None, 3, n], tf.float64) for n in (3, 1)])
    for function in (run, unknown):
        found = function(tf.constant(matrix), tf.constant(offset))
        np.testing.assert_allclose(found, np.stack(expected, axis=1), rtol=1e-12)


def test_the_graph_of_an_unknown_length_is_small():
    spec = [tf.TensorSpec([None, 3, n], tf.float64) for n in (3, 1)]
    graph = tf.function(lambda *p: scan(affine, Element(*p)).offset, input_signature=spec)
    assert len(graph.get_concrete_function().graph.get_operations()) < 50
