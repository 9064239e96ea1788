"""What a data set suggests: spacing of the inputs, kernel and inducing points."""

import numpy as np
import pytest

from gpvae_tf import data, defaults, kernels


def facts_of(inputs, num_sequences=1, **options):
    inputs = np.asarray(inputs, np.float64)
    points = inputs.shape[-2] if inputs.ndim > 1 else len(inputs)
    observations = np.random.default_rng(0).normal(size=(num_sequences, points, 2))
    return defaults.Facts.of(data.from_arrays(observations, inputs, **options))


def test_spacing_and_extent_are_those_of_a_sequence_in_scaled_units():
    """A minute apart, at times that no two sequences share."""
    inputs = 1.7e9 + 60.0 * np.arange(30.0) + np.array([[0.0], [7e5], [9e6]])
    facts = facts_of(inputs[..., None], 3)
    np.testing.assert_allclose([facts.spacing, facts.extent], [1.0, 29.0], rtol=1e-6)
    assert (facts.num_sequences, facts.num_points, facts.input_dim, facts.event_shape) == (3, 30, 1, (2,))
    assert len(facts.points) == 90 and facts.num_data is None


def test_spacing_in_two_dimensions_is_the_distance_of_nearest_neighbours():
    side = np.arange(5.0)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    facts = facts_of(grid)
    assert facts.spacing == pytest.approx(1.0) and facts.extent == pytest.approx(4.0)


def test_only_observed_values_and_inputs_count():
    observations = np.ones((1, 4, 2))
    observations[0, 3] = 1e30
    mask = np.ones((1, 4, 2), bool)
    mask[0, 3] = mask[0, 0, 0] = False
    facts = defaults.Facts.of(data.from_arrays(observations, [0.0, 1.0, 2.0, 900.0], mask))
    np.testing.assert_array_equal([facts.minimum, facts.maximum, facts.is_whole], np.ones((3, 2)))
    assert len(facts.points) == 3


def test_length_scales_run_from_three_spacings_to_a_quarter_of_the_extent():
    facts = facts_of(10.0 * np.arange(101.0))
    np.testing.assert_allclose(defaults.length_scales_for(facts, 3), [3.0, np.sqrt(3.0 * 25.0), 25.0], rtol=1e-6)
    learned = kernels.learned(defaults.kernel_for(facts, 3))
    np.testing.assert_allclose(list(learned.values()), [3.0, np.sqrt(75.0), 25.0], rtol=1e-5)
    short = facts_of(np.arange(4.0))  # a quarter of the extent is shorter than three spacings
    np.testing.assert_allclose(defaults.length_scales_for(short, 2), [3.0, 3.0])


@pytest.mark.parametrize("family", defaults.FAMILIES)
def test_a_family_is_that_kernel(family):
    """At a distance of one length scale, by the textbook's formulas."""
    facts = facts_of(np.arange(31.0))
    scale = defaults.length_scales_for(facts, 1)[0]
    kernel = defaults.kernel_for(facts, 1, defaults.KernelChoice(family))
    expected = {
        "matern12": np.exp(-1.0),
        "matern32": (1.0 + np.sqrt(3.0)) * np.exp(-np.sqrt(3.0)),
        "matern52": (1.0 + np.sqrt(5.0) + 5.0 / 3.0) * np.exp(-np.sqrt(5.0)),
        "rbf": np.exp(-0.5),
    }
    np.testing.assert_allclose(kernel.matrix([[0.0]], [[scale]])[0], [[expected[family]]], rtol=1e-6)


