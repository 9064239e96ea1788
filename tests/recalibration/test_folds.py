"""What is hidden at a time: by hand, as parts of a whole, and for what it is worth to forecasts of random walks."""

import numpy as np
import pytest

from gpvae_tf import recalibration
from gpvae_tf.evaluation.interpolation import linear_interpolation
from gpvae_tf.recalibration import ResidualGP, VarianceScaling, held_out
from gpvae_tf.recalibration.folds import by_chance, dealt, ends
from gpvae_tf.types import Imputation


def entries(rows):
    """Booleans [B, n, 2] of rows of 0 and 1."""
    return np.repeat(np.array(rows, bool)[..., np.newaxis], 2, axis=-1)


def test_ends_by_hand():
    """Times in any order, a series that ends earlier, one without anything and one that would keep nothing."""
    times = np.array([[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]]) / 10.0
    known = entries([[1, 1, 0, 1, 1, 1], [0, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1]])
    known[0, 4, 0] = False
    first, second, third = ends(known, times, 0.2, folds=3)
    expected = [[0, 0, 0, 0, 1, 1], [0, 1, 1, 0, 0, 0], [0] * 6, [0] * 6]
    assert np.array_equal(first.hidden, entries(expected) & known)
    assert np.array_equal(first.given, entries([[1, 1, 0, 1, 0, 0], [0, 0, 0, 1, 1, 1], [0] * 6, [0] * 6]))
    assert np.array_equal(second.hidden, entries([[0, 0, 0, 1, 0, 0], [0, 0, 0, 1, 1, 0], [0] * 6, [0] * 6]))
    assert np.array_equal(second.given, entries([[1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1], [0] * 6, [0] * 6]))
    assert not third.hidden.any()  # a first value has nothing before it


def test_a_horizon_of_seven_days_has_seven_days():
    """Whatever sums and quotients of times were rounded to."""
    for unit in (1.0, 0.1, 86_400.0, 1.0 / 3.0):
        for start in (0.0, 1.7e9, -12.34):
            times = start + unit * np.arange(60)[np.newaxis]
            parts = list(ends(np.ones((1, 60, 1), bool), times, 7 * unit, folds=3))
            assert [int(part.hidden.sum()) for part in parts] == [7, 7, 7], (unit, start)
            assert [int(part.given.sum()) for part in parts] == [53, 46, 39]


@pytest.mark.parametrize("start", [0.0, 12.34, 20_000.0])
@pytest.mark.parametrize("unit", [0.1, 1.0 / 24.0, 1.0 / 3.0])
def test_seven_times_of_float32_are_seven(unit, start):
    """Which are rounded by more than a share of a horizon."""
    times = (start + unit * np.arange(60.0)).astype(np.float32)[np.newaxis]
    parts = list(ends(np.ones((1, 60, 1), bool), times, 7 * unit, folds=5))
    assert [int(part.hidden.sum()) for part in parts] == [7] * 5


def test_dealt_parts_are_a_whole(rng):
    known = rng.uniform(size=(4, 20, 3)) < 0.7
    parts = list(dealt(known, 3, rng))
    assert np.array_equal(sum(part.hidden.astype(int) for part in parts), known)
    for part in parts:
        assert np.array_equal(part.given | part.hidden, known) and not np.any(part.given & part.hidden)


@pytest.mark.parametrize("run", [1, 2, 7])
def test_by_chance_hides_runs_of_whole_points(rng, run):
    known = np.ones((200, 50, 2), bool)
    part = by_chance(known, 0.3, rng, whole=True, run=run)
    points = part.hidden[..., 0]
    assert np.array_equal(points, part.hidden[..., 1]) and np.array_equal(part.given, ~part.hidden)
    assert abs(points.mean() - 0.3) < 0.03
    changes = [np.flatnonzero(np.diff(row)) for row in points]
    assert all(np.all(np.diff(row) % run == 0) for row in changes)
    assert len({row[0] % run for row in changes if row.size}) == run  # every sequence begins anywhere


def test_points_in_a_row_are_so_in_time(rng):
    """However they lie in the arrays: the points of every run are neighbours."""
    order = rng.permuted(np.tile(np.arange(50), (30, 1)), axis=1)
    known = np.ones((30, 50, 2), bool)
    for part in (
        by_chance(known, 0.3, rng, run=7, times=order / 10.0),
        next(dealt(known, 4, rng, whole=True, run=7, times=order / 10.0)),
    ):
        points = np.empty((30, 50), bool)
        np.put_along_axis(points, order, part.hidden[..., 0], axis=1)
        assert points.any() and np.array_equal(part.hidden[..., 0], part.hidden[..., 1])
        assert all(np.all(np.diff(np.flatnonzero(np.diff(row))) % 7 == 0) for row in points)


def test_held_out_runs_and_the_same_in_another_order_are_one(rng):
    order = np.stack([rng.permutation(40) for _ in range(400)])
    batch = walks(rng)
    mixed = {name: np.take_along_axis(part, order[..., np.newaxis], axis=1) for name, part in batch.items()}
    own, other = (held_out(Interpolation(), each, run=8) for each in (batch, mixed))
    np.testing.assert_allclose(other.mean, np.take_along_axis(own.mean, order[..., np.newaxis], axis=1))


class Interpolation:
    """Fills in linearly, after the end the last value, and says that its errors are of size 1."""

    def impute(self, batch, interval, num_samples, seed):
        mean = linear_interpolation(batch["observations"], batch["inputs"], batch["mask"])
        return Imputation(mean, mean, np.ones_like(mean), mean - 1.0, mean + 1.0)


