"""FGP-VAE's shared latent as coded (F1, F3): the authors' log Z and draws beside the right posterior."""

import numpy as np
import tensorflow as tf

from gpvae_tf.as_coded.shared_gaussian import AsCodedSharedGaussian
from gpvae_tf.latent_gps import LatentDataset, LatentPosterior
from gpvae_tf.latent_gps.shared import SharedGaussian

B, L, N = 3, 4, 6  # objects, channels, frames
TIGHT = dict(rtol=1e-10, atol=1e-10)


def random_data(rng):
    """The first object lacks a frame in the middle, the last one two at the end."""
    mask = np.ones((B, N), bool)
    mask[0, 2] = mask[2, 4:] = False
    x = np.tile(np.arange(N)[:, None], (B, 1, 1)).astype(np.float64)
    y, v = rng.normal(size=(B, L, N)), np.exp(rng.normal(-1.0, 0.7, (B, L, N)))
    return LatentDataset(*map(tf.constant, (x, y, v, mask)))


def test_as_coded_charges_every_object_for_all(rng):
    """F1: sum y^2 / v over the batch; F3: a draw per frame. The posterior is the same."""
    data = random_data(rng)
    ours, paper = (gp().condition(data) for gp in (AsCodedSharedGaussian, SharedGaussian))
    for part, expected in zip(ours.marginals(), paper.marginals(), strict=True):
        np.testing.assert_allclose(part, expected, **TIGHT)
    squares = np.sum(np.where(data.mask.numpy()[:, None], data.y.numpy() ** 2 / data.noise_variance.numpy(), 0.0), -1)
    gap = ours.regularizer()["log_marginal_likelihood"] - paper.regularizer()["log_marginal_likelihood"]
    np.testing.assert_allclose(gap, -0.5 * (squares.sum(0) - squares), **TIGHT)
    noise = tf.constant(rng.normal(size=(B, L, N)))
    np.testing.assert_array_equal(ours.draw(noise), LatentPosterior.draw(paper, noise))
