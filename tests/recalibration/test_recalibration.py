"""Intervals of a model that is wrong about its errors are repaired, as far as theory says, on data drawn here."""

import json
import math

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
import tensorflow as tf

from gpvae_tf import data, recalibration
from gpvae_tf.evaluation import predictive
from gpvae_tf.recalibration import Conformal, HeldOut, StudentTScaling, VarianceScaling, held_out
from gpvae_tf.recalibration.folds import fold_numbers
from gpvae_tf.types import Imputation, Predictive
from tests.support import sequence_models

N, POINTS, CHANNELS = 40, 100, 3
SAID, LEVEL = 0.5, 0.9  # the standard deviation that the model says it has


def normal(interval):
    """Half the width of a standard normal's central interval."""
    return scipy.stats.norm.ppf(0.5 + interval / 2.0)


def imputation(mean, interval=LEVEL):
    stddev = np.full_like(mean, SAID)
    return Imputation(mean, mean, stddev, mean - normal(interval) * stddev, mean + normal(interval) * stddev)


def split(rng, errors):
    """Predictions of 0 and truths of given errors, of which a half is held out, and what the other half is."""
    where = rng.uniform(size=errors.shape) < 0.5
    return HeldOut(errors, np.zeros_like(errors), np.full_like(errors, SAID), where), ~where


@pytest.mark.parametrize("kind", [VarianceScaling([[[1.0]]]), StudentTScaling([[[1.0]]], 5.0)])
def test_levels_lie_between_0_and_1(kind):
    """In percent they gave NaN, and 1 infinite ends."""
    filled, mean = imputation(np.zeros((1, 2, 1))), np.zeros((1, 2, 1))
    predicted = Predictive(*map(tf.constant, (mean, mean + 0.1, mean + 0.1, mean[np.newaxis])), None)
    for wrong in (95, 1.0, 0.0, -0.5):
        with pytest.raises(ValueError, match=rf"interval must lie in \(0, 1\), got {wrong}"):
            kind.imputation(filled, wrong)
        with pytest.raises(ValueError, match=rf"quantiles must lie in \(0, 1\), got {wrong}"):
            kind.predictive(predicted, (wrong,))


def within_chance(count, total, level):
    """Whether a number of hits is one that happens by chance 999 times in 1,000."""
    low, high = scipy.stats.binom.ppf([0.0005, 0.9995], total, level)
    return low <= count <= high


def held(truth, filled, where):
    return int(np.sum((filled.lower <= truth)[where] & (truth <= filled.upper)[where]))


def test_a_model_that_has_learned_the_values_is_refused(rng):
    """What is hidden of a batch is in its q(f_m): its errors would be those of training."""
    batch = sequence_models.objects(rng)
    with pytest.raises(ValueError, match="model is a DeepSVIGP, whose q.* has learned the values .* would be hidden"):
        held_out(sequence_models.deep_svigp(), batch, num_samples=3)


FITS = {
    "variance": VarianceScaling.fit,
    "conformal": Conformal.fit,
    "student_t": StudentTScaling.fit,
}


@pytest.mark.parametrize("kind", FITS)
@pytest.mark.parametrize("true", [0.1, 2.0])
def test_a_wrong_variance_is_repaired(rng, kind, true):
    errors = true * rng.normal(size=(N, POINTS, CHANNELS))
    known, rest = split(rng, errors)
    filled = imputation(np.zeros_like(errors))
    total = int(rest.sum())
    assert not within_chance(held(errors, filled, rest), total, LEVEL)
    assert within_chance(held(errors, FITS[kind](known).imputation(filled, LEVEL), rest), total, LEVEL)


