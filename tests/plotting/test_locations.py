"""Embeddings in a plane and images in it: what is drawn where, and what is refused."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from gpvae_tf.plotting import locations as planes


def test_a_panel_per_embedding(rng):
    points = rng.normal(size=(6, 2))
    one = (points, np.array([0, 0, 1, 3, 3, 3]))
    figure = planes.embeddings({"VAE: Z": one, "NPVAE: X": (points[:2], one[1][:2]), "NPVAE: X, Z of 500": one})
    assert [axis.get_title() for axis in figure.axes] == ["VAE: Z", "NPVAE: X", "NPVAE: X, Z of 500"]
    (dots,) = figure.axes[2].collections
    np.testing.assert_allclose(dots.get_offsets(), points)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["0", "1", "3"]
    colours = {text.get_text(): to_rgb(key.get_color()) for text, key in zip(legend.get_texts(), legend.legend_handles)}
    np.testing.assert_allclose(dots.get_facecolors()[:, :3], [colours[name] for name in "001333"])


def test_classes_are_named_where_a_panel_would_be_missing(rng):
    one = (rng.normal(size=(4, 2)), np.array([0, 2, 2, 5]))
    figure = planes.embeddings({f"panel {i}": one for i in range(5)})
    assert [axis.axison for axis in figure.axes] == [*5 * [True], False] and not figure.legends
    assert [text.get_text() for text in figure.axes[5].get_legend().get_texts()] == ["0", "2", "5"]


def test_images_at_their_points_leave_out_those_that_would_cover_others():
    points = np.array([[0.0, 0.0], [0.0001, 0.0], [4.0, 2.0]])
    images = np.stack([np.full((5, 5, 1), shade) for shade in (0.25, 0.5, 0.75)])
    figure = planes.embedding_with_images({"train": (points, np.zeros(3))}, points, images)
    (picture,) = figure.axes[-1].images
    canvas = np.asarray(picture.get_array())
    assert np.all(canvas[-5:, :5] == 0.25) and np.all(canvas[:5, -5:] == 0.75) and not np.any(canvas == 0.5)
    left, right, bottom, top = picture.get_extent()
    assert left < 0.0 < 4.0 < right and bottom < 0.0 < 2.0 < top


def test_a_grid_of_images_lies_where_its_points_are():
    columns, rows = np.array([1.0, 2.0, 3.0]), np.array([9.0, 5.0])
    points = np.stack(np.meshgrid(columns, rows), axis=-1)
    images = np.arange(6).reshape(2, 3, 1, 1, 1) / 10 * np.ones((1, 1, 4, 2, 1))
    figure = planes.decoded_grid(points, images)
    (picture,) = figure.axes[0].images
    np.testing.assert_allclose(picture.get_extent(), [0.5, 3.5, 3.0, 11.0])
    canvas = np.asarray(picture.get_array())
    assert canvas.shape == (8, 6)
    np.testing.assert_allclose(canvas[0, ::2], [0.0, 0.1, 0.2])
    np.testing.assert_allclose(canvas[4, ::2], [0.3, 0.4, 0.5])
    assert figure.axes[0].get_xlabel() == "X 1"


def test_rows_of_images(rng):
    blocks = [{"in Z": rng.uniform(size=(3, 4, 4, 1)), "in X": rng.uniform(size=(3, 4, 4, 1))} for _ in range(2)]
    figure = planes.image_rows(blocks)
    assert len(figure.axes) == 2
    assert [label.get_text() for label in figure.axes[1].get_yticklabels()] == ["in Z", "in X"]
    with pytest.raises(ValueError, match=r"blocks have rows \['in Z', 'in X'\] and \['in Z'\]; expected the same"):
        planes.image_rows([blocks[0], {"in Z": blocks[1]["in Z"]}])
    with pytest.raises(ValueError, match="in X has shape"):
        planes.image_rows([{**blocks[0], "in X": blocks[0]["in X"][:2]}])


def test_refusals(rng):
    points, classes = rng.normal(size=(4, 2)), np.arange(4)
    with pytest.raises(ValueError, match="panels is empty"):
        planes.embeddings({})
    with pytest.raises(ValueError, match=r"points of 'X' has shape \(0, 2\)"):
        planes.embeddings({"X": (points[:0], classes[:0])})
    with pytest.raises(ValueError, match=r"points of 'X, a' has shape \(4, 3\); expected \[n, 2\]"):
        planes.embeddings({"X, a": (rng.normal(size=(4, 3)), classes)})
    with pytest.raises(ValueError, match=r"classes of 'X, a' has shape \(3,\); expected \[4\]"):
        planes.embeddings({"X, a": (points, classes[:3])})
    with pytest.raises(ValueError, match="classes of 'X, a' go from 7 to 10; expected 0 to 9"):
        planes.embeddings({"X, a": (points, classes + 7)})
    with pytest.raises(ValueError, match=r"points has shape \(4, 2\); expected \[3, 2\]"):
        planes.embedding_with_images({"X": (points, classes)}, points, np.zeros((3, 2, 2, 1)))
    with pytest.raises(ValueError, match=r"points has shape \(2, 3, 3\); expected \[2, 3, 2\]"):
        planes.decoded_grid(np.zeros((2, 3, 3)), np.zeros((2, 3, 4, 4, 1)))
    with pytest.raises(ValueError, match="blocks is empty"):
        planes.image_rows([])
