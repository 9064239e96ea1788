"""Histograms of scalars, panels of images, use of categories."""

import numpy as np
import pytest

from gpvae_tf.plotting import priors
from tests.plotting.test_curves_and_videos import drawn

H, W = 4, 3


def test_histograms_are_densities_over_common_bins(rng, tmp_path):
    truth = rng.normal(size=2_000)
    shifted = np.concatenate([truth + 0.5, np.full(500, 100.0)])  # a fifth lies far outside
    figure = drawn(priors.histograms(truth, {"CP-VAE(2)": truth, "VAE": shifted}), tmp_path)
    assert [axis.get_title() for axis in figure.axes] == ["CP-VAE(2)", "VAE\n20 % outside"]
    for axis, inside in zip(figure.axes, (1.0, 0.8), strict=True):
        bars = axis.patches[:80]  # then the outline
        assert sum(bar.get_height() * bar.get_width() for bar in bars) == pytest.approx(inside, abs=1e-3)
        assert axis.get_xlabel() == "x"
    outline = [figure.axes[k].patches[80].get_xy() for k in (0, 1)]
    np.testing.assert_array_equal(*outline)
    heights = np.array([bar.get_height() for bar in figure.axes[0].patches[:80]])
    np.testing.assert_allclose(outline[0][:, 1].max(), heights.max())  # the first panel shows the truth itself
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["generated", "truth"]


def test_panels_hold_images_line_by_line(rng, tmp_path):
    images = rng.uniform(size=(5, H, W, 1))
    figure = drawn(priors.panels({"a": images, "b": images[:2], "c": images}, columns=2, per_row=3), tmp_path)
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == ["a", "b", "c", ""] and not figure.axes[3].axison
    picture = np.asarray(figure.axes[2].images[0].get_array())
    assert picture.shape == (2 * (H + 2), 3 * (W + 2))
    np.testing.assert_array_equal(picture[H + 3 : 2 * H + 3, 1 + W + 2 : 1 + 2 * W + 2], images[4, ..., 0])
    assert np.all(picture[H + 2 :, 2 * (W + 2) :] == 0.0)  # the line is not full
    assert np.asarray(figure.axes[1].images[0].get_array()).shape == (H + 2, 2 * (W + 2))


@pytest.mark.parametrize(("number", "columns", "empty"), [(2, 2, 0), (5, 3, 1), (6, 3, 0), (7, 4, 1), (8, 4, 0)])
def test_panels_of_many_models_leave_few_places_empty(rng, number, columns, empty):
    images = {f"model {i}": rng.uniform(size=(6, H, W, 1)) for i in range(number)}
    figure = priors.panels(images, columns=None, per_row=3)
    assert [axis.get_title() for axis in figure.axes] == [*images, *empty * [""]]
    assert [len(axis.images) for axis in figure.axes] == number * [1] + empty * [0]
    assert figure.axes[0].get_gridspec().ncols == columns
    picture = np.asarray(figure.axes[1].images[0].get_array())
    np.testing.assert_array_equal(picture[1 : 1 + H, 1 : 1 + W], images["model 1"][0, ..., 0])


def test_category_use_is_sorted_if_there_are_many(tmp_path):
    few = drawn(priors.category_use([0.2, 0.5, 0.3], [0.1, 0.6, 0.3]), tmp_path).axes[0]
    assert [bar.get_height() for bar in few.patches] == [0.2, 0.5, 0.3] and list(few.get_xticks()) == [0, 1, 2]
    np.testing.assert_array_equal(few.lines[0].get_ydata(), [0.1, 0.6, 0.3])
    np.testing.assert_allclose(few.lines[1].get_ydata(), 1 / 3)
    masses = np.arange(30.0) / np.arange(30.0).sum()
    many = drawn(priors.category_use(masses, masses[::-1]), tmp_path).axes[0]
    np.testing.assert_array_equal([bar.get_height() for bar in many.patches], masses[::-1])
    np.testing.assert_array_equal(many.lines[0].get_ydata(), masses)
    assert many.get_xlabel() == "category, largest first"


IMAGES = np.zeros((2, H, W, 1))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: priors.histograms(np.ones(3), {}), "generated is empty"),
        (lambda: priors.histograms(np.ones((3, 1)), {"a": np.ones(2)}), r"truth has shape \(3, 1\); expected \[n\]"),
        (lambda: priors.histograms(np.ones(3), {"a": np.ones((2, 1))}), r"generated\['a'\] has shape \(2, 1\)"),
        (lambda: priors.panels({}), "images is empty"),
        (lambda: priors.panels({"a": IMAGES[0]}), r"a has shape \(4, 3, 1\)"),
        (lambda: priors.panels({"a": IMAGES}, columns=0), "columns must be >= 1, got 0"),
        (lambda: priors.panels({"a": IMAGES}, per_row=0), "per_row must be >= 1, got 0"),
        (lambda: priors.panels({"VAE": IMAGES[..., 0]}, columns=None), "VAE has shape"),
        (lambda: priors.category_use([0.5, 0.5], [1.0]), r"assigned has shape \(1,\); expected \[2\]"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
