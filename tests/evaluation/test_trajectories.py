"""The moving ball's metric: an affine fit per batch, the sum of squares over all frames, and the RMSE per frame."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.datasets import MovingBall
from gpvae_tf.evaluation import trajectories
from gpvae_tf.models import GPVAE
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

B, N = 3, 8


@pytest.fixture
def latents(rng):
    return rng.normal(size=(B, N, 2))


def test_an_affine_map_is_recovered(latents):
    weights = np.array([[1.5, -0.3], [0.7, 2.0], [-4.0, 0.2]])  # rotation, scale, shear, and a shift in the last row
    paths = latents @ weights[:2] + weights[2]
    fit = trajectories.affine_fit(latents, paths)
    np.testing.assert_allclose(fit.weights, weights, rtol=1e-12)
    np.testing.assert_allclose(fit.aligned, paths, rtol=1e-11, atol=1e-12)
    assert fit.squared_error < 1e-20 and fit.rmse < 1e-11


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_squared_error_is_the_least_sum_over_frames_and_coordinates(rng, channels):
    """One map for the whole batch, by the normal equations; any number of channels onto two coordinates."""
    latents, paths = rng.normal(size=(B, N, channels)), rng.normal(size=(B, N, 2))
    x = np.concatenate([latents.reshape(-1, channels), np.ones((B * N, 1))], axis=1)
    y = paths.reshape(-1, 2)
    weights = np.linalg.inv(x.T @ x) @ x.T @ y
    total = sum(np.sum((y[k] - x[k] @ weights) ** 2) for k in range(B * N))
    fit = trajectories.affine_fit(latents, paths)
    np.testing.assert_allclose(fit.weights, weights, rtol=1e-9)
    np.testing.assert_allclose(fit.squared_error, total, rtol=1e-12)
    np.testing.assert_allclose(np.sum((fit.aligned - paths) ** 2), total, rtol=1e-12)
    assert fit.aligned.shape == paths.shape


def test_rmse_is_per_frame():
    """A distance of 5 in every frame, which no affine map of constant latents can mend, is an RMSE of 5."""
    paths = np.array([[[3.0, 4.0], [-3.0, -4.0]]])
    fit = trajectories.affine_fit(np.zeros((1, 2, 2)), paths)
    np.testing.assert_allclose([fit.squared_error, fit.rmse], [50.0, 5.0])


def test_errors():
    with pytest.raises(ValueError, match=r"latents has shape \(3, 7, 2\); expected \(3, 8, 'L'\)"):
        trajectories.affine_fit(np.zeros((3, 7, 2)), np.zeros((3, 8, 2)))
    with pytest.raises(ValueError, match="latents has values that are not finite"):
        trajectories.affine_fit(np.full((1, 2, 2), np.nan), np.zeros((1, 2, 2)))


def test_evaluate_averages_over_batches(tiny_networks):
    """Each batch with a fit of its own, on posterior means."""
    ball = MovingBall(num_frames=5, size=IMAGE_SHAPE[0], radius=1.5, batch_size=4)
    model = GPVAE(
        *tiny_networks(), kernels.exponentiated_quadratic(2.0), event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM
    )
    test_set = ball.test_set(0, num_batches=2)
    fits = [trajectories.affine_fit(model.latents(batch).mean.numpy(), batch["paths"].numpy()) for batch in test_set]
    result = trajectories.evaluate(model, test_set)
    np.testing.assert_allclose(result["test_sse"], (fits[0].squared_error + fits[1].squared_error) / 2, rtol=1e-12)
    np.testing.assert_allclose(result["test_rmse"], (fits[0].rmse + fits[1].rmse) / 2, rtol=1e-12)
    together = {name: tf.concat([batch[name] for batch in test_set], 0) for name in ("observations", "inputs", "paths")}
    assert not np.isclose(trajectories.evaluate(model, [together])["test_rmse"], result["test_rmse"], rtol=1e-6)
