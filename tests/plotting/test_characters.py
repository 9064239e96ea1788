"""The animation of generated characters, read back by Pillow, and the error by the number of context images."""

import numpy as np
import pytest
from PIL import Image

from gpvae_tf import plotting
from tests.plotting.test_curves_and_videos import drawn, line

T, H, W = 3, 2, 4


def sequences() -> list[np.ndarray]:
    """Two of few colours, which a GIF keeps as they are."""
    truth, generated = np.zeros((2, T, H, W, 3))
    truth[1, 0, 0] = [1.0, 0.0, 0.0]
    truth[2, 1, 3] = [0.0, 1.0, 0.0]
    generated[:, 1, 2] = [0.0, 0.0, 1.0]
    return [truth, generated]


def frames_of(path) -> np.ndarray:
    """[T, height, width, 3] uint8."""
    with Image.open(path) as image:
        found = []
        for number in range(image.n_frames):
            image.seek(number)
            found.append(np.asarray(image.convert("RGB")))
        return np.stack(found)


def test_sequences_stand_side_by_side(tmp_path):
    path = plotting.save_animation(sequences(), tmp_path / "poses.gif", milliseconds=50)
    frames = frames_of(path)
    assert path == tmp_path / "poses.gif" and frames.shape == (T, 3 * H, 3 * 2 * W, 3)
    expected = np.concatenate(sequences(), axis=2) * 255
    for row in range(3):  # every pixel is a square of 3 x 3
        np.testing.assert_array_equal(frames[:, row::3, 2::3], expected)
    with Image.open(path) as image:
        assert image.info["loop"] == 0 and image.info["duration"] == 50


def test_values_are_clipped(tmp_path):
    beyond = [3.0 * rows - 1.0 for rows in sequences()]  # 0 becomes -1, 1 becomes 2
    paths = [plotting.save_animation(rows, tmp_path / f"{i}.gif") for i, rows in enumerate((beyond, sequences()))]
    np.testing.assert_array_equal(*map(frames_of, paths))


def test_grey_images(tmp_path):
    rows = np.zeros((2, H, W, 1))
    rows[1] = 1.0
    frames = frames_of(plotting.save_animation([rows], tmp_path / "grey.gif"))
    np.testing.assert_array_equal(frames[:, 0, 0], [[0, 0, 0], [255, 255, 255]])


def test_error_by_context(tmp_path):
    errors = {"SVGP-VAE": ((1, 36), (0.02, 0.01)), "FGP-VAE": ((1, 2, 4), (0.05, 0.04, 0.03))}
    (axis,) = drawn(plotting.error_by_context(errors), tmp_path).axes
    for name, (sizes, values) in errors.items():
        np.testing.assert_allclose(line(axis, name).get_xydata(), np.stack([sizes, values], axis=1))
    assert axis.get_xlabel() == "context images of an object" and axis.get_ylabel() == "MSE per pixel"
    assert axis.get_ylim()[0] == 0.0
    assert [text.get_text() for text in axis.get_legend().texts] == list(errors)


@pytest.mark.parametrize(
    "rows, message",
    [
        ([], "rows is empty"),
        ([np.zeros((T, H, W, 2))], r"rows\[0\] has 2 channels; expected 1 or 3"),
        ([np.zeros((T, H, W, 3)), np.zeros((T + 1, H, W, 3))], r"rows\[1\] has shape .*; expected \[3, 2, 4, 3\]"),
        ([np.zeros((H, W, 3))], r"rows\[0\] has shape"),
    ],
)
def test_sequences_that_do_not_fit_are_refused(rows, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        plotting.save_animation(rows, tmp_path / "poses.gif")
    assert not list(tmp_path.iterdir())


def test_errors_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="errors is empty"):
        plotting.error_by_context({})
    with pytest.raises(ValueError, match=r"errors of 'GP' has shape \(1,\); expected \[2\]"):
        plotting.error_by_context({"GP": ((1, 2), (0.1,))})
