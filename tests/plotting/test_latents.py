import warnings

import numpy as np
import pytest

from gpvae_tf import plotting
from gpvae_tf.data.pca import principal_components
from tests.plotting.test_curves_and_videos import drawn

N, L = 24, 4


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_latent_space_has_a_column_per_space_and_a_row_per_colouring(rng, tmp_path):
    latents = {"local channels": rng.normal(size=(N, L)), "global channels": rng.normal(size=(N, 2))}
    angles = np.tile(np.arange(8) * 45.0, 3)
    colors = {"angle (degrees)": angles, "object": np.repeat([3, 5, 9], 8)}
    figure = drawn(plotting.latent_space(latents, colors, {"angle (degrees)": 360.0}), tmp_path)
    panels, bars = figure.axes[:4], figure.axes[4:]
    assert [panel.get_title() for panel in panels] == ["local channels", "global channels", "", ""]
    assert [bar.get_ylabel() for bar in bars] == ["angle (degrees)", "object"]
    for panel, name in zip(panels, [*latents] * 2, strict=True):
        plane, shares = principal_components(latents[name], 2)
        np.testing.assert_allclose(panel.collections[0].get_offsets(), plane)
        assert panel.get_ylabel() == f"PC 2 ({shares[1]:.0%})"
    assert panels[2].get_xlabel().startswith("PC 1 (")
    faces = panels[2].collections[0].get_facecolors()
    assert len(np.unique(faces, axis=0)) == 3 and np.all(faces[:8] == faces[0])  # few objects, one colour each
    assert [text.get_text() for text in bars[1].get_yticklabels()] == ["3", "5", "9"]


def test_angles_are_coloured_on_a_circle(rng):
    latents = {"z": rng.normal(size=(5, 2))}
    (panel, _) = plotting.latent_space(latents, {"angle": [0.0, 359.99, 360.0, 180.0, 540.0]}, {"angle": 360.0}).axes
    start, end, full, half, again = panel.collections[0].get_facecolors()
    np.testing.assert_allclose(start, end, atol=0.02)
    np.testing.assert_array_equal(start, full)
    np.testing.assert_array_equal(half, again)
    assert np.abs(start - half).max() > 0.3


@pytest.mark.parametrize("values", [np.arange(N), np.zeros(N)])
def test_many_or_equal_values_lie_on_a_scale(rng, tmp_path, values):
    figure = drawn(plotting.latent_space({"z": rng.normal(size=(N, L))}, {"object": values}), tmp_path)
    assert len(np.unique(figure.axes[0].collections[0].get_facecolors(), axis=0)) == len(np.unique(values))


LATENTS, COLORS = {"z": np.eye(4)}, {"object": np.arange(4)}


@pytest.mark.parametrize(
    "draw, message",
    [
        (lambda: plotting.latent_space({}, COLORS), "latents is empty"),
        (lambda: plotting.latent_space(LATENTS, {}), "colors is empty"),
        (
            lambda: plotting.latent_space(LATENTS, {"object": [1]}),
            r"colors\['object'\] has shape \(1,\); expected \[4\]",
        ),
        (lambda: plotting.latent_space(LATENTS | {"y": np.eye(3)}, COLORS), r"latents\['y'\] has shape \(3, 3\)"),
        (lambda: plotting.latent_space({"z": np.ones((4, 1))}, COLORS), "at least 2 points and 2 channels"),
        (lambda: plotting.latent_space({"z": np.full((4, 2), np.nan)}, COLORS), "not finite"),
        (lambda: plotting.latent_space(LATENTS, COLORS, {"angle": 360.0}), "periods has angle, which is no colouring"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
