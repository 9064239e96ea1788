"""Recalibrated predictions stay where the model's likelihood can observe values."""

import json

import numpy as np
import pytest

from gpvae_tf import recalibration
from gpvae_tf.data import from_arrays
from gpvae_tf.models import GPVAE
from gpvae_tf.recalibration import Conformal, HeldOut, ResidualGP, StudentTScaling, VarianceScaling, held_out
from gpvae_tf.types import Imputation, Predictive

SHAPE = (4, 40, 3)  # yes or no, counts, and real numbers
SUPPORT = (np.array([0.0, 0.0, -np.inf]), np.array([1.0, np.inf, np.inf]))
INPUTS = np.broadcast_to(np.arange(40.0)[:, np.newaxis], (4, 40, 1))
LEVEL, TAILS = 0.9, (0.05, 0.95)
MEAN, STDDEV = np.full(SHAPE, [0.2, 0.5, 0.0]), np.ones(SHAPE)


def fitted(kind, rng, support=SUPPORT):
    """Fitted on errors that are far larger than the model says, about another level."""
    truth = MEAN - 2.0 + 5.0 * rng.normal(size=SHAPE)
    return kind.fit(HeldOut(truth, MEAN, STDDEV, rng.uniform(size=SHAPE) < 0.7, INPUTS, support))


def imputation():
    return Imputation(MEAN, MEAN, STDDEV, MEAN - STDDEV, MEAN + STDDEV)


def outside(part):
    """The share of values [..., 3] outside the support, of every channel."""
    part = np.asarray(part).reshape(-1, SHAPE[-1])
    return np.mean((part < SUPPORT[0]) | (part > SUPPORT[1]), axis=0)


@pytest.mark.parametrize("kind", [VarianceScaling, StudentTScaling, Conformal, ResidualGP])
def test_means_and_intervals_lie_in_the_support(kind, rng, tmp_path):
    """And nothing else changes; a file knows the support, and one from before has none."""
    own, made = fitted(kind, rng), imputation()
    found, free = own.imputation(made, LEVEL), own.within((-np.inf, np.inf)).imputation(made, LEVEL)
    assert max(outside(free.lower)[0], outside(free.lower)[1]) > 0.9
    for name in ("filled", "mean", "lower", "upper"):
        before, after = np.asarray(getattr(free, name)), np.asarray(getattr(found, name))
        np.testing.assert_array_equal(after, np.clip(before, *SUPPORT))
    np.testing.assert_array_equal(found.stddev, free.stddev)
    quantiles, samples = np.stack([made.lower, made.upper]), np.stack([made.lower] * 5)
    of_times = own.predictive(Predictive(MEAN, 0.5 * STDDEV, 0.5 * STDDEV, quantiles, samples), TAILS)
    for part in (of_times.mean, of_times.quantiles, *([] if of_times.samples is None else [of_times.samples])):
        assert not outside(part).any()
    own.save(tmp_path / "own.json")
    content = json.loads((tmp_path / "own.json").read_text())
    assert content["support"] == [[0.0, 0.0, None], [1.0, None, None], False]
    np.testing.assert_array_equal(recalibration.load(tmp_path / "own.json").imputation(made, LEVEL).lower, found.lower)
    del content["support"]
    (tmp_path / "own.json").write_text(json.dumps(content))
    np.testing.assert_array_equal(recalibration.load(tmp_path / "own.json").imputation(made, LEVEL).lower, free.lower)


def test_what_is_left_of_a_residual_gp_has_its_support(rng):
    support = fitted(ResidualGP, rng).left_out().support
    assert support[0] is SUPPORT[0] and support[1] is SUPPORT[1]


def test_a_model_says_what_it_can_observe(rng):
    """In the units of the data: a real channel is scaled, one of yes or no is not."""
    real, open_ = 50.0 + rng.normal(size=(3, 20)), rng.integers(0, 2, size=(3, 20))
    table = from_arrays(np.stack([real, open_], axis=-1), np.arange(20.0), batch_size=3)
    model = GPVAE.from_data(table, 2, units=8, verbose=False)
    np.testing.assert_array_equal(np.stack(model.support), [[-np.inf, 0.0], [np.inf, 1.0]])
    known = held_out(model, table.in_order(), whole=True, num_samples=5)
    np.testing.assert_array_equal(np.stack(known.support), [*model.support, [False, True]])
    (batch,) = table.in_order()
    filled = ResidualGP.fit(known).imputation(model.impute(batch), LEVEL)
    for part in (filled.filled, filled.lower, filled.upper):
        assert np.all((0.0 <= np.asarray(part)[..., 1]) & (np.asarray(part)[..., 1] <= 1.0))
    assert np.any(np.asarray(filled.upper)[..., 0] > 1.0)
