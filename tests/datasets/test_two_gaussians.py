"""The toy mixture: its density, its draws, its splits."""

import numpy as np
import pytest
from scipy import stats

from gpvae_tf.datasets.two_gaussians import TwoGaussians


def test_draws_follow_the_density():
    toy = TwoGaussians()
    values, component = toy.sample(20_000)
    cdf = lambda x: 0.5 * (stats.norm.cdf(x, 0.1, 0.1) + stats.norm.cdf(x, 1.0, 0.1))
    assert stats.kstest(values, cdf).pvalue > 1e-3
    assert abs(component.mean() - 0.5) < 0.02 and abs(values[component == 1].mean() - 1.0) < 0.01
    x = np.linspace(-1.0, 2.0, 3001)
    np.testing.assert_allclose(toy.density(x), 0.5 * (stats.norm.pdf(x, 0.1, 0.1) + stats.norm.pdf(x, 1.0, 0.1)))


def test_splits_are_images_and_independent():
    toy = TwoGaussians()
    train, test = toy.split("train"), toy.split("test", 100)
    assert train.images.shape == (50_000, 1, 1, 1) and test.name == "test" and len(test.labels) == 100
    assert not np.array_equal(train.images[:100], test.images)
    np.testing.assert_array_equal(train.images, toy.split("train").images)
    assert not np.array_equal(train.images, toy.split("train", seed=1).images)


def test_refusals():
    with pytest.raises(ValueError, match=r"deviations must be positive, got \(0.1, 0.0\)"):
        TwoGaussians(deviations=(0.1, 0.0))
    with pytest.raises(ValueError, match="num must be >= 1, got 0"):
        TwoGaussians().split("train", 0)
    with pytest.raises(ValueError, match="name must be one of"):
        TwoGaussians().split("dev", 3)
