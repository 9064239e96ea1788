import warnings

import numpy as np
import pytest

from gpvae_tf.plotting import posteriors, scores
from tests.plotting.test_curves_and_videos import drawn, line

K = 3


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def plane(**changes) -> posteriors.Plane:
    """A correlated Gaussian about (1, -1) on [-1, 3] x [-2, 0]."""
    first, second = np.linspace(-1, 3, 31), np.linspace(-2, 0, 21)
    x, y = np.meshgrid(first - 1, second + 1)
    fields = dict(first=first, second=second, log_density=-0.5 * (x**2 + y**2 / 0.1 - x * y))
    fields |= dict(base=(np.array([1.0, -1.0]), np.array([0.5, 0.2])), marginal=(np.zeros(2), np.ones(2)))
    return posteriors.Plane(**fields | changes)


def test_uncertainty_has_a_column_per_image(rng, tmp_path):
    originals, reconstructions = rng.uniform(size=(2, K, 6, 5, 1))
    figure = drawn(posteriors.uncertainty([0.1, 0.2, 0.35], originals, reconstructions, K * [plane()]), tmp_path)
    above, below = figure.axes[:K], figure.axes[K:]
    assert [axis.get_title() for axis in above] == ["0.1", "0.2", "0.35"]
    shown = below[1].images[0].get_array()
    np.testing.assert_allclose(shown[1:7, 1:6], originals[1, ..., 0])
    np.testing.assert_allclose(shown[1:7, 8:13], reconstructions[1, ..., 0])
    one, two = (each.get_xydata() for each in above[0].lines if each.get_label() == "base")
    np.testing.assert_allclose(one[0], (1.5, -1.0))  # one deviation along z_1
    np.testing.assert_allclose(two.max(axis=0), (2.0, -0.6), atol=1e-3)
    assert above[0].get_xlim() == (-1, 3) and above[0].get_ylim() == (-2, 0)


def test_without_planes_the_numbers_stand_above_the_images(rng, tmp_path):
    images = rng.uniform(size=(K, 4, 4, 3))
    figure = drawn(posteriors.uncertainty([1, 1, 2], images, images), tmp_path)
    assert [axis.get_title() for axis in figure.axes] == ["1", "1", "2"]


def test_samples_fill_rows(rng, tmp_path):
    images = rng.uniform(size=(7, 4, 4, 1))
    (axis,) = drawn(posteriors.samples(images, per_row=3), tmp_path).axes
    shown = axis.images[0].get_array()
    np.testing.assert_allclose(shown[7:11, 1:5], images[3, ..., 0])
    assert np.ma.getmaskarray(shown)[13:17, 7:11].all() or np.isnan(shown[13:17, 7:11]).all()  # there is no eighth


def test_latent_plane_colours_classes_and_marks_images(rng, tmp_path):
    latents, classes = rng.normal(size=(30, 2)), np.arange(30) % 3 + 4
    figure = drawn(posteriors.latent_plane(latents, classes, latents[[5, 2]]), tmp_path)
    (axis,) = figure.axes
    np.testing.assert_allclose(line(axis, "5").get_xydata(), latents[classes == 5])
    assert len({each.get_color() for each in axis.lines}) == 3
    assert [(text.get_text(), text.xy) for text in axis.texts] == [
        ("1", pytest.approx(latents[5])),
        ("2", pytest.approx(latents[2])),
    ]


def test_score_gaps(tmp_path):
    gaps = {"GP encoder": (10.0, 2.0), "SA(2)": (-3.0, 1.0)}
    notes = dict(notes={"GP encoder": "0.1"}, notes_title="p of no gap")
    figure = drawn(scores.score_gaps(gaps, reference="the VAE", papers={"SA(2)": -2.9}, **notes), tmp_path)
    (axis,) = figure.axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["GP encoder", "SA(2)"]
    assert {text.get_text(): text.xy[1] for text in axis.texts if text.get_text()} == {"p of no gap": -1, "0.1": 0}
    np.testing.assert_allclose(line(axis, "paper, 2,000 epochs").get_xydata(), [[-2.9, 1]])
    bars = axis.collections[0].get_segments()
    np.testing.assert_allclose([bar[:, 0] for bar in bars], [[6, 14], [-5, -1]])
    assert axis.get_ylim() == (1.5, -0.5) and "minus that of the VAE" in axis.get_xlabel()


def test_score_gaps_say_what_their_errors_are_over(tmp_path):
    gaps = {"one": (1.0, 2.0), "two": (3.0, 0.1), "three": (5.0, 0.5)}
    spreads = {"one": "seeds", "two": "test images", "three": "seeds"}
    figure = drawn(scores.score_gaps(gaps, reference="the VAE", spreads=spreads), tmp_path)
    texts = [text.get_text() for text in figure.legends[0].texts]
    assert texts == ["here, ± 2 standard errors over seeds", "here, ± 2 standard errors over test images"]
    over_seeds, over_images = figure.axes[0].collections
    np.testing.assert_allclose([bar[:, 0] for bar in over_seeds.get_segments()], [[-3, 5], [4, 6]])
    np.testing.assert_allclose([bar[0, 1] for bar in over_images.get_segments()], [1])  # in its own row


def test_bound_curves_are_cut_to_what_comes_late(tmp_path):
    early = [-9000.0, *np.linspace(500, 700, 19)]
    figure = drawn(scores.bound_curves({"VAE": (range(1, 21), early), "SA(2)": ([1], [650.0])}, "bound"), tmp_path)
    (axis,) = figure.axes
    assert line(axis, "VAE").get_ydata()[0] == -9000 and early[3] < axis.get_ylim()[0] < early[4]
    assert line(axis, "SA(2)").get_marker() == "o"


IMAGES = np.zeros((K, 4, 4, 1))


@pytest.mark.parametrize(
    "draw, message",
    [
        (lambda: posteriors.uncertainty([2, 1, 3], IMAGES, IMAGES), r"values must rise, got \[2.0, 1.0, 3.0\]"),
        (lambda: posteriors.uncertainty([1, 2, 3], IMAGES, IMAGES[:2]), "reconstructions has shape"),
        (lambda: posteriors.uncertainty([1, 2, 3], IMAGES, IMAGES, [plane()]), "planes has 1 entries; expected 3"),
        (lambda: posteriors.uncertainty([1, 2, 3], IMAGES, IMAGES, K * [plane(log_density=np.eye(3))]), "log_density"),
        (lambda: posteriors.samples(IMAGES, per_row=0), "per_row must be >= 1, got 0"),
        (lambda: posteriors.latent_plane(np.zeros((4, 3)), np.zeros(4)), r"latents has shape \(4, 3\)"),
        (lambda: scores.score_gaps({}, reference="x"), "gaps is empty"),
        (lambda: scores.score_gaps({"VAE": (1.0, -1.0)}, reference="x"), "standard errors must be >= 0"),
        (lambda: scores.bound_curves({"VAE": ([1, 2], [1.0])}, "bound"), "bounds of 'VAE'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
