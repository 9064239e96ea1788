"""The likelihood that the range of the values suggests, for all channels or for each."""

import numpy as np
import pandas as pd
import pytest

from gpvae_tf import data, defaults, likelihoods
from gpvae_tf.flags.choices import LIKELIHOODS
from gpvae_tf.likelihoods import (
    BernoulliLikelihood,
    GaussianLikelihood,
    MixedLikelihood,
    NegativeBinomialLikelihood,
    PoissonLikelihood,
)


def facts_of(*channels, mask=None, event_shape=None):
    """Facts of one sequence, from the values of every channel."""
    values = np.stack(channels, axis=-1).astype(float)
    values = values.reshape(1, -1, *(event_shape or values.shape[-1:]))
    return defaults.Facts.of(data.from_arrays(values, np.arange(values.shape[1], dtype=float), mask))


@pytest.mark.parametrize(
    ("values", "picture", "expected"),
    [
        ([0.0, 1.0, 1.0], False, "Bernoulli"),
        ([0.0, 0.3, 1.0], True, "Bernoulli"),
        ([0.0, 0.3, 1.0], False, "Gaussian"),
        ([0, 3, 1], False, "NegativeBinomial"),
        ([0, 3, -1], False, "Gaussian"),
        ([-0.5, 0.5, 0.5], True, "Gaussian"),
        ([0.0, 300.0, 0.0], True, "NegativeBinomial"),
    ],
)
def test_by_the_range(values, picture, expected):
    facts = facts_of(values * 64 if picture else values, event_shape=(8, 8, 1) if picture else None)
    found = defaults.likelihood_for(facts)
    assert type(found) is getattr(likelihoods, f"{expected}Likelihood")
    found.check(np.array(values))


def test_columns_of_classes_have_their_own_likelihood():
    """One for each of them, whatever is given for all other channels; none can be given for them."""
    frame = pd.DataFrame({"t": np.arange(4.0), "a": list("xyxy"), "v": [0.5, 1.0, 2.0, 3.0], "b": list("zwuw")})
    facts = defaults.Facts.of(data.from_dataframe(frame, time="t", values=["a", "v", "b"], classes=["a", "b"]))
    for given in (None, "student_t", likelihoods.StudentTLikelihood(), {"v": "student_t"}):
        found = defaults.likelihood_for(facts, given)
        kinds = [type(each).__name__.removesuffix("Likelihood") for each in found.likelihoods]
        assert kinds == ["OneHot"] * 2 + ["Gaussian" if given is None else "StudentT"] + ["OneHot"] * 3
        assert found.first_channels(6).tolist() == [0, 0, 2, 3, 3, 3]
    with pytest.raises(ValueError, match="given for the channel 'a=y', which is a class of a column that has one"):
        defaults.likelihood_for(facts, {"v": "student_t", 1: "bernoulli"})
    alone = defaults.Facts.of(data.from_dataframe(frame, time="t", values="b", classes="b"))
    assert isinstance(defaults.likelihood_for(alone), likelihoods.OneHotLikelihood)


def test_a_learned_variance_per_channel(rng):
    assert defaults.likelihood_for(facts_of(*rng.normal(size=(3, 9)))).trainable_variables[0].shape == (3,)


def test_eight_bit_pictures_are_no_counts():
    with pytest.raises(ValueError, match="whole numbers from 0 to 255, as 8-bit pictures have: divide them by 255"):
        defaults.likelihood_for(facts_of(np.arange(256), event_shape=(8, 8, 1)))


def test_whole_numbers_that_vary_less_than_counts_are_real(rng):
    """Of any channel; a Poisson sample, whose variance is its mean but for chance, is none."""
    pressure, counts = np.round(1013.0 + 5.0 * rng.normal(size=500)), rng.poisson(1013.0, size=500)
    few = rng.poisson(3.0, size=500)
    assert isinstance(defaults.likelihood_for(facts_of(pressure)), GaussianLikelihood)
    assert isinstance(defaults.likelihood_for(facts_of(counts)), NegativeBinomialLikelihood)
    assert isinstance(defaults.likelihood_for(facts_of(pressure, few)), GaussianLikelihood)
    assert isinstance(defaults.likelihood_for(facts_of(few, few)), NegativeBinomialLikelihood)


def test_counts_start_at_their_channels_means(rng):
    """With a tenth of the variance as noise beyond Poisson's; a given one does too, and a channel of 0 starts at 1."""
    values = np.stack([rng.poisson(2e6 * rng.uniform(size=300)), rng.poisson(3.0, size=300), np.zeros(300)], axis=-1)
    facts, zeros = facts_of(*values.T), np.zeros([1, 3], np.float32)
    mean, variance = values.mean(axis=0), values.var(axis=0)
    found = defaults.likelihood_for(facts)
    np.testing.assert_allclose(found.mean(zeros)[0], np.where(mean > 0, mean, 1.0), rtol=1e-5)
    np.testing.assert_allclose(found.variance(zeros)[0, :2], (mean + 0.1 * variance)[:2], rtol=1e-4)
    for given in (likelihoods.PoissonLikelihood(), {0: likelihoods.PoissonLikelihood()}):
        np.testing.assert_allclose(defaults.likelihood_for(facts, given).mean(zeros)[0, 0], mean[0], rtol=1e-5)