def test_conformal_needs_no_normal_errors_and_variance_scaling_does(rng):
    """Errors of two sizes: scaled to one variance, a normal 90 % interval holds another share of them."""
    errors = rng.normal(size=(N, POINTS, CHANNELS)) * rng.choice([0.1, 2.0], p=[0.9, 0.1], size=(N, POINTS, CHANNELS))
    known, rest = split(rng, errors)
    filled, total = imputation(np.zeros_like(errors)), int(rest.sum())
    assert within_chance(held(errors, Conformal.fit(known).imputation(filled, LEVEL), rest), total, LEVEL)
    assert not within_chance(held(errors, VarianceScaling.fit(known).imputation(filled, LEVEL), rest), total, LEVEL)


@pytest.mark.parametrize("per, axis", [(("series",), 0), (("channel",), 2)])
@pytest.mark.parametrize("kind", FITS)
def test_every_group_gets_its_own(rng, kind, per, axis):
    shape = [1, 1, 1]
    shape[axis] = (N, POINTS, CHANNELS)[axis]
    sizes = np.geomspace(0.1, 3.0, shape[axis]).reshape(shape)
    errors = sizes * rng.normal(size=(N, POINTS, CHANNELS))
    known, rest = split(rng, errors)
    better = FITS[kind](known, per).imputation(imputation(np.zeros_like(errors)), LEVEL)
    widths = np.asarray(better.upper - better.lower)
    assert np.all(np.ptp(np.moveaxis(widths, axis, 0).reshape(shape[axis], -1), axis=1) < 1e-6)
    expected = 2.0 * normal(LEVEL) * sizes.ravel()
    np.testing.assert_allclose(np.moveaxis(widths, axis, 0).reshape(shape[axis], -1)[:, 0], expected, rtol=0.3)
    assert within_chance(held(errors, better, rest), int(rest.sum()), LEVEL)


def test_the_factor_is_that_of_the_greatest_likelihood(rng):
    errors = 1.3 * rng.normal(size=(4, 30, 2))
    known, _ = split(rng, errors)
    factor = float(VarianceScaling.fit(known).factors.squeeze())
    nlpd = lambda f: -scipy.stats.norm.logpdf(errors[known.where], 0.0, f * SAID).mean()
    best = scipy.optimize.minimize_scalar(nlpd, bounds=(0.1, 10.0), method="bounded", options={"xatol": 1e-9}).x
    np.testing.assert_allclose(factor, best, rtol=1e-6)


def test_few_values_lean_on_all(rng):
    """Groups of equal noise share one factor, whatever their few values say; groups that differ keep their own."""
    where = np.arange(POINTS)[None, :, None] < np.array([0, 1, 3, 60])[:, None, None] * np.ones((1, 1, 1))
    where = np.tile(where, (200, 1, 1))  # 800 series with up to 60 values
    alike = 1.5 * rng.normal(size=where.shape)
    known = HeldOut(alike, np.zeros_like(alike), np.ones_like(alike), where)
    found = VarianceScaling.fit(known, ("series",)).factors.ravel()
    np.testing.assert_allclose(found, 1.5, rtol=0.15)
    sizes = np.repeat(np.geomspace(0.01, 1.0, 200), 4)[:, None, None]
    found = VarianceScaling.fit(known._replace(truth=sizes * alike), ("series",)).factors.ravel()
    np.testing.assert_allclose(found[3::4], 1.5 * sizes.ravel()[3::4], rtol=0.4)
    np.testing.assert_allclose(found[::4], found[0])  # without values
    assert 0.1 < found[0] < 0.25  # the geometric mean of all
    errors = np.log(found[2::4] / (1.5 * sizes.ravel()[2::4]))  # of three values
    own = np.log(np.sqrt(np.mean(np.square((sizes * alike)[2::4, :3, 0]), axis=1)) / (1.5 * sizes.ravel()[2::4]))
    assert np.mean(np.square(errors)) < np.mean(np.square(own))


