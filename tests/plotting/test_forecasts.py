"""Pictures of predictive distributions: series with bands, image sequences with gaps, calibration."""

import warnings

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from gpvae_tf import plotting
from gpvae_tf.plotting import style
from tests.plotting.test_curves_and_videos import drawn, line

N, C = 10, 2
TIMES, MEAN = np.arange(N) / 2.0, np.stack([np.sin(np.arange(N)), np.arange(N) * 0.1], axis=-1)
BANDS = {0.5: (MEAN - 0.2, MEAN + 0.2), 0.9: (MEAN - 0.5, MEAN + 0.6)}


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_series_has_a_panel_per_channel_with_bands_points_and_gaps(tmp_path):
    mask = np.ones((N, C), bool)
    mask[:2, 0] = mask[4:6, 1] = mask[9, 1] = False
    observations = np.where(mask, MEAN + 0.1, np.nan)
    observations[7, 0] = np.nan  # missing too, though the mask does not say so
    options = dict(observations=observations, mask=mask, truth=MEAN + 0.1, names=["x", "y"], time_label="time (s)")
    figure = drawn(plotting.series(TIMES, MEAN, BANDS, **options), tmp_path)
    first, second = figure.axes
    assert (first.get_ylabel(), second.get_ylabel(), second.get_xlabel()) == ("x", "y", "time (s)")
    for channel, axis in enumerate(figure.axes):
        np.testing.assert_array_equal(line(axis, "mean").get_ydata(), MEAN[:, channel])
        observed, truth = line(axis, "observed").get_ydata(), line(axis, "truth").get_ydata()
        np.testing.assert_array_equal(observed, observations[:, channel])
        np.testing.assert_array_equal(np.isnan(truth), np.isfinite(observed))
        wide, narrow = axis.collections[:2]
        assert (wide.get_label(), narrow.get_label()) == ("90 % interval", "50 % interval")
        for band, level in ((wide, 0.9), (narrow, 0.5)):
            ends = band.get_paths()[0].get_extents()
            np.testing.assert_allclose(ends.y0, BANDS[level][0][:, channel].min())
            np.testing.assert_allclose(ends.y1, BANDS[level][1][:, channel].max())
        assert wide.get_facecolor()[0, 3] < narrow.get_facecolor()[0, 3]
    spans = [sorted({*patch.get_corners()[:, 0]}) for patch in first.patches]
    np.testing.assert_allclose(spans, [[0.0, 1.0], [3.0, 4.0]])  # from the first time, and between observations
    np.testing.assert_allclose([sorted({*p.get_corners()[:, 0]}) for p in second.patches], [[1.5, 3.0], [4.0, 4.5]])
    (legend,) = figure.legends
    texts = [text.get_text() for text in legend.texts]
    assert texts == ["90 % interval", "50 % interval", "mean", "truth", "gap", "observed"]


