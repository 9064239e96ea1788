"""Saved models in a process that has seen nothing of them but their folders."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from gpvae_tf._keras import keras
from tests.saving.test_every_model import moved
from tests.support.registry import REGISTRY

NAMES = ("SVGPVAE, as coded", "GPPVAE", "FGPVAE, correlated objects", "CPVAE", "NonparametricVAE")
LOADER = textwrap.dedent(
    """
    import sys
    import numpy as np, tensorflow as tf
    import gpvae_tf
    assert "gpvae_tf.as_coded" not in sys.modules
    for folder in sys.argv[1:]:
        model, batch = gpvae_tf.load_model(folder), dict(np.load(folder + ".npz"))
        np.save(folder + ".npy", model.reconstruct({name: tf.constant(part) for name, part in batch.items()}))
    """
)


@pytest.mark.process
def test_reconstructions_are_equal(rng, tmp_path, eagerly):
    folders, models, batches = [], [], []
    for number, name in enumerate(NAMES):
        batch = REGISTRY[name].batch(rng)
        model = moved(REGISTRY[name], batch)
        if not number:
            model.compile(keras.optimizers.Adam(0.25))
        folder = tmp_path / str(number)
        model.save(folder)
        np.savez(f"{folder}.npz", **{key: value.numpy() for key, value in batch.items()})
        folders.append(str(folder)), models.append(model), batches.append(batch)
    done = subprocess.run([sys.executable, "-c", LOADER, *folders], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for folder, model, batch in zip(folders, models, batches, strict=True):
        np.testing.assert_allclose(np.load(folder + ".npy"), model.reconstruct(batch), rtol=1e-5, atol=1e-6)
