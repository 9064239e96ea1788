"""What cannot be written is refused in one sentence that names it, and nothing is lost without a word."""

import functools

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf import kernels, likelihoods, saving
from gpvae_tf._keras import keras
from gpvae_tf.models import GPVAE
from gpvae_tf.saving.writer import Writer
from tests.support import sequence_models
from tests.support.sequence_models import OPTIONS
from tests.support.tiny import build_networks

psd_kernels = tfp.math.psd_kernels


class Unregistered(tf.Module):
    """A user's network that nobody was told of."""

    def __call__(self, inputs):
        return inputs


class UnregisteredLikelihood(likelihoods.BernoulliLikelihood):
    """A user's likelihood that nobody was told of."""


class UnregisteredModel(GPVAE):
    """A user's model that nobody was told of."""


class UnregisteredLayer(keras.layers.Layer):
    """A user's layer that nobody was told of."""


@keras.saving.register_keras_serializable(package="tests")
class WithoutConfig(keras.layers.Layer):
    """A user's layer whose arguments Keras cannot write."""

    def __init__(self, table):
        super().__init__()
        self.table = table


def relu(inputs):
    """A user's own function with the name of one of Keras'."""
    return inputs


def transformed(function):
    return psd_kernels.FeatureTransformed(kernels.linear(), function)


def sequential(layer):
    return keras.Sequential([keras.layers.InputLayer((3,)), layer])


REFUSED = {
    "module": (Unregistered, r"is a tests\.\S+\.Unregistered, .*saving\.register"),
    "likelihood": (UnregisteredLikelihood, r"is a tests\.\S+\.UnregisteredLikelihood, .*saving\.register"),
    "model": (
        lambda: UnregisteredModel(*build_networks(), kernels.exponentiated_quadratic(), **OPTIONS),
        r"is a tests\.\S+\.UnregisteredModel, .*saving\.register",
    ),
    "lambda": (
        lambda: transformed(lambda x, feature_ndims, example_ndims: x),
        r"transformation_fn is a lambda, .*regis",
    ),
    "partial": (lambda: transformed(functools.partial(tf.identity)), r"transformation_fn is a functools\.partial"),
    "function": (lambda: transformed(sequential), r"is the function tests\.\S+\.sequential, .*saving\.register"),
    "class": (lambda: Unregistered, r"is tests\.\S+\.Unregistered, .*saving\.register"),
    "Lambda layer": (
        lambda: sequential(keras.layers.Lambda(tf.nn.relu)),
        r"has a Lambda layer.*register_keras",
    ),
    "layer": (lambda: sequential(UnregisteredLayer()), r"UnregisteredLayer, .*@tf_keras\.saving\.register_keras_seri"),
    "layer without config": (lambda: sequential(WithoutConfig([np.ones(2)])), r"WithoutConfig, .*get_config"),
    "activation": (
        lambda: sequential(keras.layers.Dense(2, activation=lambda x: x)),
        r"has a lambda for an activation, .*@tf_keras",
    ),
    "named activation": (lambda: sequential(keras.layers.Dense(2, relu)), r"function relu for an activation"),
    "objects": (lambda: np.array([None]), "array of object"),
}


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_found_again_is_refused(name):
    make, message = REFUSED[name]
    with pytest.raises(saving.SavingError, match=f"^value.*{message}") as caught:
        Writer().write(make(), "value")
    assert "\n" not in str(caught.value)


def test_a_refusal_says_where_and_writes_nothing(tmp_path):
    model = GPVAE(*build_networks(), transformed(lambda x, *ndims: x), **OPTIONS)
    with pytest.raises(saving.SavingError, match=r"^GPVAE\.kernel\.transformation_fn is a lambda"):
        model.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_networks_that_share_a_layer_are_refused(tmp_path):
    """Keras would write the layer twice, and training would pull the two apart."""
    trunk = keras.layers.Dense(2)
    layers = [keras.layers.InputLayer((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]
    encoder = keras.Sequential([*layers, trunk, keras.layers.Dense(4)])
    decoder = keras.Sequential([keras.layers.InputLayer((2,)), trunk, keras.layers.Dense(36)])
    decoder.add(keras.layers.Reshape((6, 6, 1)))
    model = GPVAE(encoder, decoder, kernels.exponentiated_quadratic(), **OPTIONS)
    with pytest.raises(saving.SavingError, match=r"GPVAE\.encoder and GPVAE\.decoder share the layer 'dense"):
        model.save(tmp_path / "model")


def test_a_part_that_was_replaced_is_refused(tmp_path):
    """The description would be that of the old one."""
    model = sequence_models.svgp_vae()
    model.decoder = build_networks()[1]
    with pytest.raises(saving.SavingError, match="of a Sequential would be lost.*replace no part of a model"):
        model.save(tmp_path / "model")


def test_a_variable_that_no_checkpoint_reaches_is_refused(tmp_path):
    @saving.register("tests.Hiding")
    class Hiding(tf.Module):
        """A network whose variable lies in an object that TensorFlow does not look into."""

        def __init__(self):
            super().__init__()
            object.__setattr__(self, "hidden", {"weights": tf.Variable([1.0])})

        def __call__(self, inputs):
            return inputs

    model = GPVAE(Hiding(), build_networks()[1], kernels.exponentiated_quadratic(), **OPTIONS)
    with pytest.raises(saving.SavingError, match="of a Hiding would be lost"):
        model.save(tmp_path / "model")


def test_names_are_taken_once():
    with pytest.raises(ValueError, match="'SVGPVAE' is the name of gpvae_tf.models.svgp_vae.SVGPVAE already"):
        saving.register("SVGPVAE")(Unregistered)
    with pytest.raises(ValueError, match="'GPVAE' is the name of"):

        @saving.register
        class GPVAE:  # noqa: F811
            """It would stand for two classes."""


def test_places_that_cannot_be_read_again_are_refused(tmp_path):
    model = sequence_models.vae()
    for name in ("lr[0.1]", "back\\slash"):
        for write in (model.save, model.save_weights, functools.partial(model.export, input_dim=1)):
            with pytest.raises(ValueError, match="TensorFlow writes a model there and cannot read it again"):
                write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
