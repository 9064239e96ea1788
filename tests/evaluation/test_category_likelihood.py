"""Likelihoods with discrete and continuous latents, where the exact value is known."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.as_coded.cp_estimator import AsCoded
from gpvae_tf.evaluation import importance
from gpvae_tf.evaluation.bounds import category_bounds, mean_bound
from gpvae_tf.evaluation.category_likelihood import enumerated_log_likelihood
from gpvae_tf.models.cp_estimators import Enumerate, Relaxed, StraightThrough
from gpvae_tf.models.image_vae import ImageVAE
from tests.support.linear_categories import LinearCategories

pytestmark = pytest.mark.usefixtures("eagerly")
SEED = tf.constant([3, 4])
N = 12


@pytest.fixture
def problem(rng):
    return LinearCategories(rng)


@pytest.fixture
def data(problem, rng):
    return problem.images(rng, N)


def test_with_the_exact_posterior_every_weight_is_the_likelihood(problem, data):
    exact = problem.log_likelihood(data)
    options = dict(num_samples=3, seed=SEED)
    np.testing.assert_allclose(importance.importance_weighted(problem.model, data, **options), exact, rtol=1e-5)
    np.testing.assert_allclose(enumerated_log_likelihood(problem.model, data, **options), exact, rtol=1e-5)
    batch = {"observations": data}
    bound = ImageVAE.elbo_given(problem.model, batch, batch, SEED)
    np.testing.assert_allclose(bound.elbo, exact, rtol=1e-5)


def runs(problem, data, estimate, num_samples, repetitions=6):
    """Repeated estimates for all images, [repetitions, N]."""
    model = problem.model
    compiled = tf.function(lambda seed: estimate(model, data, num_samples=num_samples, seed=seed, chunk_size=50))
    return np.array([compiled(tf.constant([run, 1])) for run in range(repetitions)])


def test_estimates_rise_with_samples_and_stay_below_the_likelihood(problem, data, rng):
    problem.disturb(rng)
    exact = problem.log_likelihood(data).mean()
    for estimate in (importance.importance_weighted, enumerated_log_likelihood):
        values = [runs(problem, data, estimate, s).mean() for s in (1, 10, 500)]
        assert values[0] < values[1] < values[2] < exact + 0.01
        assert exact - values[2] < 0.1 * (exact - values[0])


def test_enumeration_does_not_depend_on_how_categories_are_guessed(problem, data, rng):
    """With q(z | y, c) exact and q(c | y) wrong it has no variance at all; draws of c have."""
    for variable in problem.model.posterior.logit_head.trainable_variables:
        variable.assign_add(rng.normal(size=variable.shape))
    exact = problem.log_likelihood(data)
    ours, theirs = (
        runs(problem, data, estimate, 20, repetitions=3)
        for estimate in (enumerated_log_likelihood, importance.importance_weighted)
    )
    np.testing.assert_allclose(ours, np.tile(exact, (3, 1)), rtol=1e-5)
    assert np.abs(theirs - exact).max() > 0.1


def test_chunks_and_batches_change_nothing_but_the_draws(problem, data):
    """With the exact posterior not even those."""
    exact = problem.log_likelihood(data)
    for batch_size, chunk_size in ((5, 3), (12, 1)):
        options = dict(num_samples=7, batch_size=batch_size, chunk_size=chunk_size, estimate=enumerated_log_likelihood)
        np.testing.assert_allclose(importance.log_likelihoods(problem.model, data, **options), exact, rtol=1e-5)


def test_the_bound_is_below_the_likelihood_and_the_relaxed_one_is_reported_apart(problem, data, rng):
    problem.disturb(rng)
    exact, model = problem.log_likelihood(data).mean(), problem.model
    model.num_samples = 200
    bounds = category_bounds(model, data, batch_size=5, relaxed=Relaxed(0.5))
    assert bounds["elbo"] < exact
    regularizer = bounds["category_kl"] + bounds["kl"]
    np.testing.assert_allclose(bounds["regularizer"], regularizer, rtol=1e-6)
    np.testing.assert_allclose(bounds["elbo"], bounds["reconstruction"] + regularizer, rtol=1e-6)
    np.testing.assert_allclose(bounds["relaxation_gap"], bounds["relaxed_bound"] - bounds["elbo"])
    assert abs(bounds["relaxation_gap"]) > 1e-3
    expected = model.bound({"observations": data}, Enumerate(), SEED).elbo
    np.testing.assert_allclose(bounds["elbo"], np.mean(expected), rtol=0.05)
    model.estimator = Enumerate()
    np.testing.assert_allclose(mean_bound(model, data, batch_size=5)["elbo"], bounds["elbo"], rtol=1e-12)


def test_the_relaxed_bound_is_the_model_s_own_where_it_has_one(problem, data):
    model = problem.model
    model.estimator = AsCoded(0.5)
    own = category_bounds(model, data)["relaxed_bound"]
    np.testing.assert_allclose(own, mean_bound(model, data)["elbo"], rtol=1e-12)
    model.estimator = StraightThrough(0.5)  # whose temperature it has
    drawn, given = category_bounds(model, data), category_bounds(model, data, relaxed=Relaxed(0.5))
    assert drawn == given != category_bounds(model, data, relaxed=Relaxed(0.9))
    assert [kind.is_relaxed for kind in (Enumerate, StraightThrough, Relaxed, AsCoded)] == [False, False, True, True]


def test_refusals(problem, data):
    with pytest.raises(ValueError, match="num_samples must be >= 1, got 0"):
        enumerated_log_likelihood(problem.model, data, num_samples=0, seed=SEED)
    with pytest.raises(ValueError, match="images has shape"):
        importance.log_likelihoods(problem.model, data[:, :2], num_samples=1, estimate=enumerated_log_likelihood)
    with pytest.raises(ValueError, match="images is empty"):
        mean_bound(problem.model, data[:0])
