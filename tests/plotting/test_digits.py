import warnings

import numpy as np
import pytest
from matplotlib.colors import to_hex

from gpvae_tf import plotting
from gpvae_tf.plotting.style import BLUE
from tests.plotting.test_curves_and_videos import drawn

K, A, H, W = 4, 5, 6, 8  # images, angles, height, width
CELL = (H + 2, W + 2)  # with the gap


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def cell(axis, row: int, column: int) -> np.ndarray:
    """The image at a place of the grid, out of the one picture that was drawn."""
    picture = np.asarray(axis.images[0].get_array())
    return picture[row * CELL[0] + 1 : row * CELL[0] + 1 + H, column * CELL[1] + 1 : column * CELL[1] + 1 + W]


def row_labels(axis) -> list[str]:
    return [text.get_text() for text in axis.get_yticklabels()]


def column_labels(axis) -> list[str]:
    return [text.get_text() for text in axis.get_xticklabels()]


def test_conditional_generations_has_a_labelled_row_per_model(rng, tmp_path):
    targets, first, second = rng.uniform(size=(3, K, H, W, 1))
    figure = drawn(plotting.conditional_generations(targets, {"CVAE": first, "SVGP-VAE": second}), tmp_path)
    (axis,) = figure.axes
    assert row_labels(axis) == ["truth", "CVAE", "SVGP-VAE"]
    for row, images in enumerate((targets, first, second)):
        for column in range(K):
            np.testing.assert_array_equal(cell(axis, row, column), images[column, ..., 0])
    np.testing.assert_allclose(axis.get_yticks(), [(H - 1) / 2 + 1 + row * CELL[0] for row in range(3)])
    assert axis.images[0].get_clim() == (0, 1)
    low, high = (np.asarray(axis.images[0].cmap(value)[:3]) for value in (0.0, 1.0))
    assert np.all(low == 1) and np.all(high == 0)  # ink is dark


def test_labels_of_any_length_stay_inside_the_figure(rng, tmp_path):
    images = rng.uniform(size=(1, H, W, 1))
    name = "a model with a rather long name"
    figure = drawn(plotting.conditional_generations(images, {name: images}), tmp_path)
    for text in figure.axes[0].get_yticklabels():
        assert text.get_window_extent().x0 >= 0


def test_conditional_generations_in_colour(rng):
    images = rng.uniform(-0.2, 1.2, (K, H, W, 3))
    (axis,) = plotting.conditional_generations(images, {"VAE": images}).axes
    np.testing.assert_allclose(cell(axis, 1, 2), np.clip(images[2], 0, 1))


def test_extrapolation_grid_has_a_block_per_object(rng, tmp_path):
    truth, prior, three = rng.uniform(size=(3, 2, A, H, W, 1))
    given = np.zeros((2, A), bool)
    given[1, [0, 3]] = True
    figure = drawn(
        plotting.extrapolation_grid([0, 3], {3: three, 0: prior, 7: three}, truth, context={3: given}), tmp_path
    )
    assert len(figure.axes) == 2
    for index, axis in enumerate(figure.axes):
        assert row_labels(axis) == ["truth", "0 (prior)", "3"] and axis.get_ylabel() == "context images"
        for row, images in enumerate((truth, prior, three)):
            np.testing.assert_array_equal(cell(axis, row, 4), images[index, 4, ..., 0])
    assert column_labels(figure.axes[0]) == ["0°", "72°", "144°", "216°", "288°"]
    assert len(figure.axes[0].lines) == 0
    for frame, column in zip(figure.axes[1].lines, (0, 3), strict=True):
        assert to_hex(frame.get_color()) == BLUE.lower()
        x, y = frame.get_data()
        assert (np.min(x), np.max(x)) == (column * CELL[1] + 0.5, column * CELL[1] + 0.5 + W)
        assert (np.min(y), np.max(y)) == (2 * CELL[0] + 0.5, 2 * CELL[0] + 0.5 + H)  # in the row of size 3