def test_a_wide_band_does_not_flatten_the_series(tmp_path):
    upper = MEAN + 0.1
    upper[3] += 1000.0
    figure = drawn(plotting.series(TIMES, MEAN, {0.9: (MEAN - 0.1, upper)}), tmp_path)
    assert [axis.get_ylabel() for axis in figure.axes] == ["channel 1", "channel 2"]
    assert all(axis.get_ylim()[1] < 2.5 for axis in figure.axes)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sequence_shows_what_was_missing_and_how_sure_its_filling_is(rng, tmp_path, channels):
    """Numbers of the frames above, a grey cell where nothing was observed, and a frame around what was filled in."""
    truth, imputed = rng.uniform(10, 20, (2, 4, 5, 6, channels))
    mask = np.ones(truth.shape, bool)
    mask[1], mask[2, :, 3:] = False, False
    stddev = np.arange(4.0)[:, None, None, None] * np.ones(truth.shape)
    options = dict(truth=truth, value_range=(10, 20), times=np.array([0, 1.5, 2, 4]))
    figure = drawn(plotting.imputed_images(truth, mask, imputed, stddev, **options), tmp_path)
    above, below, bar = figure.axes
    assert [label.get_text() for label in above.get_yticklabels()] == ["truth", "observed", "imputed"]
    assert [label.get_text() for label in above.get_xticklabels()] == ["0", "1.5", "2", "4"]
    shown = np.ma.filled(np.ma.masked_invalid(above.images[0].get_array()), -1.0).reshape(21, 32, -1)
    cell = lambda row, frame: shown[7 * row + 1 : 7 * row + 6, 8 * frame + 1 : 8 * frame + 7]
    np.testing.assert_allclose(cell(0, 1), truth[1] / 10 - 1)
    np.testing.assert_allclose(cell(1, 3), truth[3] / 10 - 1)
    np.testing.assert_allclose(cell(2, 2), imputed[2] / 10 - 1)
    np.testing.assert_allclose(cell(1, 1), -1.0 if channels == 1 else 0.9)
    np.testing.assert_allclose(cell(1, 2)[:, 3:], -1.0 if channels == 1 else 0.9)
    np.testing.assert_allclose(cell(1, 2)[:, :3], truth[2, :, :3] / 10 - 1)
    frames = [each.get_xydata().min(axis=0) for each in above.lines]
    np.testing.assert_allclose(frames, [[8.5, 14.5], [16.5, 14.5]])
    assert all(to_rgba(each.get_color()) == to_rgba(style.BLUE) for each in above.lines)
    deviations = below.images[0].get_array()
    np.testing.assert_allclose([deviations[3, 8 * frame + 3] for frame in range(4)], [0, 1 / 3, 2 / 3, 1])
    assert [label.get_text() for label in bar.get_yticklabels()] == ["0", "1.5", "3"]


def test_calibration_curves_lie_by_the_diagonal(tmp_path):
    levels = np.array([0.9, 0.5, 0.1])  # in any order
    curves = {"good": (levels, levels), "narrow": (levels, levels - 0.1)}
    (axis,) = drawn(plotting.calibration_curves(curves), tmp_path).axes
    narrow = line(axis, "narrow (mean error 10.0 %)").get_xydata()
    np.testing.assert_allclose(narrow, [[0.1, 0.0], [0.5, 0.4], [0.9, 0.8]])
    assert line(axis, "good (mean error 0.0 %)") is not None


def test_long_names_stay_within_the_picture(tmp_path):
    name = "exact GP-VAE, 30 % hidden in training; residual GP, Student-t scaled"
    figure = drawn(plotting.calibration_curves({name: ([0.1, 0.9], [0.2, 0.9])}), tmp_path)
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.x1


IMAGES, SEEN = np.zeros((4, 5, 6, 1)), np.ones(4, bool)


@pytest.mark.parametrize(
    "draw, message",
    [
        (lambda: plotting.series(TIMES[::-1], MEAN, BANDS), "times must rise"),
        (lambda: plotting.series(TIMES[1:], MEAN, BANDS), r"times has shape \(9,\); expected \[10\]"),
        (lambda: plotting.series(TIMES, MEAN, {95: BANDS[0.9]}), r"a level of bands must lie in \(0, 1\), got 95"),
        (lambda: plotting.series(TIMES, MEAN, {0.9: (MEAN[1:], MEAN)}), r"bands\[0.9\] has shape \(9, 2\)"),
        (lambda: plotting.series(TIMES, MEAN, BANDS, mask=np.ones(N, bool)), "mask is given without observations"),
        (
            lambda: plotting.series(TIMES, MEAN, BANDS, observations=MEAN, mask=np.ones(N)),
            r"mask is float64 of shape \(10,\); expected booleans of \(10, 2\) or its first axes",
        ),
        (lambda: plotting.series(TIMES, MEAN, BANDS, names=["x"]), "names has 1 entries; expected 2"),
        (lambda: plotting.imputed_images(IMAGES, SEEN[1:], IMAGES, IMAGES), r"mask is bool of shape \(3,\)"),
        (lambda: plotting.imputed_images(IMAGES, SEEN, IMAGES, IMAGES, num=0), "num must be >= 1, got 0"),
        (
            lambda: plotting.imputed_images(IMAGES, SEEN, IMAGES, IMAGES, value_range=(1, 1)),
            r"value_range must rise, got \(1, 1\)",
        ),
        (lambda: plotting.calibration_curves({}), "curves is empty"),
        (lambda: plotting.calibration_curves({"a": ([0.5], [50.0])}), r"curves\['a'\] has values outside \[0, 1\]"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
