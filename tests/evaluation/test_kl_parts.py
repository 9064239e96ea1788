"""The parts of a CP-VAE's KL (Eq. 13): their sum, its closed form in the bound, and images that are all alike."""

import tracemalloc

import numpy as np
import pytest
import scipy.stats
from scipy.special import logsumexp

from gpvae_tf.evaluation.kl_parts import _log_aggregated, kl_parts
from gpvae_tf.priors import ConditionalGaussians, FullCovarianceComponents, GaussianComponents
from tests.support.cp_problem import D, K, build, images

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.mark.parametrize("kind", [GaussianComponents, FullCovarianceComponents])
def test_the_parts_sum_to_the_bound_s_kl(kind, rng):
    model, shown = build(rng, prior=ConditionalGaussians(kind(K, D))), np.concatenate([images(rng) for _ in range(8)])
    found = [kl_parts(model, shown, seed=seed) for seed in range(40)]
    parts = model.elbo({"observations": shown}).parts
    expected = -float(np.mean(parts["kl"] + parts["category_kl"]))
    assert {each.kl for each in found} == {found[0].kl} and found[0].kl == pytest.approx(expected, rel=1e-4)
    sums = [each.mutual_information + each.marginal_kl - each.category_entropy + np.log(K) for each in found]
    assert np.std(sums) > 0.0
    assert abs(np.mean(sums) - expected) < 4.0 * np.std(sums) / np.sqrt(len(sums))
    assert 0.0 < np.mean([each.mutual_information for each in found]) < np.log(len(shown))


def test_of_images_with_missing_pixels(rng):
    """What is not observed has no say, NaN or not."""
    model, shown = build(rng), np.asarray(images(rng))
    mask = rng.uniform(size=shown.shape) < 0.7
    found = kl_parts(model, np.where(mask, shown, np.nan), mask=mask)
    assert found == kl_parts(model, np.where(mask, shown, 0.5), mask=mask) and found != kl_parts(model, shown)


def test_images_that_are_alike_say_nothing_about_each_other(rng):
    """Their aggregated posterior is that of each."""
    model, image = build(rng), images(rng)[:1]
    found, q = kl_parts(model, np.repeat(image, 30, axis=0)), model.categories(image)[0].numpy()
    assert abs(found.mutual_information) < 1e-5
    assert found.category_entropy == pytest.approx(-np.sum(q * np.log(q)), rel=1e-5)


def test_the_aggregated_posterior_is_a_mixture_of_all_images_in_little_memory(rng):
    num, categories, dim = 400, 3, 20
    log_q = np.log(rng.dirichlet(np.ones(categories), num))
    mean, variance = rng.normal(size=(num, categories, dim)), rng.uniform(0.3, 2.0, (num, categories, dim))
    z, picked = rng.normal(size=(num, dim)), rng.integers(0, categories, num)
    tracemalloc.start()
    found = _log_aggregated(z, picked, log_q, mean, variance)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for i in (0, 1, 399):
        c = picked[i]
        of_images = scipy.stats.norm(mean[:, c], np.sqrt(variance[:, c])).logpdf(z[i]).sum(axis=-1)
        np.testing.assert_allclose(found[i], logsumexp(log_q[:, c] + of_images) - np.log(num), rtol=1e-10)
    assert peak < 8 * mean.nbytes  # all images of a category at a time would take 40 times as much and more
