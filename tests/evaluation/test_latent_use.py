"""Use of categories and of latent dimensions, by hand."""

import numpy as np
import pytest

from gpvae_tf.evaluation import latent_use
from gpvae_tf.evaluation.kl_parts import kl_parts
from tests.support.cp_problem import SHAPE, D, K, build, images


def test_category_use_by_hand():
    probabilities = np.array([[0.9, 0.1, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.4, 0.4, 0.2, 0.0]])
    use = latent_use.category_use(probabilities)
    np.testing.assert_allclose(use.aggregated, [0.7, 0.25, 0.05, 0.0])
    np.testing.assert_allclose(use.assigned, [1.0, 0.0, 0.0, 0.0])
    assert use.num_used == 2  # 0.05 is 0.2 / K, not more
    entropy = -(0.7 * np.log(0.7) + 0.25 * np.log(0.25) + 0.05 * np.log(0.05))
    np.testing.assert_allclose(use.perplexity, np.exp(entropy))
    even = latent_use.category_use(np.full((3, 5), 0.2))
    assert even.num_used == 5 and even.perplexity == pytest.approx(5.0)


def test_active_units_by_hand(rng):
    means = rng.normal(size=(500, 3)) * [1.0, 0.05, 0.2] + [0.0, 9.0, 0.0]
    units = latent_use.active_units(means)
    np.testing.assert_allclose(units.variances, np.sum((means - means.mean(axis=0)) ** 2, axis=0) / 499)
    assert units.num_active == 2
    assert latent_use.active_units(means, threshold=0.5).num_active == 1


def test_sets_of_images_are_taken_in_batches(rng):
    model, data = build(rng), images(rng, 10).numpy()
    whole = model.categories(data)
    np.testing.assert_allclose(latent_use.category_probabilities(model, data, batch_size=4), whole, rtol=1e-9)
    np.testing.assert_allclose(latent_use.latent_means(model, data, batch_size=4), model.encode(data).mean, rtol=1e-9)
    assert whole.shape == (10, K) and model.encode(data).mean.shape == (10, D + K)


def test_what_is_missing_may_hold_anything(rng):
    """Also in the batch that is smaller; without the mask NaN is refused, as are values that no image can have."""
    model, data = build(rng), images(rng, 5).numpy()
    mask = rng.uniform(size=data.shape) < 0.7
    holes, empty = np.where(mask, data, np.nan), np.where(mask, data, 0.0)
    options = dict(mask=mask, batch_size=4)
    encode = lambda images, mask=None: model.encode_batch(dict(observations=images, mask=mask)).mean
    for function, of_batch in (
        (latent_use.category_probabilities, model.categories),
        (latent_use.latent_means, encode),
    ):
        np.testing.assert_allclose(function(model, holes, **options), of_batch(empty), rtol=1e-9)
        np.testing.assert_array_equal(of_batch(holes, mask=mask), of_batch(empty))
        assert np.any(of_batch(empty) != of_batch(data))
        with pytest.raises(ValueError, match="observations has .* values that are not finite and are observed"):
            function(model, holes)
        with pytest.raises(ValueError, match="observations has values from 0 to 255; a Bernoulli decoder needs"):
            function(model, 255.0 * data)
        with pytest.raises(ValueError, match="mask has dtype float64; expected bool"):
            function(model, data, mask=1.0 * mask)
    with pytest.raises(ValueError, match="observations has values from 0 to 255; a Bernoulli decoder needs"):
        kl_parts(model, 255.0 * data)


def test_refusals(rng):
    model = build(rng)
    with pytest.raises(ValueError, match=r"images has shape \(4, 5, 3, 1\)"):
        latent_use.category_probabilities(model, np.zeros((4, 5, 3, 1)))
    with pytest.raises(ValueError, match="images is empty"):
        latent_use.latent_means(model, np.zeros((0, *SHAPE)))
    with pytest.raises(ValueError, match="batch_size must be >= 1, got 0"):
        latent_use.latent_means(model, np.zeros((2, *SHAPE)), batch_size=0)
    with pytest.raises(ValueError, match="probabilities has shape"):
        latent_use.category_use(np.zeros(3))
    with pytest.raises(ValueError, match=r"means has shape \(1, 3\)"):
        latent_use.active_units(np.zeros((1, 3)))