def test_student_t_finds_scale_and_tails(rng):
    """Those that the errors were drawn with, and SciPy's own fit of them; of two sizes of series too."""
    errors = 1.7 * SAID * rng.standard_t(4.0, size=(N, POINTS, CHANNELS))
    known, rest = split(rng, errors)
    found = StudentTScaling.fit(known)
    df, _, scale = scipy.stats.t.fit(errors[known.where] / SAID, floc=0.0)
    np.testing.assert_allclose([found.df, found.factors.item()], [df, scale], rtol=0.03)
    np.testing.assert_allclose([found.df, found.factors.item()], [4.0, 1.7], rtol=0.15)
    sizes = np.geomspace(0.01, 1.0, N)[:, None, None]
    of_series = StudentTScaling.fit(known._replace(truth=sizes * errors), ("series",))
    np.testing.assert_allclose(of_series.factors, 1.7 * sizes, rtol=0.3)
    assert abs(of_series.df - found.df) < 0.7


def test_student_t_intervals_hold_where_a_normal_s_do_not(rng):
    errors = SAID * rng.standard_t(2.5, size=(N, POINTS, CHANNELS))
    known, rest = split(rng, errors)
    own, normal_one = StudentTScaling.fit(known), VarianceScaling.fit(known)
    for level in (0.5, 0.9, 0.99):
        filled, total = imputation(np.zeros_like(errors), level), int(rest.sum())
        repaired = own.imputation(filled, level)
        assert abs(held(errors, repaired, rest) / total - level) < 0.015
    assert abs(held(errors, normal_one.imputation(imputation(errors * 0.0, 0.5), 0.5), rest) / total - 0.5) > 0.05
    np.testing.assert_allclose(repaired.stddev, own.factors.item() * SAID * math.sqrt(own.df / (own.df - 2.0)))
    density = scipy.stats.t(own.df, 0.0, own.scales(filled)).logpdf(errors)
    assert -density[rest].mean() < predictive.nlpd(
        errors, (0.0 * errors, normal_one.factors * SAID + 0.0 * errors), rest
    )


def test_student_t_quantiles_are_those_of_its_intervals(rng):
    known, _ = split(rng, rng.standard_t(3.0, size=(2, 60, 2)))
    own = StudentTScaling.fit(known, ("channel",))
    mean, variance = rng.normal(size=(2, 5, 2)), rng.uniform(1.0, 2.0, (2, 5, 2))
    predicted = Predictive(mean, 0.25 * variance, 0.75 * variance, np.zeros((3, 2, 5, 2)), np.zeros((9, 2, 5, 2)))
    better = own.predictive(predicted, (0.1, 0.5, 0.9))
    filled = own.imputation(Imputation(mean, mean, np.sqrt(variance), mean, mean), 0.8)
    np.testing.assert_allclose(better.quantiles, [filled.lower, mean, filled.upper])
    np.testing.assert_allclose(better.stddev, filled.stddev)
    assert better.samples is None


def test_the_rank_is_that_of_the_theorem():
    """Nine values are the fewest for 90 %: the largest of them. Ninety-nine give the ninetieth."""
    nine = Conformal([np.arange(1.0, 10.0)], shape=(1, 1, 1))
    assert nine.multipliers(0.9).ravel() == [9.0]
    assert Conformal([np.arange(1.0, 100.0)], shape=(1, 1, 1)).multipliers(0.9).ravel() == [90.0]
    with pytest.raises(ValueError, match="interval=0.95 needs 19 held-out values in every group, the smallest has 9"):
        nine.multipliers(0.95)


def test_coverage_is_the_theorems_over_many_calibrations(rng):
    """Nine scores and a tenth: the mean coverage is 9 of 10, where the plain 90 % quantile of nine would have 82 %."""
    trials = 4_000
    errors = rng.standard_cauchy(size=(trials, 10))
    hits = sum(abs(row[9]) <= Conformal([np.abs(row[:9])], shape=(1, 1, 1)).multipliers(0.9).item() for row in errors)
    assert within_chance(hits, trials, 0.9)