@pytest.mark.parametrize("covariates", [0, 1])
def test_a_period_gives_every_second_channel_a_wave(covariates):
    """In scaled units, along the first column alone; hours of a week here, a day long."""
    inputs = 3600.0 * np.arange(168.0)[:, None] * np.ones([1, 1 + covariates])
    if covariates:
        inputs[:, 1] = np.random.default_rng(1).normal(size=168)
    facts = facts_of(inputs)
    day = 24.0 * 3600.0 / np.ravel(facts.scaling.input_scale)[0]
    kernel = defaults.kernel_for(facts, 3, defaults.KernelChoice(period=24.0 * 3600.0))
    at = np.zeros([1, 1 + covariates])
    after = lambda days: np.array([[days * day] + [50.0] * covariates])
    rest = defaults.kernel_for(facts, 3)
    for days in (0.5, 1.0, 1.25):
        slow = (1.0 + np.sqrt(3.0) * days / 5.0) * np.exp(-np.sqrt(3.0) * days / 5.0)
        wave = slow * np.cos(2.0 * np.pi * days) * np.array([0.1, 0.9, 0.1])
        other = np.array([0.9, 0.1, 0.9]) * rest.matrix(at, after(days)).numpy()[:, 0, 0]
        np.testing.assert_allclose(kernel.matrix(at, after(days)).numpy()[:, 0, 0], wave + other, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(kernel.matrix(at, at).numpy().ravel(), 1.0, rtol=1e-6)
    learned = kernels.learned(kernel)
    assert sum(name.startswith("amplitude") for name in learned) == 6
    assert not any(name.startswith("period") for name in learned)


@pytest.mark.parametrize(("family", "period"), [("matern", None), ("rbf", 0.0), ("rbf", np.nan), ("rbf", np.inf)])
def test_choices_of_a_kernel_that_are_refused(family, period):
    with pytest.raises(ValueError, match="kernel must be a kernel or one of matern12|period must be positive"):
        defaults.KernelChoice(family, period)


@pytest.mark.parametrize("period", ["24h", np.timedelta64(24, "h")])
def test_a_period_is_a_number(period):
    with pytest.raises(ValueError, match="period must be a number in the unit of the first input column, seconds for"):
        defaults.KernelChoice(period=period)


def test_inducing_points_lie_half_a_shortest_length_scale_apart():
    facts = facts_of(np.arange(31.0))
    locations = np.sort(defaults.inducing_points_for(facts).locations.numpy()[:, 0])
    np.testing.assert_allclose(locations, np.linspace(-15.0, 15.0, 21))
    assert defaults.inducing_points_for(facts_of(np.arange(4000.0))).num_points == 100
    assert defaults.inducing_points_for(facts, 7).num_points == 7
    assert defaults.inducing_points_for(facts_of(np.zeros(5))).num_points == 1


def test_no_length_scale_is_shorter_than_inducing_points_are_apart():
    """4,000 times and 100 points: a channel of three spacings would learn nothing of what lies between them."""
    facts = facts_of(np.arange(4000.0))
    points = defaults.inducing_points_for(facts)
    scales = defaults.length_scales_for(facts, 3, points)
    np.testing.assert_allclose(scales[[0, 2]], [3999.0 / 99.0, 0.25 * 3999.0], rtol=1e-5)
    few = facts_of(np.arange(30.0))
    assert defaults.length_scales_for(few, 3, defaults.inducing_points_for(few))[0] == 3.0
    learned = kernels.learned(defaults.kernel_for(facts, 3, points=points))
    np.testing.assert_allclose(list(learned.values()), scales, rtol=1e-5)


def test_inducing_points_of_two_dimensions_cover_the_inputs():
    inputs = np.random.default_rng(1).uniform(size=(400, 2))
    facts = facts_of(inputs)
    locations = defaults.inducing_points_for(facts).locations.numpy()
    nearest = np.sqrt(np.min(np.sum((facts.points[:, None] - locations) ** 2, axis=-1), axis=1))
    assert len(locations) == 100 and nearest.max() < 0.25 * facts.extent


def test_what_is_no_data_is_refused():
    with pytest.raises(TypeError, match="data is a dict without observations; expected what data.from_arrays"):
        defaults.Facts.of({"observations": np.zeros((1, 2, 3))})


def test_points_that_rounding_keeps_apart_are_one():
    """The hours of a day on a circle, forty times."""
    season = 2 * np.pi * np.arange(960.0) / 24
    facts = facts_of(np.stack([np.cos(season), np.sin(season)], axis=-1))
    assert len(facts.points) == 24 and facts.spacing > 0.1
