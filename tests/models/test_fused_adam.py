"""Adam in one operation per variable against Keras' own."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.models.trainer.fused_adam import FusedAdam
from gpvae_tf.models.trainer.nonfinite import skip_nonfinite
from tests.support.replicas import mirrored

SHAPES = ((4, 3), (3,), ())
DECAY = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)


def trained(kind, rng, *, dtype=tf.float64, steps=7, jit=None, entries=np.inf, **options) -> list[np.ndarray]:
    """Variables after some steps on gradients of very different sizes, whose entries are at most `entries`."""
    variables = [tf.Variable(rng.normal(size=shape), dtype=dtype) for shape in SHAPES]
    optimizer = kind(jit_compile=False, **options)
    optimizer.build(variables)
    apply = lambda gradients: optimizer.apply_gradients(zip(gradients, variables))
    apply = apply if jit is None else tf.function(apply, jit_compile=jit)
    for step in range(steps):
        drawn = [10.0 ** (step - 3) * rng.normal(size=shape) for shape in SHAPES]
        apply([tf.constant(np.clip(values, -entries, entries), dtype) for values in drawn])
    return [np.asarray(variable) for variable in (*variables, *optimizer.variables)]


@pytest.mark.parametrize("jit", [None, False, True], ids=["eager", "graph", "xla"])
@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": 0.1},
        {"learning_rate": DECAY, "beta_1": 0.5, "beta_2": 0.7, "epsilon": 0.1},
        {"clipvalue": 0.2},
        {"global_clipnorm": 0.1},
        {"weight_decay": 0.1},
        {"amsgrad": True},
        {"adaptive_epsilon": True, "epsilon": 0.1},
    ],
    ids=["plain", "schedule", "clipvalue", "global_clipnorm", "weight_decay", "amsgrad", "adaptive_epsilon"],
)
def test_steps_are_those_of_keras(options, jit):
    ours, theirs = (
        trained(kind, np.random.default_rng(0), jit=jit, **options) for kind in (FusedAdam, keras.optimizers.Adam)
    )
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("norm", ["clipnorm", "global_clipnorm"])
def test_entries_are_clipped_before_their_norm(norm):
    """As Keras' Adam moves on gradients whose entries are clipped already: it would ignore `clipvalue` itself."""
    ours = trained(FusedAdam, np.random.default_rng(0), learning_rate=0.1, clipvalue=0.3, **{norm: 0.5})
    clipped = trained(keras.optimizers.Adam, np.random.default_rng(0), entries=0.3, learning_rate=0.1, **{norm: 0.5})
    for one, other in zip(ours, clipped, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_the_norm_of_gradients_of_two_dtypes():
    """|(3, 0, 4)| = 5 is clipped to 1."""
    variables = [tf.Variable([0.0, 0.0]), tf.Variable(0.0, dtype=tf.float64)]
    optimizer = FusedAdam(global_clipnorm=1.0, jit_compile=False)
    optimizer.apply_gradients(zip([tf.constant([3.0, 0.0]), tf.constant(4.0, tf.float64)], variables))
    moments = np.concatenate([np.ravel(m) for m in optimizer._momentums]) / 0.1  # 1 - beta_1
    np.testing.assert_allclose(moments, [0.6, 0.0, 0.8], rtol=1e-5)


def test_sparse_gradients():
    found = []
    for kind in (FusedAdam, keras.optimizers.Adam):
        table = tf.Variable(np.ones((4, 2)))
        optimizer = kind(0.1, jit_compile=False)
        for rows in ([0, 2], [2, 3]):
            slices = tf.IndexedSlices(tf.ones([2, 2], tf.float64), tf.constant(rows), tf.constant([4, 2]))
            optimizer.apply_gradients([(slices, table)])
        found.append(table.numpy())
    np.testing.assert_allclose(*found, rtol=1e-12)
    assert np.all(found[0][1] == 1.0)


def test_replicas():
    """Under a strategy every replica moves its own copy."""
    strategy, found = mirrored(2), []
    for kind in (FusedAdam, keras.optimizers.Adam):
        with strategy.scope():
            variable, optimizer = tf.Variable([1.0, 2.0]), kind(0.1, jit_compile=False)
            optimizer.build([variable])

        def step(variable=variable, optimizer=optimizer):
            optimizer.apply_gradients([(tf.constant([0.5, -3.0]), variable)])

        run = tf.function(step)
        for _ in range(3):
            strategy.run(run)
        found += [np.asarray(copy) for copy in strategy.experimental_local_results(variable)]
    for copy in found[1:]:
        np.testing.assert_allclose(copy, found[0], rtol=1e-5)


def test_checkpoints_of_keras_adam_are_read(tmp_path):
    """Names and order of the variables are Keras'."""
    gradient, expected = tf.constant([0.3, -0.2]), []
    variable, optimizer = tf.Variable([1.0, 2.0]), keras.optimizers.Adam(0.1, jit_compile=False)
    optimizer.apply_gradients([(gradient, variable)])
    path = tf.train.Checkpoint(variable=variable, optimizer=optimizer).save(str(tmp_path / "ckpt"))
    restored, ours = tf.Variable([0.0, 0.0]), FusedAdam(0.1, jit_compile=False)
    ours.build([restored])
    tf.train.Checkpoint(variable=restored, optimizer=ours).restore(path).assert_consumed()
    for each, of in ((optimizer, variable), (ours, restored)):
        each.apply_gradients([(gradient, of)])
        expected.append(of.numpy())
    np.testing.assert_allclose(*expected, rtol=1e-6)


def test_the_name_adam_means_it():
    assert isinstance(skip_nonfinite("adam").inner_optimizer, FusedAdam)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(FusedAdam(0.3)))
    assert isinstance(again, FusedAdam) and float(again.learning_rate) == pytest.approx(0.3)
