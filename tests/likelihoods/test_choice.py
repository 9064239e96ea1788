"""The likelihood that the range of the values suggests."""

import numpy as np
import pytest

from gpvae_tf import likelihoods
from gpvae_tf.likelihoods import likelihood_for


@pytest.mark.parametrize(
    ("values", "event_shape", "expected"),
    [
        ([0.0, 1.0, 1.0], (2,), "Bernoulli"),
        ([0.0, 0.3, 1.0], (8, 8, 1), "Bernoulli"),
        ([0.0, 0.3, 1.0], (2,), "Gaussian"),
        ([0, 3, 1], (2,), "NegativeBinomial"),
        ([0, 3, -1], (2,), "Gaussian"),
        ([-0.5, 0.5], (8, 8, 1), "Gaussian"),
        ([0.0, 300.0], (8, 8, 1), "NegativeBinomial"),
        ([0.5, 1.5], (), "Gaussian"),
    ],
)
def test_by_the_range(values, event_shape, expected):
    found = likelihood_for(np.array(values), event_shape)
    assert type(found) is getattr(likelihoods, f"{expected}Likelihood")
    found.check(np.array(values))


def test_a_learned_variance_per_channel():
    assert likelihood_for(np.array([0.5, 1.5]), (3,)).trainable_variables[0].shape == (3,)
    assert likelihood_for(np.array([0.5, 1.5]), ()).trainable_variables[0].shape == ()


def test_eight_bit_pictures_are_no_counts():
    with pytest.raises(ValueError, match="whole numbers from 0 to 255, as 8-bit pictures have: divide them by 255"):
        likelihood_for(np.arange(256), (8, 8, 3))


def test_whole_numbers_that_vary_less_than_counts_are_real(rng):
    """Of any channel; a Poisson sample, whose variance is its mean but for chance, is none."""
    pressure, counts = np.round(1013.0 + 5.0 * rng.normal(size=500)), rng.poisson(1013.0, size=500)
    assert isinstance(likelihood_for(pressure, (1,)), likelihoods.GaussianLikelihood)
    assert isinstance(likelihood_for(counts, (1,)), likelihoods.NegativeBinomialLikelihood)
    both = np.stack([pressure, rng.poisson(3.0, size=500)], axis=-1)
    for channels, kind in ([0, 1], likelihoods.GaussianLikelihood), ([1, 1], likelihoods.NegativeBinomialLikelihood):
        values = both[:, channels]
        assert isinstance(likelihood_for(values, (2,), (values.mean(0), values.std(0))), kind)