def test_a_predictive_distribution_is_stretched_as_a_whole(rng):
    draws = rng.gamma(2.0, size=(500, 2, 6, 3)).astype(np.float32)
    quantiles = np.quantile(draws, [0.05, 0.5, 0.95], axis=0, method="weibull").astype(np.float32)
    mean, variance = draws.mean(axis=0), draws.var(axis=0, ddof=1)
    predicted = Predictive(mean, 0.25 * variance, 0.75 * variance, quantiles, draws)
    scaling = VarianceScaling(np.array([0.5, 2.0, 3.0]).reshape(1, 1, 3), ("channel",))
    better = scaling.predictive(predicted, (0.05, 0.5, 0.95))
    samples = np.asarray(better.samples)
    np.testing.assert_allclose(samples.mean(axis=0), mean, rtol=1e-4)
    np.testing.assert_allclose(samples.var(axis=0, ddof=1), better.variance, rtol=1e-3)
    expected = np.quantile(samples, [0.05, 0.5, 0.95], axis=0, method="weibull")
    np.testing.assert_allclose(better.quantiles, expected, rtol=1e-4, atol=1e-5)


def test_the_stretched_density_is_that_of_stretched_draws():
    """A gamma distribution stretched about its mean, by the change of variables and by SciPy's own scale and place."""
    own = scipy.stats.gamma(3.0)
    y, f = np.linspace(2.0, 9.0, 24).reshape(2, 4, 3), 1.7
    scaling = VarianceScaling(np.full((1, 1, 1), f))
    found = scaling.log_density(lambda values: own.logpdf(values), y, np.full(y.shape, own.mean()))
    np.testing.assert_allclose(found, scipy.stats.gamma.logpdf(y, 3.0, loc=own.mean() * (1 - f), scale=f), rtol=1e-10)


def test_conformal_quantiles_are_ends_of_intervals(rng):
    errors = rng.standard_t(3, size=(2, 200, 2))
    known, _ = split(rng, errors)
    conformal = Conformal.fit(known, ("channel",))
    mean = rng.normal(size=(2, 5, 2))
    predicted = Predictive(mean, np.zeros_like(mean), np.full_like(mean, 4.0), np.zeros((3, 2, 5, 2)), None)
    low, middle, high = conformal.predictive(predicted, (0.05, 0.5, 0.95)).quantiles
    half = np.broadcast_to(conformal.multipliers(0.9) * 2.0, mean.shape)
    np.testing.assert_allclose(low, mean - half)
    np.testing.assert_array_equal(middle, mean)
    np.testing.assert_allclose(high, mean + half)


def test_a_quantile_beside_the_middle_is_no_end_of_a_wide_interval():
    """NumPy's grid of 19 levels has a middle that is 0.5 but for rounding; no interval is below the least score's."""
    conformal, middle = Conformal([np.arange(1.0, 10.0)], shape=(1, 1, 1)), np.linspace(0.05, 0.95, 19)[9]
    mean = np.full((1, 2, 1), 3.0)
    predicted = Predictive(mean, np.zeros_like(mean), np.ones_like(mean), np.zeros((2, 1, 2, 1)), None)
    assert middle != 0.5
    beside, half = conformal.predictive(predicted, (middle, 0.5)).quantiles
    np.testing.assert_array_equal(beside, mean)
    np.testing.assert_array_equal(half, mean)
    assert conformal.multipliers(1e-12).ravel() == [1.0]
    with pytest.raises(ValueError, match="needs 1 held-out values in every group, the smallest has 0"):
        Conformal([[]], shape=(1, 1, 1)).multipliers(1e-12)


@pytest.mark.parametrize("kind", FITS)
def test_it_is_saved_and_loaded(rng, tmp_path, kind):
    known, _ = split(rng, rng.normal(size=(4, 60, 2)))
    own, filled = FITS[kind](known, ("series",)), imputation(np.zeros((4, 60, 2)))
    own.save(tmp_path / "own.json")
    again = recalibration.load(tmp_path / "own.json")
    assert type(again) is type(own) and again.per == ("series",)
    np.testing.assert_array_equal(again.imputation(filled, LEVEL).lower, own.imputation(filled, LEVEL).lower)
    (tmp_path / "own.json").write_text(json.dumps({"kind": "Isotonic"}))
    with pytest.raises(ValueError, match="own.json holds no recalibration; expected one of the kinds"):
        recalibration.load(tmp_path / "own.json")


