"""Recordings from .ts files, and the three kinds of forecasts, on a few made-up ones."""

import numpy as np
import pytest

from gpvae_tf.experiments.own_data import forecasts, motions
from tests.support.eager import running_eagerly


@pytest.fixture
def folder(tmp_path):
    """Five recordings of two channels with 30 times, sines of one period each."""
    for seed, name in enumerate(("TRAIN", "TEST")):
        rng = np.random.default_rng(seed)
        phases = rng.uniform(0.0, 6.0, (5, 2, 1))
        values = np.sin(0.3 * np.arange(30) + phases) + 0.01 * rng.normal(size=(5, 2, 30))
        rows = [":".join(",".join(f"{v:.6f}" for v in channel) for channel in row) + ":Standing" for row in values]
        (tmp_path / f"BasicMotions_{name}.ts").write_text("#a comment\n@data\n" + "\n".join(rows) + "\n")
    return tmp_path


def test_values_times_and_what_is_hidden(folder):
    part = motions.load(folder, "TRAIN", hidden=0.3, seed=1)
    assert part.values.shape == part.mask.shape == (5, 30, 2)
    np.testing.assert_allclose(part.times[:3], [0.0, 0.1, 0.2])
    assert 0.6 < part.mask.mean() < 0.8
    gaps = motions.load(folder, "TRAIN", gap=7).mask
    assert np.all((~gaps).sum(axis=1) == 7)
    assert all(np.all(np.diff(np.flatnonzero(~row[:, 0])) == 1) for row in gaps)
    (folder / "BasicMotions_TEST.ts").write_text("@data\n1,2:3,x:Standing\n")
    with pytest.raises(ValueError, match="BasicMotions_TEST.ts is no .ts file of recordings of one length"):
        motions.load(folder, "TEST")


def test_forecasts_are_of_the_values(folder):
    train, test = (motions.load(folder, name, seed=seed) for seed, name in enumerate(("TRAIN", "TEST")))
    for make in (forecasts.interpolation, forecasts.gp_per_channel):
        mean, stddev = make(train, test)
        assert mean.shape == stddev.shape == test.values.shape and np.all(stddev > 0)
        assert np.mean(np.abs(mean - test.values)[~test.mask]) < 0.1
        within = np.abs(mean - test.values)[~test.mask] < 3.0 * stddev[~test.mask]
        assert within.mean() > 0.9
    with running_eagerly():
        draws = forecasts.model_from_data(
            "GPVAE", train, test, steps=1, seed=0, num_samples=40, units=8, latent_dim=2, verbose=False
        )
    assert draws.shape == (40, *test.values.shape) and np.all(np.isfinite(draws))
