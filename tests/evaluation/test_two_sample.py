"""The two-sample test of generated scalars, and their mass near the modes, against known distributions."""

import numpy as np
import pytest
from scipy import stats

from gpvae_tf.datasets import two_gaussians
from gpvae_tf.datasets.two_gaussians import TwoGaussians
from gpvae_tf.evaluation import two_sample


def test_distance_is_that_of_the_distribution_functions():
    result = two_sample.kolmogorov_smirnov(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([2.5, 2.6, 10.0]))
    assert result.statistic == pytest.approx(1 / 2)  # between 2 and 2.5; behind 4 it is 1/3


def test_truth_passes_and_one_mode_does_not():
    toy = TwoGaussians()
    truth, same = toy.split("test", 4_000).images, toy.split("train", 4_000).images
    assert two_sample.kolmogorov_smirnov(same, truth).pvalue > 1e-3
    blurred = np.random.default_rng(0).normal(truth.mean(), truth.std(), 4_000)
    found = two_sample.kolmogorov_smirnov(blurred, truth)
    assert found.pvalue < 1e-10
    exact = stats.kstwobign.sf(found.statistic * np.sqrt(2_000))
    assert found.pvalue == pytest.approx(exact, rel=0.5)


def test_mass_near_each_mode():
    values = np.array([0.1, 0.39, 0.55, 1.0, 0.71, 1.29, 1.31, -0.3])
    mass = two_sample.mode_mass(values)
    assert mass.low == 2 / 8 and mass.high == 3 / 8 and mass.elsewhere == pytest.approx(3 / 8)
    assert two_sample.mode_mass(values, TwoGaussians((1.0, 0.1))) == mass  # whichever comes first
    narrow = two_sample.mode_mass(values, TwoGaussians((0.1, 1.0), (0.01, 0.1)))
    assert narrow.low == 1 / 8 and narrow.high == 3 / 8
    assert two_sample.mode_mass(values, TwoGaussians((1.0, 0.1), (0.1, 0.01))) == narrow  # each with its own deviation
    truth = two_sample.mode_mass(TwoGaussians().sample(50_000)[0])
    assert truth.elsewhere == pytest.approx(0.0027, abs=0.001) and truth.low == pytest.approx(0.4987, abs=0.01)


def test_toy_splits_are_independent_scalars():
    splits = two_gaussians.load(seed=3)
    assert [len(split) for split in splits[:3]] == [50_000, 10_000, 10_000]
    assert not any(split.bounded for split in splits[:3]) and splits.test.images.shape == (10_000, 1, 1, 1)
    assert two_sample.kolmogorov_smirnov(splits.test.images, splits.validation.images).statistic > 0
    shifted = two_gaussians.load(TwoGaussians((0.1, 3.0)), seed=3)
    assert two_sample.mode_mass(shifted.test.images).high == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: two_sample.kolmogorov_smirnov([], [1.0]), "generated must be finite numbers, one at least; got 0"),
        (lambda: two_sample.kolmogorov_smirnov([1.0], [np.nan, 1.0]), "truth must be .* got 2 with 1 not finite"),
        (lambda: two_sample.mode_mass([1.0], TwoGaussians((0.0, 0.5))), r"the modes \[0.0, 0.5\] lie less than 3"),
        (lambda: two_sample.mode_mass([np.inf]), "values must be finite"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()