def test_rounding_to_float32_makes_no_counts(rng):
    """From 2^23 on every float32 number is whole; counts that large are known by their integers."""
    amounts, counts = np.round(1e7 + rng.gamma(2.0, 1e7, size=200), 2), rng.poisson(2e7, size=200)
    assert isinstance(defaults.likelihood_for(facts_of(amounts)), GaussianLikelihood)
    assert isinstance(defaults.likelihood_for(facts_of(counts)), NegativeBinomialLikelihood)
    rounded = data.from_arrays(amounts.astype(np.float32)[None, :, None], np.arange(200.0))
    assert isinstance(defaults.likelihood_for(defaults.Facts.of(rounded)), GaussianLikelihood)
    few = data.from_arrays(rng.poisson(9.0, size=(1, 200, 1)).astype(np.float32), np.arange(200.0))
    assert isinstance(defaults.likelihood_for(defaults.Facts.of(few)), NegativeBinomialLikelihood)


def test_yes_or_no_beside_real_numbers(rng):
    """Only where both were seen: a column of 0 may be a sensor that is off, and one of 0, 1 and 0.5 is none."""
    real, binary, off = rng.normal(size=40), np.arange(40) % 2, np.zeros(40)
    graded = np.where(np.arange(40) == 7, 0.5, binary)
    mask = np.ones((1, 40, 5), bool)
    mask[0, :, 4] = False  # nothing of this one
    found = defaults.likelihood_for(facts_of(real, binary, off, graded, binary, mask=mask))
    assert isinstance(found, MixedLikelihood)
    kinds = [GaussianLikelihood, BernoulliLikelihood, GaussianLikelihood, GaussianLikelihood, GaussianLikelihood]
    assert list(map(type, found.likelihoods)) == kinds
    assert found.trainable_variables[0].shape == (4,)


def test_rare_counts_beside_counts_stay_counts(rng):
    """Of which 0 and 1 may be all that was seen so far."""
    counts, rare = rng.poisson(4.0, size=60), np.arange(60) % 9 == 0
    assert isinstance(defaults.likelihood_for(facts_of(counts, rare)), NegativeBinomialLikelihood)


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_yes_or_no_beside_counts(share, rng):
    """Counts of such a mean would have shown a 2, and how many are 1 says nothing of the counts beside them."""
    counts, binary = rng.poisson(12.0, size=200), rng.uniform(size=200) < share
    found = defaults.likelihood_for(facts_of(counts, binary, counts))
    kinds = [NegativeBinomialLikelihood, BernoulliLikelihood, NegativeBinomialLikelihood]
    assert list(map(type, found.likelihoods)) == kinds


def test_channels_that_are_given_theirs(rng):
    """By name or number; the rest is chosen as if they were not there."""
    counts, real = rng.poisson(4.0, size=60), rng.normal(size=60)
    facts, mine = facts_of(real, counts, counts), GaussianLikelihood(0.3)
    for key in "channel 0", 0:
        found = defaults.likelihood_for(facts, {key: mine})
        assert list(map(type, found.likelihoods)) == [GaussianLikelihood, *[NegativeBinomialLikelihood] * 2]
        assert found.likelihoods[0] is mine and found.likelihoods[1] is found.likelihoods[2]
    assert defaults.likelihood_for(facts, dict.fromkeys(range(3), mine)) is mine
    for key in "channel 3", 3, -1:
        with pytest.raises(ValueError, match=f"likelihood is given for the channel {key!r}; there are channel 0, cha"):
            defaults.likelihood_for(facts, {key: mine})
    with pytest.raises(ValueError, match="likelihood is given for the channel 'channel 0' twice"):
        defaults.likelihood_for(facts, {0: mine, "channel 0": mine})


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_a_likelihood_by_the_name_that_the_command_line_has(name, rng):
    """For all channels, or some; its parameter is learned if it has one, as with --likelihood."""
    facts = facts_of(*rng.integers(0, 2, size=(2, 30)))
    found = defaults.likelihood_for(facts, name)
    assert type(found) is getattr(likelihoods, LIKELIHOODS[name])
    assert len(found.trainable_variables) == (name not in ("bernoulli", "poisson"))
    mixed = defaults.likelihood_for(facts_of(*rng.normal(size=(2, 30))), {"channel 1": name})
    assert [type(each) for each in mixed.likelihoods] == [GaussianLikelihood, type(found)]
    assert type(defaults.likelihood_for(facts, {0: name, 1: found}).likelihoods[0]) is type(found)


@pytest.mark.parametrize("given", ["Poisson", "auto", {0: "counts"}])
def test_a_name_of_no_likelihood_is_refused(given, rng):
    names = "bernoulli, gaussian, student_t, poisson, negative_binomial"
    with pytest.raises(ValueError, match=f"likelihood is '(Poisson|auto|counts)'; expected one of {names}, or a like"):
        defaults.likelihood_for(facts_of(*rng.normal(size=(2, 30))), given)


@pytest.mark.parametrize("given", [PoissonLikelihood, {0: PoissonLikelihood}, [PoissonLikelihood()], 3])
def test_what_is_no_likelihood_is_refused(given, rng):
    with pytest.raises(
        TypeError, match="likelihood is (PoissonLikelihood|a list|a int); expected a Likelihood, one of b"
    ):
        defaults.likelihood_for(facts_of(*rng.normal(size=(2, 30))), given)
