"""The parts of a CP-VAE's KL (Eq. 13): their sum, its closed form in the bound, and images that are all alike."""

import numpy as np
import pytest

from gpvae_tf.evaluation.kl_parts import kl_parts
from tests.support.cp_problem import K, build, images

pytestmark = pytest.mark.usefixtures("eagerly")


def test_the_parts_sum_to_the_bound_s_kl(rng):
    model, shown = build(rng), np.concatenate([images(rng) for _ in range(8)])
    found = [kl_parts(model, shown, seed=seed) for seed in range(40)]
    parts = model.elbo({"observations": shown}).parts
    expected = -float(np.mean(parts["kl"] + parts["category_kl"]))
    assert {each.kl for each in found} == {found[0].kl} and found[0].kl == pytest.approx(expected, rel=1e-4)
    sums = [each.mutual_information + each.marginal_kl - each.category_entropy + np.log(K) for each in found]
    assert np.std(sums) > 0.0
    assert abs(np.mean(sums) - expected) < 4.0 * np.std(sums) / np.sqrt(len(sums))
    assert 0.0 < np.mean([each.mutual_information for each in found]) < np.log(len(shown))


def test_images_that_are_alike_say_nothing_about_each_other(rng):
    """Their aggregated posterior is that of each."""
    model, image = build(rng), images(rng)[:1]
    found, q = kl_parts(model, np.repeat(image, 30, axis=0)), model.categories(image)[0].numpy()
    assert abs(found.mutual_information) < 1e-5
    assert found.category_entropy == pytest.approx(-np.sum(q * np.log(q)), rel=1e-5)
