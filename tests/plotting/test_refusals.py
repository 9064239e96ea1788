"""Arguments that do not fit: the message names the argument, what came and what was expected."""

import numpy as np
import pytest

from gpvae_tf import plotting

B, T = 3, 5
STEPS = np.array([10, 20, 30])
FRAMES, PATHS = np.zeros((B, T, 8, 8, 1)), np.zeros((B, T, 2))


@pytest.mark.parametrize(
    "draw, message",
    [
        (
            lambda: plotting.trajectories(FRAMES[0], PATHS, {}),
            r"frames has shape \(5, 8, 8, 1\); expected \[B, T, H, W, 1\]",
        ),
        (lambda: plotting.trajectories(FRAMES, PATHS[:1], {}), r"paths has shape \(1, 5, 2\); expected \[3, 5, 2\]"),
        (lambda: plotting.trajectories(FRAMES, PATHS, {"VAE": PATHS[..., :1]}), r"predictions\['VAE'\] has shape"),
        (lambda: plotting.trajectories(FRAMES, PATHS, {}, num_videos=0), "num_videos must be >= 1, got 0"),
        (lambda: plotting.rmse_against_inducing_points({}, {}), "points is empty"),
        (lambda: plotting.rmse_against_inducing_points({5: []}, {}), r"points\[5\] has shape \(0,\)"),
        (lambda: plotting.length_scales({}, 2.0), "histories is empty"),
        (lambda: plotting.length_scales({"a": (STEPS, np.ones((2, 2)))}, 2.0), r"values of 'a' .* expected \[3, L\]"),
        (lambda: plotting.inducing_points({"a": (STEPS, np.ones(3))}, 30), r"values of 'a' .* expected \[3, m\]"),
        (
            lambda: plotting.training_curves({"step": [1]}, ("kl",), unit="nats"),
            "lacks the columns elbo, reconstruction, regularizer, kl; it has step",
        ),
        (
            lambda: plotting.training_curves(
                {"step": STEPS, "reconstruction": STEPS, "regularizer": STEPS, "elbo": [1.0]}, (), unit="nats"
            ),
            r"history\['elbo'\] has shape \(1,\); expected \[3\]",
        ),
        (
            lambda: plotting.latent_grid(FRAMES[0], PATHS[0], PATHS[0, :2]),
            r"encoded has shape \(2, 2\); expected \[5, 2\]",
        ),
        (lambda: plotting.video_strip(FRAMES[0], FRAMES[0], num=0), "num must be >= 1, got 0"),
        (lambda: plotting.video_strip(*[np.zeros((5, 8, 8, 2))] * 2), "frames has 2 channels; expected 1 or 3"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