def walks(rng):
    """400 random walks with steps of variance 1, at the times 0, ..., 39."""
    values = np.cumsum(rng.normal(size=(400, 40, 1)), axis=1)
    return {"observations": values, "inputs": np.broadcast_to(np.arange(40.0)[:, np.newaxis], values.shape)}


@pytest.mark.parametrize(
    ("how", "variance"),
    [
        ({"horizon": 8.0, "folds": 4}, (8 + 1) / 2),  # of the j-th step after the last value it is j
        ({"horizon": 1.0, "folds": 4}, 1.0),
        ({"whole": True, "folds": 20}, 0.55),  # between neighbours 1/2, and a little more at ends and beside others
    ],
)
def test_intervals_become_those_of_forecasts(rng, how, variance):
    repair = VarianceScaling.fit(held_out(Interpolation(), walks(rng), **how), per=())
    made = Interpolation().impute({**walks(rng), "mask": None}, 0.9, 1, 0)
    np.testing.assert_allclose(np.square(repair.imputation(made, 0.9).stddev), variance, rtol=0.08)


def test_forecasts_begin_anew(rng, tmp_path):
    """What earlier ones missed of a random walk, the next one's last value has in it."""
    batch, model = walks(rng), Interpolation()
    known = batch | {"mask": np.arange(40) < np.full((400, 1), 32)}
    forecasts = held_out(model, known, horizon=8.0, folds=4)
    assert np.array_equal(forecasts.forecasts[0], [0] * 8 + [3] * 8 + [2] * 8 + [1] * 8 + [0] * 8)
    ResidualGP.fit(forecasts).save(tmp_path / "repair.json")
    errors, made = [], model.impute(known, 0.9, 1, 0)
    for repair in (
        ResidualGP.fit(forecasts),
        recalibration.load(tmp_path / "repair.json"),
        ResidualGP.fit(forecasts._replace(forecasts=None)),
    ):
        found = np.asarray(repair.imputation(made, 0.9).mean)[:, 32:]
        errors.append(np.mean(np.square(found - batch["observations"][:, 32:])))
    alone = np.mean(np.square(made.mean[:, 32:] - batch["observations"][:, 32:]))
    assert errors[0] == errors[1] < min(0.93 * errors[2], 1.25 * alone)
    few = ResidualGP.fit(held_out(model, known, horizon=12.0, folds=4)).imputation(made, 0.9)
    np.testing.assert_array_equal(few.mean, made.mean)  # two forecasts do not tell what they have in common


def test_what_is_left_of_forecasts_is_foretold_from_earlier_ones(rng):
    """By a fit to these alone; the first one has the model's own prediction."""
    batch = walks(rng)
    found = held_out(Interpolation(), {name: part[:6] for name, part in batch.items()}, horizon=6.0, folds=6)
    left = ResidualGP.fit(found).left_out()
    assert found.forecasts.max() == 6
    for number in (1, 2, 6):
        now, earlier = found.forecasts == number, found.where & (found.forecasts > number)[..., np.newaxis]
        if number == 6:
            np.testing.assert_array_equal(left.mean[now], found.mean[now])
            continue
        alone = ResidualGP.fit(found._replace(where=earlier))
        expected = alone.imputation(Imputation(found.mean, found.mean, found.stddev, found.mean, found.mean), 0.9)
        np.testing.assert_allclose(left.mean[now], np.asarray(expected.mean)[now])
        np.testing.assert_allclose(left.stddev[now], np.asarray(expected.stddev)[now])


def test_a_lasting_level_is_found_in_forecasts(rng):
    """Noise of variance 1 about levels of variance 9, forecast by 0."""
    values = 3.0 * rng.normal(size=(100, 1, 1)) + rng.normal(size=(100, 40, 1))
    batch = walks(rng) | {"observations": values, "inputs": np.arange(40.0)[:, np.newaxis] + np.zeros((100, 1, 1))}
    known, nothing = batch | {"mask": np.arange(40) < np.full((100, 1), 32)}, np.zeros_like(values)

    class Zero:
        def impute(self, batch, interval, num_samples, seed):
            return Imputation(nothing, nothing, nothing + 1.0, nothing - 1.0, nothing + 1.0)

    repair = ResidualGP.fit(held_out(Zero(), known, horizon=8.0, folds=3))
    found = repair.imputation(Zero().impute(known, 0.9, 1, 0), 0.9)
    assert np.mean(np.square(found.mean - values)[:, 32:]) < 1.15
    inside = ((found.lower <= values) & (values <= found.upper))[:, 32:]
    assert 0.86 < np.mean(inside) < 0.94


def test_wrong_horizons_are_refused(rng):
    batch = walks(rng)
    for wrong in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match=f"horizon must be positive and finite, .* got horizon={wrong}"):
            held_out(Interpolation(), batch, horizon=wrong)
    for wrong in ("7d", np.timedelta64(7, "D"), [7.0]):
        with pytest.raises(ValueError, match="horizon must be a number in the unit of .*, seconds for dates, got "):
            held_out(Interpolation(), batch, horizon=wrong)
    with pytest.raises(
        ValueError, match="hides whole points in a row by itself, got horizon=2.0, whole=False and run=3"
    ):
        held_out(Interpolation(), batch, horizon=2.0, run=3)
    with pytest.raises(ValueError, match="a horizon needs batches with inputs, whose first column are times"):
        held_out(Interpolation(), {"observations": batch["observations"]}, horizon=2.0)