def test_extrapolation_grid_takes_angles_and_missing_truth(rng, tmp_path):
    truth = rng.uniform(size=(1, A, H, W, 1))
    truth[0, 1] = np.nan
    figure = drawn(plotting.extrapolation_grid([1], {1: truth}, truth, angles=[0, 22.5, 45, 90, 157.5]), tmp_path)
    assert column_labels(figure.axes[0]) == ["0°", "22.5°", "45°", "90°", "157.5°"]
    assert np.all(np.ma.getmaskarray(np.ma.masked_invalid(cell(figure.axes[0], 0, 1))))


def test_rotation_strip_puts_given_images_above_their_angles(rng, tmp_path):
    angles = np.array([0.0, 15.0, 30.0, 45.0, 350.0])
    generated, given = rng.uniform(size=(A, H, W, 1)), rng.uniform(size=(3, H, W, 1))
    strip = plotting.rotation_strip(angles, generated, [405.0, 0.0, 20.0], given, per_line=3)
    above, below = drawn(strip, tmp_path).axes
    assert row_labels(above) == ["given", "generated"] and column_labels(below) == ["45°", "350°"]
    np.testing.assert_array_equal(cell(above, 0, 0), given[1, ..., 0])
    np.testing.assert_array_equal(cell(below, 0, 0), given[0, ..., 0])  # 405 degrees is 45
    for axis, column in ((above, 1), (above, 2), (below, 1)):  # 20 degrees is at no column
        assert np.all(np.isnan(np.ma.filled(cell(axis, 0, column), np.nan)))
    np.testing.assert_array_equal(cell(below, 1, 1), generated[4, ..., 0])
    assert above.images[0].get_array().shape == below.images[0].get_array().shape  # the short line stays in step


def test_rotation_strip_without_given_images(rng, tmp_path):
    generated = rng.uniform(size=(A, H, W, 1))
    (axis,) = drawn(plotting.rotation_strip(np.arange(A), generated), tmp_path).axes
    assert row_labels(axis) == ["generated"]
    np.testing.assert_array_equal(cell(axis, 0, 3), generated[3, ..., 0])


IMAGES, OBJECTS = np.zeros((K, H, W, 1)), np.zeros((2, A, H, W, 1))


@pytest.mark.parametrize(
    "draw, message",
    [
        (lambda: plotting.conditional_generations(IMAGES, {}), "predictions is empty"),
        (lambda: plotting.conditional_generations(IMAGES[0], {"m": IMAGES}), r"targets has shape \(6, 8, 1\)"),
        (lambda: plotting.conditional_generations(IMAGES, {"m": IMAGES[1:]}), r"predictions\['m'\] has shape \(3, 6"),
        (lambda: plotting.conditional_generations(np.zeros((K, H, W, 2)), {"m": IMAGES}), "targets has 2 channels"),
        (lambda: plotting.extrapolation_grid([0, 1], {0: OBJECTS}, OBJECTS), r"context_sizes \[0, 1\] .* has \[0\]"),
        (lambda: plotting.extrapolation_grid([], {}, OBJECTS), r"context_sizes \[\] needs"),
        (lambda: plotting.extrapolation_grid([1], {1: OBJECTS[:1]}, OBJECTS), r"predictions\[1\] has shape \(1, 5"),
        (
            lambda: plotting.extrapolation_grid([1], {1: OBJECTS}, OBJECTS, angles=[0, 1]),
            r"angles has shape \(2,\); expected \[5\]",
        ),
        (
            lambda: plotting.extrapolation_grid([1], {1: OBJECTS}, OBJECTS, context={1: np.ones(A)}),
            r"context\[1\] has shape \(5,\); expected \[2, 5\]",
        ),
        (lambda: plotting.rotation_strip([0.0], IMAGES), r"angles has shape \(1,\); expected \[4\]"),
        (lambda: plotting.rotation_strip(range(K), IMAGES, [0.0], IMAGES), r"given_angles has shape \(1,\)"),
        (lambda: plotting.rotation_strip(range(K), IMAGES, per_line=0), "per_line must be >= 1, got 0"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
