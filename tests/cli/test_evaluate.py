"""Scores of what a recalibration makes of hidden values, against SciPy."""

import numpy as np
import pytest
import scipy.stats

from gpvae_tf import data
from gpvae_tf.cli import hiding, scoring
from gpvae_tf.cli.evaluate import recalibrated
from gpvae_tf.cli.hidden_values import LINE, MODEL, Filled, HiddenValues
from gpvae_tf.recalibration import StudentTScaling, VarianceScaling
from gpvae_tf.recalibration.folds import Fold
from gpvae_tf.recalibration.hidden_values import HeldOut
from gpvae_tf.types import Imputation

SHAPE = (4, 30, 2)


def problem(rng):
    """Held-out values whose errors are thrice what was said, an imputation, what was hidden, and the truth there."""
    mean, stddev = rng.normal(size=SHAPE), rng.uniform(0.5, 2.0, SHAPE)
    held_out = HeldOut(mean + 3.0 * stddev * rng.standard_t(4.0, SHAPE), mean, stddev, np.ones(SHAPE, bool))
    made = Imputation(mean, mean, stddev, mean - stddev, mean + stddev)
    hidden = rng.uniform(size=SHAPE) < 0.3
    return held_out, made, hidden, mean[hidden] + rng.normal(size=hidden.sum())


def test_student_t_scores_are_those_of_its_own_distribution(rng):
    held_out, made, hidden, truth = problem(rng)
    repair = StudentTScaling.fit(held_out)
    found = recalibrated(repair, made, hidden, truth, 0.9)
    scale = np.broadcast_to(repair.scales(made), SHAPE)[hidden]
    expected = scipy.stats.t.logpdf(truth, repair.df, made.mean[hidden], scale)
    np.testing.assert_allclose(found.log_density, expected, rtol=1e-6)
    inside = scipy.stats.t.interval(0.9, repair.df, made.mean[hidden], scale)
    np.testing.assert_allclose([found.lower, found.upper], inside, rtol=1e-5, atol=1e-6)


def test_other_recalibrations_are_scored_as_normal(rng):
    held_out, made, hidden, truth = problem(rng)
    repair = VarianceScaling.fit(held_out)
    found = recalibrated(repair, made, hidden, truth, 0.9)
    stddev = np.asarray(repair.imputation(made, 0.9).stddev)[hidden]
    assert np.all(stddev > 2.0 * made.stddev[hidden])
    np.testing.assert_allclose(found.log_density, scipy.stats.norm.logpdf(truth, made.mean[hidden], stddev), rtol=1e-6)


def test_a_recalibration_has_no_scores_beside_probabilities(rng):
    """The second channel is of counts: of all values and of its own there are errors and intervals alone."""
    held_out, made, hidden, truth = problem(rng)
    found = recalibrated(VarianceScaling.fit(held_out), made, hidden, truth, 0.9, np.array([True, False]))
    channels = np.broadcast_to([0, 1], SHAPE)[hidden]
    for where, expected in ((channels >= 0, False), (channels == 0, True), (channels == 1, False)):
        names = set(scoring.scores(truth[where], found.at(where), 0.9))
        assert ("nlpd" in names, "crps" in names) == (expected, expected)
        assert {"rmse", "coverage of 90%"} <= names


def test_what_a_recalibration_covers_is_printed_of_every_channel(rng):
    """That is what it is for, and of all channels together a wide one hides a narrow one."""
    held_out, made, hidden, truth = problem(rng)
    found = recalibrated(VarianceScaling.fit(held_out), made, hidden, truth, 0.9)
    channels, line = np.broadcast_to([0, 1], SHAPE)[hidden], np.zeros_like(truth)
    ways, names = {"scores": found, "recalibrated": found}, ["temp", "hum"]
    values = HiddenValues(truth, ways, {LINE: line}, channels)
    by_channel = scoring.by_channel(values, 0.9, np.arange(2), names)
    told = scoring.as_text(scoring.compared(values, 0.9), {"by channel": by_channel}, {}).splitlines()
    for name in names:
        covered = by_channel[name]["recalibrated"]["coverage of 90%"]
        row = next(row for row in told if row.startswith(f"  {name} "))
        assert f"recalibrated coverage of 90% {covered:.4g} " in row
        assert "linear interpolation rmse" in row and "linear interpolation coverage" not in row


def test_columns_of_classes_are_scored_by_their_most_probable_class():
    """Three hidden ones, of which two are right, beside numbers of another channel; none hidden, no score."""
    channels = np.array([0, 2, 3, 2, 3, 0, 2, 3])
    truth = np.array([9.0, 1, 0, 0, 1, 9.0, 1, 0])
    mean = np.array([9.5, 0.6, 0.4, 0.3, 0.7, 9.5, 0.2, 0.8])
    line = np.array([9.0, 0.4, 0.6, 0.6, 0.4, 9.0, 0.1, 0.9])
    nats = np.array([5.0, np.log(0.6), 0, 0, np.log(0.7), 5.0, np.log(0.2), 0])
    made = Filled(mean, mean, mean, nats, nats, np.ones(8, bool))
    values = HiddenValues(truth, {"scores": made}, {LINE: line}, channels)
    found = scoring.by_column_of_classes(values, {"sky": [2, 3], "gate": [4, 5]})
    assert found.keys() == {"sky"} and found["sky"]["hidden"] == 3
    np.testing.assert_allclose(found["sky"]["accuracy"], 2 / 3)
    np.testing.assert_allclose(found["sky"]["nlpd"], -np.log([0.6, 0.7, 0.2]).mean())
    assert found["sky"]["linear interpolation accuracy"] == 0.0


def test_scores_by_time_ahead_are_those_of_its_quarters(rng):
    truth, mean = rng.normal(size=(2, 6))
    made = Filled(mean, mean - 1.0, mean + 1.0, -mean, mean**2, np.ones(6, bool))
    values = HiddenValues(truth, {MODEL: made}, {LINE: 0.0 * truth}, np.zeros(6, int), np.array([0, 0, 1, 3, 3, 1]))
    whole = HiddenValues.of([values.at(np.arange(6) < 2), values.at(np.arange(6) >= 2)])
    found = scoring.by_time_ahead(whole, 0.9)
    for name, where in (("first quarter", [0, 1]), ("second quarter", [2, 5]), ("last quarter", [3, 4])):
        assert found[name]["hidden"] == 2
        np.testing.assert_allclose(found[name][MODEL]["mse"], np.mean((truth - mean)[where] ** 2))
        np.testing.assert_allclose(found[name][MODEL]["crps"], np.mean(mean[where] ** 2))
        np.testing.assert_allclose(found[name][LINE]["mae"], np.mean(np.abs(truth[where])))
    assert "third quarter" not in found and scoring.by_time_ahead(values._replace(quarters=None), 0.9) == {}
    told = scoring.as_text(scoring.compared(whole, 0.9), {"by time ahead": found}, {})
    assert "by time ahead:\n  first quarter      rmse" in told


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_quarters_of_a_horizon(dtype):
    """Of times that were rounded, too; what is later than a horizon after a hole is in the last."""
    times = (20_000.1 + 0.7 * np.arange(9)).astype(dtype)
    sequences = data.from_arrays(np.ones((2, 9, 1)), times)
    given = np.ones((2, 9, 1), bool) & (np.arange(9) < np.array([[5], [3]]))[..., np.newaxis]
    found = hiding.quarters_ahead(sequences, Fold(given, ~given), 2.8)[..., 0]
    assert found[0, 5:].tolist() == [0, 1, 2, 3] and found[1, 3:].tolist() == [0, 1, 2, 3, 3, 3]
