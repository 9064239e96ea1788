"""Networks that Keras would build in their first call have their variables when the model is made."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels, load_model, saving
from gpvae_tf._keras import build, is_built, keras
from gpvae_tf.embeddings import AmortizedObjects
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.models import (
    CVAE,
    GPVAE,
    VAE,
    BandedGPVAE,
    DeepSVIGP,
    HierarchicalVAE,
    ImageVAE,
    NonparametricVAE,
    ObjectSVGPVAE,
)
from gpvae_tf.posteriors import GPEncoder, MeanField
from tests.support.sequence_models import objects
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM, videos

OPTIONS = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)
layers = keras.layers


def sequential(*parts):
    return lambda: keras.Sequential([part for make in parts for part in make()])


flat_encoder = sequential(lambda: [layers.Flatten(), layers.Dense(2 * LATENT_DIM)])
decoder = sequential(lambda: [layers.Dense(8, "tanh"), layers.Dense(36), layers.Reshape(IMAGE_SHAPE)])
of_sequences = sequential(lambda: [layers.Reshape((-1, 36)), layers.Dense(3 * LATENT_DIM)])
conditional = sequential(lambda: [layers.Dense(2 * LATENT_DIM)])


@saving.register("tests.OwnNetwork")
class OwnNetwork(keras.Model):
    """A network of a user's class, images -> so many numbers."""

    def __init__(self, outputs=2 * LATENT_DIM):
        super().__init__()
        self.flatten, self.hidden, self.last = layers.Flatten(), layers.Dense(8, "tanh"), layers.Dense(outputs)

    def call(self, images, training=None):
        return self.last(self.hidden(self.flatten(images)))


class TwoInputs(keras.Model):
    """Images and upper latents -> means and log variances."""

    def __init__(self):
        super().__init__()
        self.flatten, self.last = layers.Flatten(), layers.Dense(2 * LATENT_DIM)

    def call(self, inputs):
        images, top = inputs
        return self.last(tf.concat([self.flatten(images), top], axis=-1))


class LazyModule(tf.Module):
    """A module of a user's with a layer of Keras in it."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2 * LATENT_DIM)

    def __call__(self, images):
        return self.dense(tf.reshape(images, [-1, 36]))


def kernel():
    return kernels.exponentiated_quadratic(1.0)


def points(columns):
    return InducingPoints(np.random.default_rng(0).normal(size=(3, columns)))


def gp_vae(encoder=OwnNetwork, **options):
    return GPVAE(encoder(), decoder(), kernel(), **OPTIONS, **options)


def deep_svigp():
    return DeepSVIGP(decoder(), kernel(), points(1), num_data=21, **OPTIONS)


def object_svgp_vae():
    embedding = AmortizedObjects(OwnNetwork(2), 2)
    return ObjectSVGPVAE(flat_encoder(), decoder(), kernel(), points(3), embedding=embedding, **OPTIONS)


def image_vae():
    return ImageVAE(MeanField(OwnNetwork(), LATENT_DIM), decoder(), event_shape=IMAGE_SHAPE)


def gp_encoder():
    posterior = GPEncoder(OwnNetwork(), OwnNetwork(5), OwnNetwork(5), LATENT_DIM, 5)
    return ImageVAE(posterior, decoder(), event_shape=IMAGE_SHAPE, num_data=21)


def hierarchical_vae():
    top = MeanField(flat_encoder(), LATENT_DIM)
    return HierarchicalVAE(top, TwoInputs(), conditional(), decoder(), **OPTIONS)


MODELS = {
    "GPVAE": gp_vae,
    "Sequential": lambda: gp_vae(flat_encoder),
    "module": lambda: gp_vae(LazyModule),
    "mask_channel": lambda: gp_vae(flat_encoder, mask_channel=True),
    "VAE": lambda: VAE(flat_encoder(), decoder(), **OPTIONS),
    "CVAE": lambda: CVAE(flat_encoder(), decoder(), **OPTIONS),
    "BandedGPVAE": lambda: BandedGPVAE(of_sequences(), decoder(), kernel(), **OPTIONS),
    "DeepSVIGP": deep_svigp,
    "ObjectSVGPVAE": object_svgp_vae,
    "ImageVAE": image_vae,
    "GPEncoder": gp_encoder,
    "HierarchicalVAE": hierarchical_vae,
    "NonparametricVAE": lambda: NonparametricVAE(flat_encoder(), conditional_of_images(), decoder(), **OPTIONS),
}


def conditional_of_images():
    return OwnNetwork(2)


def batch_for(model, rng):
    batch = objects(rng) if model.batch_axes[1:] and model.conditions_on_inputs else videos(rng)
    return batch if model.batch_axes[1:] else {"observations": batch["observations"][0]}


@pytest.mark.parametrize("name", MODELS)
def test_every_variable_is_there_before_the_first_step(name, rng):
    """And the bound, which is of what the networks see, makes no other."""
    model = MODELS[name]()
    batch, before = batch_for(model, rng), [variable.ref() for variable in model.trainable_variables]
    assert np.all(np.isfinite(model.elbo(batch).elbo)) and np.all(np.isfinite(model.reconstruct(batch)))
    assert [variable.ref() for variable in model.trainable_variables] == before
    assert is_built(model)


@pytest.mark.parametrize("make", [gp_vae, image_vae], ids=["GPVAE", "ImageVAE"])
def test_backups_restore_them(make, tmp_path, rng):
    """Keras' optimizer met variables that it knew nothing of."""
    model = make()
    model.compile("adam", run_eagerly=True)
    backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))
    data = tf.data.Dataset.from_tensors(batch_for(model, rng))
    assert np.isfinite(model.fit(data, callbacks=[backup], verbose=0).history["loss"]).all()


def test_models_are_saved_before_their_first_use(tmp_path, rng):
    model, batch = gp_vae(), videos(rng)
    model.save(tmp_path / "model")
    np.testing.assert_allclose(load_model(tmp_path / "model").elbo(batch).elbo, model.elbo(batch).elbo, rtol=1e-5)


def test_networks_that_are_built_are_not_called():
    class Counting(keras.layers.Layer):
        """Counts its calls."""

        calls = 0

        def call(self, inputs):
            type(self).calls += 1
            return inputs

    network = keras.Sequential([layers.Input((2,)), Counting()])
    before = Counting.calls
    build(network, "decoder", [2])
    assert Counting.calls == before
    build(keras.Sequential([Counting()]), "decoder", [2])
    assert Counting.calls > before


def test_a_network_that_needs_a_size_nobody_knows_is_refused():
    """A batch's sequences may be of any length; a flattened one has another number of entries at each."""
    fixed = keras.Sequential([layers.Flatten(), layers.Dense(3 * LATENT_DIM * 7), layers.Reshape((7, -1))])
    expected = r"^encoder has no weights yet, and needs the size n of .* \[N, n, 6, 6, 1\] .*Input\(\(n, 6, 6, 1\)"
    with pytest.raises(ValueError, match=expected):
        BandedGPVAE(fixed, decoder(), kernel(), **OPTIONS)
