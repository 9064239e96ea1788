"""The authors' factor of the precision: its neighbours never deviate in the same direction, ours may."""

import numpy as np
import tensorflow as tf

from gpvae_tf.as_coded import AsCodedBandedGPVAE
from tests.support import sequence_models


def test_neighbours_are_never_alike():
    model = sequence_models.banded()
    raw = tf.constant(np.random.default_rng(0).normal(size=(2, 2, 5, 4)))
    variance, coupling = AsCodedBandedGPVAE.factor_of(model, *raw)
    softplus = np.log1p(np.exp(raw.numpy()))
    np.testing.assert_allclose(variance, (1.0 + softplus[0]) ** -2)
    np.testing.assert_allclose(coupling, softplus[1])
    assert np.any(model.factor_of(*raw)[1] < 0.0) and np.all(coupling > 0.0)
    np.testing.assert_allclose(AsCodedBandedGPVAE.factor_of(model, raw[0])[0], softplus[0] ** 2)
