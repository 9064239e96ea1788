"""Recalibrated intervals of counts and of yes or no end at whole numbers, whatever moved them."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import GPVAE, data, recalibration
from gpvae_tf.recalibration.supports import Support
from gpvae_tf.types import Imputation, Predictive
from tests.support.seeds import seed_networks


def small_counts():
    """Poisson variables of mean 0.15 with their distribution, whose 95 % interval is [0, 1]."""
    truth = np.random.default_rng(0).poisson(0.15, (1, 4000, 1)).astype(np.float32)
    mean = tf.fill(truth.shape, 0.15)
    return truth, Imputation(mean, mean, tf.sqrt(mean), tf.zeros_like(mean), tf.ones_like(mean))


@pytest.mark.parametrize("factor", [0.6, 0.97, 0.994, 1.0, 1.03, 1.5])
def test_intervals_hold_what_they_held(factor):
    """A factor a little below 1 would leave [0.01, 0.98], which holds no count."""
    truth, made = small_counts()
    repair = recalibration.VarianceScaling(np.full((1, 1, 1), factor)).within(Support(0.0, np.inf, True))
    changed = repair.imputation(made, 0.95)
    lower, upper = changed.lower.numpy(), changed.upper.numpy()
    np.testing.assert_array_equal([lower, upper], np.round([lower, upper]))
    assert np.mean((lower <= truth) & (truth <= upper)) > 0.98
    bare = recalibration.VarianceScaling(np.full((1, 1, 1), 0.97)).within((0.0, np.inf)).imputation(made, 0.95)
    assert np.mean((bare.lower <= truth) & (truth <= bare.upper)) < 0.2


def test_quantiles_go_outwards_and_draws_stay():
    """Of the first channel, which has counts; the second has real numbers."""
    draws = tf.constant(np.random.default_rng(1).poisson(3.0, (200, 1, 50, 2)).astype(np.float32))
    mean, variance = tf.reduce_mean(draws, 0), tf.math.reduce_variance(draws, 0)
    levels = (0.1, 0.5, 0.9)
    quantiles = tf.constant(np.quantile(draws, levels, axis=0).astype(np.float32))
    made = Predictive(mean, variance, tf.zeros_like(mean), quantiles, draws)
    support = Support(np.array([0.0, -np.inf]), np.inf, np.array([True, False]))
    plain = recalibration.VarianceScaling(np.full((1, 1, 1), 0.7))
    found, before = plain.within(support).predictive(made, levels), plain.predictive(made, levels)
    whole = found.quantiles.numpy()[..., 0]
    np.testing.assert_array_equal(whole, np.round(whole))
    assert np.all(whole[0] <= before.quantiles[0, ..., 0] + 0.01)
    assert np.all(whole[2] >= before.quantiles[2, ..., 0] - 0.01)
    assert np.all(np.abs(whole - before.quantiles.numpy()[..., 0]) < 1.0)
    np.testing.assert_array_equal(found.quantiles[..., 1], before.quantiles[..., 1])
    np.testing.assert_array_equal(found.samples[..., 0], np.maximum(before.samples[..., 0], 0.0))
    np.testing.assert_array_equal(found.mean, before.mean)


def test_models_say_which_channels_are_whole_and_files_keep_it(rng, tmp_path):
    values = np.stack([rng.poisson(3.0, (3, 12)), rng.normal(size=(3, 12))], axis=-1)
    sequences = data.from_arrays(values, np.arange(12), batch_size=3)
    seed_networks()
    model = GPVAE.from_data(sequences, 2, units=4, verbose=False, likelihood={0: "poisson"})
    held_out = recalibration.held_out(model, sequences.example, num_samples=20)
    assert np.asarray(held_out.support.whole).tolist() == [True, False]
    repair = recalibration.VarianceScaling.fit(held_out)
    made = model.impute(sequences.example)
    expected = repair.imputation(made, 0.95)
    np.testing.assert_array_equal(expected.upper[..., 0], np.round(expected.upper[..., 0]))
    assert np.any(expected.upper.numpy()[..., 1] % 1.0)
    repair.save(tmp_path / "repair.json")
    again = recalibration.load(tmp_path / "repair.json")
    np.testing.assert_array_equal(again.imputation(made, 0.95).lower, expected.lower)


def test_grey_values_are_not_whole(rng):
    """A Bernoulli likelihood takes them, and 0 and 1 in another channel."""
    grey = np.stack([rng.uniform(size=(3, 12)), rng.integers(0, 2, (3, 12))], axis=-1)
    sequences = data.from_arrays(grey, np.arange(12), batch_size=3)
    model = GPVAE.from_data(sequences, 2, units=4, verbose=False, likelihood="bernoulli")
    held_out = recalibration.held_out(model, sequences.example, num_samples=20)
    assert np.asarray(held_out.support.whole).tolist() == [False, True]
