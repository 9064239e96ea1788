"""A data set's scaling makes a model of it indifferent to where its times start and in which unit they are given."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import GPVAE, SVGPVAE, inducing, kernels
from gpvae_tf.data import from_arrays
from gpvae_tf.models.fgp_vae import whole_objects
from tests.support import tiny
from tests.support.seeds import seed_networks

FRAMES, START = 8, 1_700_000_000.0
MINUTES = START + 60.0 * np.arange(FRAMES)


def model(kind, scaling):
    """A model of frames 1 apart in scaled inputs, which has the same weights whatever the scaling."""
    options = dict(event_shape=tiny.IMAGE_SHAPE, latent_dim=tiny.LATENT_DIM, scaling=scaling)
    networks, kernel = tiny.build_networks(), kernels.exponentiated_quadratic(2.0)
    if kind is SVGPVAE:
        return SVGPVAE(*networks, kernel, inducing.InducingPoints(inducing.grid(-3.5, 3.5, 5)), **options)
    return GPVAE(*networks, kernel, **options)


@pytest.mark.parametrize("kind", [GPVAE, SVGPVAE])
def test_latents_and_bound_are_those_of_times_from_zero(kind, rng):
    frames = rng.uniform(size=(2, FRAMES, *tiny.IMAGE_SHAPE))
    centred = np.arange(FRAMES) - 3.5
    datetimes = np.datetime64("2023-11-14T22:13:20") + np.arange(FRAMES) * np.timedelta64(1, "m")
    results = []
    for times in (centred, MINUTES, datetimes):
        seed_networks()
        data = from_arrays(frames, times, batch_size=2)
        of_one = model(kind, None if times is centred else data.scaling)
        batch = next(iter(data))
        latents = of_one.latents(batch)
        results.append((latents.mean, latents.variance, of_one.elbo(batch, seed=tf.constant([1, 2])).elbo))
    for expected, unix, of_dates in zip(*results):
        np.testing.assert_allclose(unix, expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(unix, of_dates)


def test_eight_digit_ids_are_objects_of_their_own(rng):
    """float32 merges two of these, and `fit` of FGP-VAE then takes their batch for one that splits an object."""
    ids = np.array([20230001.0, 20230002.0, 20230003.0, 20230004.0])
    inputs = np.stack([np.tile(np.arange(6.0), (4, 1)), np.tile(ids[:, None], (1, 6))], axis=-1)
    data = from_arrays(rng.uniform(size=(4, 6, *tiny.IMAGE_SHAPE)), inputs, id_columns=[1])
    batch = next(iter(data))
    np.testing.assert_array_equal(whole_objects(batch)["inputs"][:, 0, 1], ids)
    merged = batch | {"inputs": tf.cast(batch["inputs"], tf.float32)}
    with pytest.raises(tf.errors.InvalidArgumentError, match="splits an object"):
        whole_objects(merged)
