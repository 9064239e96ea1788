"""Hyperparameters are trained wherever in a kernel they stand: TFP's composite tensors hide those of other classes."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import data, kernels
from gpvae_tf.kernels import psd_kernels
from gpvae_tf.latent_gps import CorrelatedSharedGaussian, ExactGP
from gpvae_tf.latent_gps.product_features import ProductFeatures
from gpvae_tf.models import GPVAE
from gpvae_tf.models.latent_regression import GaussianProcessRegression


class White(psd_kernels.PositiveSemidefiniteKernel):
    """A class of a user's own, with one hyperparameter."""

    def __init__(self, variance):
        super().__init__(1, dtype=tf.float64, name="white", parameters={"variance": variance})
        self.variance = variance

    def _apply(self, x1, x2, example_ndims=0):
        return self.variance * tf.cast(tf.reduce_all(tf.equal(x1, x2), axis=-1), tf.float64)

    @property
    def batch_shape(self):
        return tf.TensorShape([])


class Stretched(tf.Module):
    """A module with a variable, which transforms inputs."""

    def __init__(self):
        super().__init__(name="stretched")
        self.factor = tf.Variable(2.0, dtype=tf.float64)

    def __call__(self, x, feature_ndims, example_ndims):
        return self.factor * x


def matern():
    return kernels.matern(1.5, 2.0, trainable=True)


def white():
    return White(kernels.positive(0.1, name="variance", trainable=True))


COLUMN = slice(0, 1)
KERNELS = {
    "one of TFP's": (matern, 1),
    "own": (white, 1),
    "own on columns": (lambda: kernels.on_columns(white(), COLUMN), 1),
    "wave on columns": (lambda: kernels.on_columns(matern() * kernels.cosine(7.0, trainable=True), COLUMN), 3),
    "own in a product": (lambda: kernels.view_object(white(), matern()), 2),
    "own in a sum in a product": (lambda: kernels.on_columns(white() + matern(), COLUMN) * matern(), 3),
    "scaled": (lambda: psd_kernels.FeatureScaled(white(), tf.Variable(1.0, dtype=tf.float64)), 2),
    "transformed": (lambda: psd_kernels.FeatureTransformed(matern(), Stretched()), 2),
    "transformed twice": (lambda: kernels.on_columns(psd_kernels.FeatureTransformed(white(), Stretched()), COLUMN), 2),
}


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize(
    "holder",
    [
        ExactGP,
        CorrelatedSharedGaussian,
        lambda kernel: ProductFeatures(kernel, np.arange(3.0)),
        lambda kernel: GaussianProcessRegression(kernel, trainable=False),
    ],
    ids=["latent GP", "shared", "features", "regression"],
)
def test_every_hyperparameter_is_found_once(name, holder):
    build, num = KERNELS[name]
    found = holder(build()).trainable_variables
    assert len(found) == len({id(variable) for variable in found}) == num


def test_a_wave_along_time_is_trained_beside_covariates(rng):
    """The kernel that `from_data` makes of a period: families and amplitudes of both terms."""
    inputs = np.stack([np.broadcast_to(np.arange(20.0), (3, 20)), rng.normal(size=(3, 20))], axis=-1)
    for columns in (inputs[..., :1], inputs):
        sequences = data.from_arrays(rng.normal(size=(3, 20, 2)), columns, batch_size=3)
        model = GPVAE.from_data(sequences, latent_dim=2, units=4, period=7.0, verbose=False)
        before = kernels.learned(model.latent_gp)
        assert len(before) == 8  # two channels' length scales and amplitudes of two terms
        model.compile("adam")
        model.fit(sequences, verbose=0)
        after = kernels.learned(model.latent_gp)
        assert all(after[name] != value for name, value in before.items())


def test_a_learned_kernel_of_one_s_own_is_served(rng, tmp_path):
    """Variables that a model does not have cannot be written."""
    sequences = data.from_arrays(rng.normal(size=(3, 20, 2)), np.arange(20.0), batch_size=3)
    kernel = kernels.on_columns(white(), COLUMN) + matern()
    model = GPVAE.from_data(sequences, latent_dim=2, units=4, kernel=kernel, verbose=False)
    model.export(tmp_path, input_dim=1, context=next(iter(sequences.in_order())))


def test_which_learned_values_are_lengths():
    """The length scale of a periodic kernel is one of angles; numbers and channels count with their names."""
    wave = kernels.matern(1.5, [3.0, 4.0], 1.0, trainable=True) * kernels.cosine(5.0, trainable=True)
    turns = kernels.periodic(0.5, period=7.0, trainable=True)
    kernel = wave + turns + kernels.exponentiated_quadratic(2.0, trainable=True)
    learned, lengths = kernels.learned(kernel), kernels.lengths(kernel)
    assert sorted(round(learned[name], 4) for name in lengths) == [2.0, 3.0, 4.0, 5.0]
    assert {"period"} < lengths.keys() < learned.keys() and all(
        name.startswith(("period", "length_scale")) for name in lengths
    )
    assert set(lengths.values()) == {()}


def test_lengths_know_their_columns():
    """Of what is left where columns of columns are taken, and of a parameter whose kernel sees all."""
    time, place = (kernels.matern(1.5, length, trainable=True) for length in (5.0, 7.0))
    kernel = kernels.on_columns(time, 0) + kernels.on_columns(kernels.on_columns(place, [1]), slice(1, None))
    kernel = kernel * kernels.exponentiated_quadratic(9.0, trainable=True)
    learned, lengths = kernels.learned(kernel), kernels.lengths(kernel)
    found = {round(learned[name]): [each.columns for each in columns] for name, columns in lengths.items()}
    assert found == {5: [(0,)], 7: [slice(1, None), (1,)], 9: []}
