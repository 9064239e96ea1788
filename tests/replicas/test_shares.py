"""What replicas tell each other: sums and rows of the global batch with their gradients, and its draws."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.replicas import draws, shares
from tests.support.replicas import strategy_of

SIZES = (3, 1, 2)  # rows of the replicas
STARTS = (0, 3, 4)
SEED = tf.constant([3, 4])
ROWS = tf.reshape(tf.range(12.0), [6, 2])


def on_replicas(function, axis=shares.DATA_SETS):
    """The results of a function of a replica's number, on replicas with so many rows of a batch."""
    strategy = strategy_of(len(SIZES))

    def replica():
        number = tf.distribute.get_replica_context().replica_id_in_sync_group
        with shares.sharing(tf.constant(SIZES)[number], axis):
            return function(int(number))

    return strategy.experimental_local_results(strategy.run(replica))


def rows_of(number: int) -> slice:
    return slice(STARTS[number], STARTS[number] + SIZES[number])


def test_without_replicas_there_is_nothing_to_share():
    with shares.sharing(tf.constant(6), shares.DATA_SETS):
        assert shares.current() is None and shares.fraction(shares.DATA_SETS) == 1.0
        for value in (
            shares.total(ROWS, shares.DATA_SETS),
            shares.gathered(ROWS, shares.DATA_SETS),
            shares.own(ROWS, shares.DATA_SETS),
        ):
            assert value is ROWS
        np.testing.assert_array_equal(draws.normal([6, 2], SEED), tf.random.stateless_normal([6, 2], SEED))


def test_every_replica_knows_its_rows():
    found = on_replicas(lambda number: shares.current()[1:])
    for number, (start, size, total, num_replicas) in enumerate(found):
        assert (start, size, total, num_replicas) == (STARTS[number], SIZES[number], 6, 3)
    assert shares.current() is None  # behind them


@pytest.mark.parametrize("at", [0, 1, -2])
def test_rows_are_gathered_and_taken_back(at):
    """Along any axis; where replicas share another axis of the batch, nothing happens."""
    whole = ROWS if at != 1 else tf.transpose(ROWS)
    take = (lambda number: whole[rows_of(number)]) if at != 1 else (lambda number: whole[:, rows_of(number)])
    for number, (all_rows, own, other) in enumerate(
        on_replicas(
            lambda number: (
                shares.gathered(take(number), shares.DATA_SETS, at),
                shares.own(whole, shares.DATA_SETS, at),
                shares.gathered(take(number), shares.POINTS, at),
            )
        )
    ):
        np.testing.assert_array_equal(all_rows, whole)
        np.testing.assert_array_equal(own, take(number))
        np.testing.assert_array_equal(other, take(number))


def test_gradients_are_those_of_the_sum_of_all_losses():
    """Of a weight w that enters the coupled loss log(sum of all (w x_i)^3), whole on every replica and weighed 1/3."""
    weight = tf.constant(1.3, tf.float64)
    rows = tf.cast(ROWS, tf.float64)

    def gradient(number):
        with tf.GradientTape() as tape:
            tape.watch(weight)
            own = weight * rows[rows_of(number)]
            summed = shares.total(tf.reduce_sum(own**3), shares.DATA_SETS)
            gathered = tf.reduce_sum(tf.math.log1p(shares.gathered(own, shares.DATA_SETS))[1:])
            loss = shares.fraction(shares.DATA_SETS) * (tf.math.log(summed) + gathered)
        return tape.gradient(loss, weight)

    with tf.GradientTape() as tape:
        tape.watch(weight)
        loss = tf.math.log(tf.reduce_sum((weight * rows) ** 3)) + tf.reduce_sum(tf.math.log1p(weight * rows)[1:])
    np.testing.assert_allclose(sum(on_replicas(gradient)), tape.gradient(loss, weight), rtol=1e-12)


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
@pytest.mark.parametrize("axis, lead", [(shares.DATA_SETS, 0), (shares.DATA_SETS, 2), (shares.POINTS, 0)])
def test_draws_are_rows_of_the_global_batch(axis, lead, dtype):
    before = [5, 3][: lead + axis]
    whole = [*before, sum(SIZES), 7]

    def drawn(number):
        shape = [*before, SIZES[number], 7]
        return (
            draws.normal(shape, SEED, dtype, lead=lead),
            draws.normal(tf.constant(shape), SEED, dtype, lead=lead),
            draws.uniform(shape, SEED, dtype, least=0.25, lead=lead),
        )

    normal = tf.random.stateless_normal(whole, SEED, dtype=dtype)
    uniform = tf.random.stateless_uniform(whole, SEED, minval=0.25, dtype=dtype)
    for number, found in enumerate(on_replicas(drawn, axis)):
        for part, expected in zip(found, (normal, normal, uniform), strict=True):
            np.testing.assert_array_equal(part, expected[..., rows_of(number), :])


def test_the_same_units_are_dropped():
    units = tf.random.stateless_uniform([6, 20], SEED, minval=1.0, maxval=2.0)
    expected = tf.nn.experimental.stateless_dropout(units, 0.4, SEED, rng_alg="auto_select")
    for number, found in enumerate(on_replicas(lambda number: draws.dropout(units[rows_of(number)], 0.4, SEED))):
        np.testing.assert_array_equal(found, expected[rows_of(number)])
    assert 0.2 < np.mean(expected == 0) < 0.6
    np.testing.assert_array_equal(draws.dropout(units, 0.4, SEED), expected)
