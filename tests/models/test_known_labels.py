"""CP-VAE with labels of some images: its bound, what it learns of them, and what is refused."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import likelihoods, networks, posteriors
from gpvae_tf.models import CPVAE
from gpvae_tf.models.cp_estimators import Enumerate, Relaxed, StraightThrough
from tests.support.cp_problem import B, K, build, images
from tests.support.seeds import seed_networks

SEED = tf.constant([3, 4])


def test_the_bound_is_the_mean_over_labels_and_an_entropy(rng):
    """ELBO = sum_k q(c_k | y) [bound on log p(y, c_k)] + H(q(c | y)), with the same draws of z."""
    model, batch = build(rng, estimator=Enumerate(), label_weight=0.0), {"observations": images(rng)}
    of_labels = [model.elbo(batch | {"labels": tf.fill([B], k)}, SEED).elbo for k in range(K)]
    q = model.categories(batch["observations"]).numpy()
    expected = np.sum(q * (np.stack(of_labels, axis=1) - np.log(q)), axis=1)
    np.testing.assert_allclose(model.elbo(batch, SEED).elbo, expected, rtol=1e-10)
    np.testing.assert_allclose(
        of_labels[0], model.elbo(batch | {"labels": np.zeros(B, np.int64)}, SEED).elbo, rtol=1e-12
    )


@pytest.mark.parametrize("estimator", [Enumerate(), StraightThrough(0.7), Relaxed(0.7)])
def test_every_estimator_takes_the_category_that_is_known(rng, estimator):
    model = build(rng, estimator=estimator, label_weight=0.5, num_samples=3000)
    batch = {"observations": images(rng), "labels": tf.constant([1, -1, 0, -1])}
    ours = model.elbo(batch, SEED)
    q = model.categories(batch["observations"]).numpy()
    np.testing.assert_allclose(ours.parts["label"], [0.5 * np.log(q[0, 1]), 0.0, 0.5 * np.log(q[2, 0]), 0.0])
    np.testing.assert_allclose(ours.parts["category_kl"].numpy()[[0, 2]], -np.log(K), rtol=1e-6)
    exact = build(rng, estimator=Enumerate(), label_weight=0.5, num_samples=3000)
    for ours_of_it, variable in zip(exact.variables, model.variables, strict=True):
        ours_of_it.assign(variable)
    expected = exact.elbo(batch, SEED)
    np.testing.assert_allclose(ours.parts["kl"], expected.parts["kl"], rtol=1e-6)
    np.testing.assert_allclose(ours.reconstruction.numpy()[[0, 2]], expected.reconstruction.numpy()[[0, 2]], rtol=0.02)


def test_no_label_known_is_no_label_read(rng):
    plain, labelled = build(np.random.default_rng(1)), build(np.random.default_rng(1), label_weight=2.0)
    batch = {"observations": images(rng)}
    ours, expected = labelled.elbo(batch | {"labels": tf.fill([B], -1)}, SEED), plain.elbo(batch, SEED)
    np.testing.assert_array_equal(ours.elbo, expected.elbo)
    np.testing.assert_array_equal(ours.elbo, labelled.elbo(batch, SEED).elbo)
    labels = tf.constant([0, 1, 2, 0])
    np.testing.assert_array_equal(plain.elbo(batch | {"labels": labels}, SEED).elbo, expected.elbo)


def test_a_few_labels_say_which_groups_belong_together(rng):
    """Four groups, of which the first and last are one kind: no clustering finds that without labels."""
    corners = np.array([[-3.0, -3.0], [3.0, -3.0], [-3.0, 3.0], [3.0, 3.0]])
    groups = rng.integers(0, 4, 400)
    vectors = (corners[groups] + 0.5 * rng.normal(size=(400, 2))).astype(np.float32)
    kinds = np.array([0, 1, 1, 0])[groups]
    labels = np.where(np.arange(400) < 40, kinds, -1)
    seed_networks()
    gated = networks.gated.GatedNetworks((2,), units=32)
    model = CPVAE(
        posteriors.CategoricalGaussian(gated.features(), 2, 2, units=32), gated.decoder(2 + 2), event_shape=(2,),
        likelihood=likelihoods.GaussianLikelihood(0.3), estimator=Enumerate(), label_weight=20.0,
    )  # fmt: skip
    model.compile("adam")
    model.fit({"observations": vectors, "labels": labels}, batch_size=50, epochs=60, verbose=0)
    found = np.argmax(model.categories(vectors[40:]), axis=1)
    assert np.mean(found == kinds[40:]) > 0.95


def test_what_is_no_label_is_refused(rng):
    model = build(rng, label_weight=1.0)
    model.compile()
    batch = {"observations": images(rng)}
    for labels, message in (
        ([0, 1, 2, 3], r"labels has 3; expected categories 0, \.\.\., 2, or -1"),
        ([0, 1, -2, 0], "labels has -2"),
        ([0.0, 1.0, 0.0, 1.0], "labels has dtype float64; expected whole numbers"),
        ([0, 1, 2], "labels has shape"),
    ):
        with pytest.raises(ValueError, match=message):
            model.train_on_batch(batch | {"labels": np.array(labels)})
    later = {
        "observations": np.repeat(batch["observations"], 2, axis=0),
        "labels": np.array([0, 1, -1, -1, 2, 3, -1, -1]),
    }
    with pytest.raises(ValueError, match=r"labels has one outside -1, \.\.\., 2"):
        model.fit(tf.data.Dataset.from_tensor_slices(later).batch(4), verbose=0)
    with pytest.raises(ValueError, match="label_weight must be >= 0, got -1"):
        build(label_weight=-1.0)