def test_what_it_was_not_fitted_for_is_refused(rng):
    known, _ = split(rng, rng.normal(size=(4, 60, 2)))
    for fit in FITS.values():
        with pytest.raises(ValueError, match=r"was fitted for \[4, 1, 1\]; the predictions have shape \[5, 60, 2\]"):
            fit(known, ("series",)).imputation(imputation(np.zeros((5, 60, 2))), LEVEL)
        with pytest.raises(ValueError, match="per must hold some of"):
            fit(known, ("time",))
        with pytest.raises(ValueError, match="held_out has no entry that was hidden"):
            fit(known._replace(where=np.zeros_like(known.where)))
    with pytest.raises(ValueError, match="factors must be positive and finite"):
        VarianceScaling([[[0.0]]])


class Neighbours:
    """Fills in with the mean of what is known of a series' channel, and a standard deviation of how much that was."""

    def impute(self, batch, interval, num_samples, seed):
        values = np.asarray(batch["observations"])
        known = np.broadcast_to(np.asarray(batch.get("mask", True)), values.shape)
        assert not np.any(np.isnan(values[known]))
        mean = np.broadcast_to(np.mean(values, axis=1, where=known, keepdims=True), values.shape)
        stddev = np.broadcast_to(1.0 / np.sqrt(known.sum(axis=1, keepdims=True)), values.shape)
        return Imputation(values, mean, stddev, mean - stddev, mean + stddev)


def batches(rng, missing=0.3):
    for _ in range(2):
        values = rng.normal(size=(3, 20, 2))
        mask = rng.uniform(size=values.shape) >= missing
        yield {"observations": np.where(mask, values, np.nan), "inputs": np.zeros((3, 20, 1)), "mask": mask}


def test_every_observed_entry_is_predicted_from_the_others(rng):
    parts = list(batches(rng))
    found = held_out(Neighbours(), parts, folds=4)
    mask = np.concatenate([part["mask"] for part in parts])
    np.testing.assert_array_equal(found.where, mask)
    truth = np.concatenate([part["observations"] for part in parts])
    np.testing.assert_array_equal(found.truth[mask], truth[mask])
    means = np.broadcast_to(np.nanmean(truth, axis=1, keepdims=True), truth.shape)
    assert np.all(found.mean[mask] != means[mask])  # which would have seen the entry itself
    leaning = np.corrcoef(found.truth[mask] - means[mask], found.mean[mask] - means[mask])[0, 1]
    assert leaning < 0.0  # without an entry the others' mean lies on its other side


@pytest.mark.parametrize("errors", [None, 0.2])
def test_hidden_values_have_no_part_in_what_their_series_are_standardised_by(rng, errors):
    """`per_series` of the raw values without those that are hidden gives the same predictions, in the values' units."""
    values = np.geomspace(0.1, 10.0, 4)[:, None, None] * (3.0 + rng.normal(size=(4, 12, 2)))
    errors = None if errors is None else errors * np.abs(values)
    each = data.per_series(data.from_arrays(values, np.arange(12.0), errors=errors))
    found = held_out(Neighbours(), each.example, folds=3, per_series=True, seed=5)
    numbers, names = fold_numbers(values.shape, 3, np.random.default_rng(5)), ("mean", "stddev")
    for number in range(3):
        raw = data.from_arrays(values, np.arange(12.0), numbers != number, errors=errors)
        alone = data.per_series(raw)
        filled = Neighbours().impute(alone.example, 0.5, 1, 0)
        for name, spread in zip(names, (False, True)):
            expected = data.restore(getattr(filled, name), like=alone, spread=spread)
            hidden = data.restore(getattr(found, name), like=each, spread=spread)
            np.testing.assert_allclose(hidden[numbers == number], expected[numbers == number], rtol=1e-4)
    assert np.array_equal(found.truth, each.observations) and np.all(found.where)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of Neighbours, who have nothing to say of the empty series
