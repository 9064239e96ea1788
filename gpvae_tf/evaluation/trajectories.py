"""The distance of latent paths from the true ones, up to an affine map (the moving ball's metric)."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from gpvae_tf.models.latent_gp_vae import LatentGPVAE


class AffineFit(NamedTuple):
    """Least-squares map of latents onto true positions.

    Attributes:
      aligned: the latents mapped, [B, n, 2].
      weights: [L + 1, 2]; the last row is the shift.
      squared_error: sum of squared residuals over all frames and both coordinates (the authors' "MSE").
    """

    aligned: np.ndarray
    weights: np.ndarray
    squared_error: float

    @property
    def rmse(self) -> float:
        """Root of the mean squared distance per frame, in units of the path."""
        return float(np.sqrt(self.squared_error / (self.aligned.shape[0] * self.aligned.shape[1])))


def affine_fit(latents: np.ndarray, paths: np.ndarray) -> AffineFit:
    """Fits paths = [latents, 1] W over all frames of a batch at once (`MSE_rotation` in the authors' code).

    Args:
      latents: [B, n, L] posterior means.
      paths: [B, n, 2] true positions.

    Raises:
      ValueError: if the shapes do not match or a latent is not finite.
    """
    latents, paths = np.asarray(latents, np.float64), np.asarray(paths, np.float64)
    if latents.shape[:-1] != paths.shape[:-1]:
        raise ValueError(f"latents has shape {latents.shape}; expected {(*paths.shape[:-1], 'L')}")
    if not np.all(np.isfinite(latents)):
        raise ValueError("latents has values that are not finite")
    design = np.concatenate([latents, np.ones((*latents.shape[:-1], 1))], axis=-1).reshape(-1, latents.shape[-1] + 1)
    target = paths.reshape(-1, paths.shape[-1])
    weights = np.linalg.lstsq(design, target, rcond=None)[0]
    fitted = design @ weights
    return AffineFit(fitted.reshape(paths.shape), weights, float(np.sum(np.square(fitted - target))))


def evaluate(model: LatentGPVAE, test_set: Iterable[dict]) -> dict[str, float]:
    """Mean over test batches of the squared error and the RMSE per frame, each batch with its own affine fit."""
    fits = [affine_fit(model.latents(batch).mean, batch["paths"]) for batch in test_set]
    return {
        "test_sse": float(np.mean([fit.squared_error for fit in fits])),
        "test_rmse": float(np.mean([fit.rmse for fit in fits])),
    }
