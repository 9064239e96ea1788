"""Channels of several kinds: what the parts of the decoder's output mean, scaling, names, saving, and a whole model."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf import GPVAE, data, saving
from gpvae_tf.likelihoods import (
    BernoulliLikelihood,
    CategoricalLikelihood,
    GaussianLikelihood,
    HeteroscedasticGaussianLikelihood,
    Likelihood,
    MixedLikelihood,
    NegativeBinomialLikelihood,
    OneHotLikelihood,
    PoissonLikelihood,
    StudentTLikelihood,
)
from gpvae_tf.networks.layers import LogCounts


def test_several_numbers_for_a_channel(rng):
    """Classes and noise of their own between channels with one number each, of pictures [2, 4, C]."""
    noisy, classes, yes = HeteroscedasticGaussianLikelihood(), CategoricalLikelihood(3), BernoulliLikelihood()
    mixed = MixedLikelihood([yes, noisy, classes, noisy])
    assert mixed.output_shape((2, 4, 4)) == (2, 4, 8)
    output = rng.normal(size=(5, 2, 4, 8))
    values = np.stack([np.ones((5, 2, 4)), *rng.normal(size=(3, 5, 2, 4))], axis=-1)
    values[..., 2] = rng.integers(3, size=(5, 2, 4))
    found = mixed.log_prob_entries(tf.constant(output), values).numpy()
    np.testing.assert_allclose(found[..., :1], yes.log_prob_entries(tf.constant(output[..., :1]), values[..., :1]))
    pairs = tf.constant(output[..., 1:5].reshape(5, 2, 4, 2, 2))
    np.testing.assert_allclose(found[..., [1, 3]], noisy.log_prob_entries(pairs, values[..., [1, 3]]))
    logits = tf.constant(output[..., np.newaxis, 5:])
    np.testing.assert_allclose(found[..., 2:3], classes.log_prob_entries(logits, values[..., 2:3]))
    draws = mixed.sample(tf.constant(output), tf.constant([0, 1])).numpy()
    mixed.check(draws)
    assert set(np.unique(draws[..., 0])) == {0.0, 1.0} and set(np.unique(draws[..., 2])) <= {0.0, 1.0, 2.0}


def test_channels_that_share_a_likelihood_draw_by_themselves():
    """Two objects of one kind do not draw the same numbers either."""
    for likelihoods in ([GaussianLikelihood()] * 2, [GaussianLikelihood(), GaussianLikelihood()]):
        draws = MixedLikelihood(likelihoods).sample(tf.zeros([1000, 2]), tf.constant([0, 1])).numpy()
        assert abs(np.corrcoef(draws.T)[0, 1]) < 0.15  # five standard deviations


def test_channels_that_share_a_likelihood_share_what_it_learns():
    shared = MixedLikelihood([NegativeBinomialLikelihood(trainable=True)] * 2 + [BernoulliLikelihood()])
    apart = MixedLikelihood([NegativeBinomialLikelihood(trainable=True) for _ in range(2)] + [BernoulliLikelihood()])
    assert len(shared.trainable_variables) == 1 and len(apart.trainable_variables) == 2


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="likelihoods is empty; expected one for every channel"):
        MixedLikelihood([])
    with pytest.raises(TypeError, match=r"likelihoods\[1\] is a str; expected a Likelihood"):
        MixedLikelihood([BernoulliLikelihood(), "gaussian"])
    mixed = MixedLikelihood([StudentTLikelihood(), PoissonLikelihood(), PoissonLikelihood()])
    with pytest.raises(ValueError, match=r"likelihoods has 3 entries; observations of shape \(4,\) need one per entry"):
        mixed.output_shape((4,))
    with pytest.raises(ValueError, match=r"variance has shape \(3,\); observations of shape \(2,\) need one number"):
        MixedLikelihood([GaussianLikelihood([1.0, 2.0, 3.0])] * 2).output_shape((2,))
    with pytest.raises(
        ValueError, match=r"channel 2 \(of 3\): observations has values from 0.5 to 0.5, 0.5 among them"
    ):
        mixed.check(np.full((2, 3), [0.5, 1.0, 0.5]), np.array([[True, True, False], [True, True, True]]))


class PositiveLikelihood(Likelihood):
    """Log-normal: an entry of 0, which stands in the place of missing ones elsewhere, has no density."""

    placeholder = 1.0
    support = (0.0, np.inf)

    def entries(self, output):
        return tfp.distributions.LogNormal(output, tf.ones_like(output))


def test_missing_entries_have_a_value_of_their_channel():
    mixed, mask = MixedLikelihood([PositiveLikelihood(), BernoulliLikelihood()]), [[False, True]]
    output = tf.zeros([1, 2])
    with tf.GradientTape() as tape:
        tape.watch(output)
        found = mixed.log_prob(output, tf.constant([[np.nan, 1.0]]), mask, event_ndims=1)
    np.testing.assert_allclose(found, [np.log(0.5)], rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(found, output), [[0.0, 0.5]])


@pytest.fixture
def table(rng):
    """Temperatures, visits that depend on them, and whether it is open; a fifth of the entries are missing."""
    warm = np.cumsum(rng.normal(size=(30, 20)), axis=1)
    values = np.stack([15.0 + 5.0 * warm, rng.poisson(np.exp(1.0 + 0.3 * warm)), warm > 0.0], axis=-1)
    return data.from_arrays(values, np.arange(20.0), rng.uniform(size=values.shape) < 0.8, batch_size=30)


def test_a_model_of_a_table(table, tmp_path):
    """Only the real channel is scaled; fits better than the first weights; predictions stay in every support."""
    tf.keras.utils.set_random_seed(0)
    model = GPVAE.from_data(table, 3, units=16, likelihood={"channel 1": PoissonLikelihood()}, verbose=False)
    kinds = [GaussianLikelihood, PoissonLikelihood, BernoulliLikelihood]
    assert list(map(type, model.likelihood.likelihoods)) == kinds
    np.testing.assert_array_equal(model.scaling.scale != 1.0, [True, False, False])
    np.testing.assert_array_equal(model.scaling.offset != 0.0, [True, False, False])
    assert [layer.channels for layer in model.encoder.layers if isinstance(layer, LogCounts)] == [[1]]
    (batch,) = table.in_order()
    before = float(tf.reduce_mean(model.elbo(batch).elbo))
    model.compile("adam")
    model.fit(table, epochs=40, verbose=0)
    assert float(tf.reduce_mean(model.elbo(batch).elbo)) > before + 20.0
    drawn = model.predict_y(batch, batch["inputs"], num_samples=40).samples.numpy()
    model.likelihood.check(drawn)
    filled = model.impute(batch)
    assert np.all(filled.lower.numpy()[..., 1:] >= 0.0) and np.all(filled.upper.numpy()[..., 2] <= 1.0)
    model.save(tmp_path / "model")
    loaded, seed = saving.load_model(tmp_path / "model"), tf.constant([1, 2])
    np.testing.assert_array_equal(loaded.elbo(batch, seed).elbo, model.elbo(batch, seed).elbo)
    assert loaded.likelihood.trainable_variables[0].shape == (1,)


def test_classes_of_two_columns_between_other_channels(rng):
    """Each column's channels are one value, whose draws are one class; they need not stand beside each other."""
    one, other = OneHotLikelihood(), OneHotLikelihood()
    mixed = MixedLikelihood([one, GaussianLikelihood(), other, one, other, one])
    assert mixed.first_channels(6).tolist() == [0, 1, 2, 0, 2, 0]
    draws = mixed.sample(tf.constant(rng.normal(size=(50, 6))), tf.constant([0, 1])).numpy()
    np.testing.assert_array_equal(draws[:, [0, 3, 5]].sum(axis=-1), 1.0)
    np.testing.assert_array_equal(draws[:, [2, 4]].sum(axis=-1), 1.0)
    mixed.check(draws)
    draws[7, [2, 4]] = 0.0
    with pytest.raises(ValueError, match=r"channel 2, 4 \(of 6\): observations has a class of which 0 channels are 1"):
        mixed.check(draws)