def test_a_series_that_would_keep_nothing_keeps_what_it_has(rng):
    mask = np.ones((2, 20, 1), bool)
    mask[1] = np.arange(20)[:, None] == 7
    found = held_out(Neighbours(), {"observations": rng.normal(size=mask.shape), "mask": mask}, folds=4)
    assert np.all(found.where[0]) and not np.any(found.where[1])


@pytest.mark.parametrize("run", [1, 6])
def test_whole_points_are_hidden_in_runs(rng, run):
    numbers = fold_numbers((5, 60, 2, 3), 5, rng, whole=True, run=run)
    assert numbers.shape == (5, 60, 2, 3) and np.all(numbers == numbers[:, :, :1, :1])
    points = numbers[:, :, 0, 0]
    changes = np.flatnonzero(np.diff(points[0]))
    if run > 1:
        assert np.all(np.diff(changes) % run == 0)
        assert len({np.flatnonzero(np.diff(row))[0] % run for row in points}) > 1  # every sequence begins anywhere
    counts = np.stack([np.bincount(row, minlength=5) for row in points])
    assert np.all(np.abs(counts - 60 / 5) <= run)
    assert not np.array_equal(points[0], points[1])


def test_draws_have_the_seed_and_runs_are_of_whole_points(rng):
    calls = []

    class Recording(Neighbours):
        def impute(self, batch, interval, num_samples, seed):
            calls.append((seed, batch["mask"]))
            return super().impute(batch, interval, num_samples, seed)

    held_out(Recording(), {"observations": rng.normal(size=(2, 20, 3))}, folds=4, run=3, seed=7)
    assert [seed for seed, _ in calls] == [7, 7, 7, 7]
    assert all(np.array_equal(mask.any(axis=2), mask.all(axis=2)) for _, mask in calls)


def test_folds_of_entries_are_of_one_size(rng):
    numbers = fold_numbers((3, 7, 2), 4, rng)
    assert sorted(np.bincount(numbers.ravel())) == [10, 10, 11, 11]


def test_wrong_numbers_of_folds_are_refused(rng):
    with pytest.raises(ValueError, match="folds must be >= 2 and run >= 1, got folds=1"):
        held_out(Neighbours(), next(batches(rng)), folds=1)
    with pytest.raises(ValueError, match="batches is empty"):
        held_out(Neighbours(), [])


def test_batches_of_points_are_refused(rng):
    """Which would be held out as series of their own."""
    points = data.from_arrays(rng.normal(size=(1, 38, 2)), np.arange(38.0), points_per_batch=10)
    with pytest.raises(ValueError, match=r"of shape \(1, 8, 2\) and \(1, 10, 2\); .* \(points_per_batch\)"):
        held_out(Neighbours(), points.in_order())


def test_noise_of_every_series_improves_all_scores(rng):
    """The case that scaling per series is for: series whose noise differs a hundredfold under one learned noise."""
    sizes = np.geomspace(0.01, 1.0, N).reshape(-1, 1, 1)
    errors = sizes * rng.normal(size=(N, POINTS, CHANNELS))
    known, rest = split(rng, errors)
    mean, stddev = np.zeros_like(errors), np.full_like(errors, SAID)
    score = lambda f: (
        predictive.nlpd(errors, (mean, f * stddev), rest),
        predictive.crps(errors, (mean, f * stddev), rest),
    )
    as_it_is, one = score(1.0), score(VarianceScaling.fit(known).factors)
    own = score(VarianceScaling.fit(known, ("series",)).factors)
    assert own[0] < min(as_it_is[0], one[0]) - 1.0 and own[1] < 0.8 * min(as_it_is[1], one[1])
    best = np.mean(0.5 * math.log(2 * math.pi * math.e) + np.log(sizes))
    assert own[0] - best < 0.05
