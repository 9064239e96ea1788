"""The loss that a run's best epoch is chosen by: minus the mean bound, the smaller the better."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.datasets.image_sets import ImageSet
from gpvae_tf.evaluation.bounds import NegativeELBO, mean_bound
from gpvae_tf.models.cp_estimators import Enumerate, Relaxed
from tests.support import families, image_models

NUM = 4


@pytest.mark.filterwarnings("ignore:Even though the .*run_functions_eagerly")
def test_the_loss_is_minus_the_mean_bound(rng, eagerly):
    """With the draws of the set's one batch; a model that explains the images better has the smaller loss.

    Another model has a loss of its own.
    """
    model = families.model_of(families.FAMILIES["mean_field"]())
    images = tf.sigmoid(families.images_of(rng, NUM)).numpy()
    loss = NegativeELBO(NUM)
    seed = tf.random.fold_in(tf.constant([0, 0]), 0)
    expected = -np.mean(model.elbo({"observations": images}, seed).elbo)
    ours = loss(model, ImageSet("validation", images))
    assert ours == pytest.approx(expected, rel=1e-6) and ours > 0.0
    bias = model.decoder.layers[-2].bias
    bias.assign_add(10.0 * tf.ones_like(bias))
    assert loss(model, ImageSet("validation", images)) > ours + 100.0
    other = families.model_of(families.FAMILIES["mean_field"]())
    expected = -np.mean(other.elbo({"observations": images}, seed).elbo)
    assert loss(other, ImageSet("validation", images)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.filterwarnings("ignore:Even though the .*run_functions_eagerly")
def test_no_batch_is_too_small_for_the_model(rng, eagerly):
    """The bound of a nonparametric VAE predicts every image from others, so one left at the end joins those before."""
    model, images = image_models.nonparametric_vae(), image_models.unit_images(rng)["observations"].numpy()
    expected = mean_bound(model, images, batch_size=5)
    assert mean_bound(model, images, batch_size=4) == expected and np.isfinite(expected["elbo"])
    with pytest.raises(ValueError, match="images has 1 images; expected at least 2, a batch of this model"):
        mean_bound(model, images[:1])
    assert NegativeELBO(4)(model, ImageSet("validation", images)) == pytest.approx(-expected["elbo"], rel=1e-6)


def test_a_run_is_stopped_on_what_is_logged(rng):
    """With the estimator of `test_step`; the relaxed one is no bound."""
    model = image_models.cp_vae(estimator=Relaxed(5.0), test_estimator=Enumerate())
    images = image_models.binary_images(rng)["observations"].numpy()
    found = NegativeELBO()(model, ImageSet("validation", images))
    valid = mean_bound(model, images, bound=lambda batch, seed: model.bound(batch, Enumerate(), seed))
    relaxed = mean_bound(model, images)
    assert found == pytest.approx(-valid["elbo"], rel=1e-5) and abs(found + relaxed["elbo"]) > 1e-3
