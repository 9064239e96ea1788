import warnings

import numpy as np
import pytest
from scipy import stats

from gpvae_tf.evaluation import significance


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_welch_by_its_formula(rng):
    """Degrees of freedom by Welch and Satterthwaite, written out."""
    a, b = rng.normal(3.0, 1.0, 10), rng.normal(1.0, 4.0, 6)
    found = significance.welch_test(a, b)
    parts = a.var(ddof=1) / 10, b.var(ddof=1) / 6
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / 9 + parts[1] ** 2 / 5)
    error = np.sqrt(sum(parts))
    expected = 2 * stats.t.sf(abs(a.mean() - b.mean()) / error, degrees)
    np.testing.assert_allclose(found[:3], (a.mean() - b.mean(), error, expected), rtol=1e-12)
    assert found.over == "seeds"


def test_pairing_removes_what_images_have_in_common(rng):
    common = 50.0 * rng.normal(size=200)
    a, b = common + 0.5 + 0.3 * rng.normal(size=200), common
    paired = significance.paired_test(a, b)
    d = a - b
    expected = 2 * stats.t.sf(d.mean() / (d.std(ddof=1) / np.sqrt(200)), 199)
    np.testing.assert_allclose(paired[:3], (d.mean(), d.std(ddof=1) / np.sqrt(200), expected), rtol=1e-9)
    assert paired.p_value < 1e-10 < 0.5 < significance.welch_test(a, b).p_value and paired.over == "images"


def test_no_spread():
    assert significance.paired_test([1.0, 2.0], [1.0, 2.0]).p_value == 1.0
    assert significance.welch_test([2.0, 2.0], [1.0, 1.0]).p_value == 0.0


def test_the_best_by_its_mean_against_the_others(rng):
    scores = {"VAE": [1.0, 1.2, 1.1], "GPVAE": [2.0, 2.4, 2.2], "SA": [1.5], "ME": [1.4]}
    images = {"GPVAE": rng.normal(size=30) + 2, "SA": rng.normal(size=30)}
    best, found = significance.against_best(scores, images)
    assert best == "GPVAE" and {name: each.over for name, each in found.items()} == {"VAE": "seeds", "SA": "images"}
    assert found["VAE"].mean == pytest.approx(1.1) and found["SA"].mean > 0


def test_the_best_is_not_that_of_the_best_seed():
    best, found = significance.against_best({"A": [1.9, 2.0, 2.1], "B": [0.0, 0.0, 3.0]}, {})
    assert best == "A" and found["B"].mean == pytest.approx(1.0)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: significance.welch_test([1.0], [1.0, 2.0]), r"scores has shape \(1,\); expected at least two"),
        (lambda: significance.paired_test([1.0, 2.0], [1.0, 2.0, 3.0]), "others has 3 images, scores has 2"),
        (lambda: significance.welch_test([1.0, 2.0], [1.0, np.nan]), "others has values that are not finite"),
        (lambda: significance.against_best({}, {}), "scores is empty"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()
