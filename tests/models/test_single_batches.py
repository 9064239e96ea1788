"""Loops of one's own on `train_on_batch` and `test_on_batch` take the steps of `fit` and `evaluate`."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.models import GPVAE, ImageVAE
from gpvae_tf.posteriors import MeanField
from gpvae_tf.scaling import Scaling
from tests.support.seeds import seed_networks
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM, build_networks


def gp_vae():
    seed_networks()
    options = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)
    model = GPVAE(*build_networks(), kernels.exponentiated_quadratic(), **options)
    model.compile(keras.optimizers.SGD(1e-3))
    return model


def image_vae():
    seed_networks()
    encoder, decoder = build_networks()
    model = ImageVAE(MeanField(encoder, LATENT_DIM), decoder, event_shape=IMAGE_SHAPE)
    model.compile(keras.optimizers.SGD(1e-3), run_eagerly=True)
    return model


@pytest.mark.parametrize("make", [gp_vae, image_vae])
def test_steps_are_those_of_fit(make, batch):
    fitted, stepped = make(), make()
    if make is image_vae:
        batch = {"observations": tf.reshape(batch["observations"], [-1, *IMAGE_SHAPE])}
    dataset = tf.data.Dataset.from_tensors(batch)
    logs = fitted.fit(dataset, epochs=2, verbose=0).history
    arrays = {name: part.numpy() for name, part in batch.items()}
    stepped.train_on_batch(batch)
    last = stepped.train_on_batch(arrays, return_dict=True)
    np.testing.assert_allclose([last[name] for name in logs], [values[-1] for values in logs.values()], rtol=1e-5)
    for one, other in zip(stepped.trainable_variables, fitted.trainable_variables, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)
    assert stepped.num_steps == 2
    tested = stepped.test_on_batch(batch, return_dict=True)
    expected = fitted.evaluate(dataset, verbose=0, return_dict=True)
    np.testing.assert_allclose([tested[name] for name in expected], list(expected.values()), rtol=1e-5)
    assert stepped.test_on_batch(batch)[0] == pytest.approx(tested["loss"])


def test_what_is_no_batch_is_refused(batch):
    model = gp_vae()
    for verb in (model.train_on_batch, model.test_on_batch):
        with pytest.raises(TypeError, match="^x is a _TensorDataset; expected one batch"):
            verb(tf.data.Dataset.from_tensors(batch))
        with pytest.raises(ValueError, match="^batch has 'observations'; expected 'inputs'"):
            verb({"observations": batch["observations"]})
    assert model.num_steps == 0


def test_arrays_keep_their_digits(batch):
    """Keras rounds arrays to float32, which times in seconds since 1970 do not survive."""
    model = gp_vae()
    model.scaling = Scaling(input_offset=1.7e9, input_scale=30.0)
    arrays = {name: part.numpy() for name, part in batch.items()}
    arrays |= {"inputs": 1.7e9 + 30.0 * np.float64(arrays["inputs"]), "mask": None}
    exact = model.evaluate(
        tf.data.Dataset.from_tensors({name: part for name, part in arrays.items() if part is not None}), verbose=0
    )
    for found in (model.evaluate(arrays, verbose=0), model.test_on_batch(arrays)):
        np.testing.assert_allclose(found, exact, rtol=1e-6)
