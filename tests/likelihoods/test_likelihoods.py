"""Single likelihoods: closed forms, edges of their ranges, parameters out of range, and one of a user's own."""

import math

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats

from gpvae_tf import kernels
from gpvae_tf.likelihoods import (
    BernoulliLikelihood,
    CategoricalLikelihood,
    GaussianLikelihood,
    HeteroscedasticGaussianLikelihood,
    Likelihood,
    MixedLikelihood,
    NegativeBinomialLikelihood,
    OneHotLikelihood,
    PoissonLikelihood,
    StudentTLikelihood,
)
from gpvae_tf.models import GPVAE
from tests.support import tiny

tfd = tfp.distributions


@pytest.fixture
def output(rng):
    return tf.constant(5.0 * rng.normal(size=(2, 3, 4, 4, 1)))


def test_an_error_of_a_gaussian_in_nats():
    """The density of three entries that are off by 0.4 each."""
    expected = 3.0 * stats.norm(scale=np.sqrt(0.5)).logpdf(0.4)
    assert GaussianLikelihood(0.5).nats_at(0.16, 3) == pytest.approx(expected, rel=1e-12)


def test_bernoulli(output, rng):
    images = rng.integers(0, 2, output.shape).astype(np.float32)
    logits = output.numpy()
    expected = np.sum(images * logits - np.logaddexp(0.0, logits), axis=(-3, -2, -1))
    np.testing.assert_allclose(BernoulliLikelihood().log_prob(output, images), expected, rtol=1e-12)
    np.testing.assert_allclose(BernoulliLikelihood().distribution(output).log_prob(images), expected, rtol=1e-12)
    np.testing.assert_allclose(BernoulliLikelihood().mean(output), 1.0 / (1.0 + np.exp(-logits)), rtol=1e-12)
    assert (
        BernoulliLikelihood().log_prob(tf.constant([[[[-1e4], [1e4]]]]), tf.constant([[[[1.0], [0.0]]]])) == -2e4
    )  # no inf


@pytest.mark.parametrize("value", [-0.1, 255.0, float("nan")])
def test_what_is_no_probability_has_no_bernoulli_likelihood(value):
    images = np.full((2, 4, 4, 1), 0.5)
    BernoulliLikelihood().check(images)
    images[1, 2, 3] = value
    GaussianLikelihood().check(images)
    with pytest.raises(ValueError, match=r"observations has values from .*; a Bernoulli decoder needs \[0, 1\]"):
        BernoulliLikelihood().check(images)


@pytest.mark.parametrize("trainable", [False, True])
def test_gaussian(output, rng, trainable):
    images, likelihood = rng.normal(size=output.shape), GaussianLikelihood(0.3, trainable=trainable)
    nats = np.log(2 * np.pi * 0.3) + (images - output.numpy()) ** 2 / 0.3
    expected = -0.5 * np.sum(nats, axis=(-3, -2, -1))
    np.testing.assert_allclose(likelihood.log_prob(output, images), expected, rtol=1e-6)  # the variance is float32
    np.testing.assert_allclose(likelihood.distribution(output).log_prob(images), expected, rtol=1e-6)
    np.testing.assert_array_equal(likelihood.mean(output), output)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(likelihood.log_prob(output, images))
    assert len(likelihood.trainable_variables) == int(trainable)
    assert all(abs(g.numpy()) > 1e-3 for g in tape.gradient(total, likelihood.trainable_variables))


@pytest.mark.parametrize("variance", [0.0, -1.0, float("nan")])
def test_variance_must_be_positive(variance):
    with pytest.raises(ValueError, match="variance must be positive"):
        GaussianLikelihood(variance)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: GaussianLikelihood([[1.0]]), "variance must be positive and finite, one number or one per"),
        (lambda: GaussianLikelihood([1.0, 0.0]), "variance must be positive"),
        (lambda: HeteroscedasticGaussianLikelihood(0.0), "min_variance must be positive and finite, got 0.0"),
        (lambda: HeteroscedasticGaussianLikelihood(np.inf), "min_variance must be positive and finite, got inf"),
        (lambda: StudentTLikelihood(2.0), "df must be above 2 and finite, got 2.0"),
        (lambda: StudentTLikelihood(np.inf), "df must be above 2 and finite, got inf"),
        (lambda: StudentTLikelihood(np.nan), "df must be above 2 and finite, got nan"),
        (lambda: StudentTLikelihood(scale=0.0), "scale must be positive and finite, got 0.0"),
        (lambda: NegativeBinomialLikelihood(-1.0), "dispersion must be positive and finite, got -1.0"),
        (lambda: NegativeBinomialLikelihood(-1.0, trainable=True, gain=1.0), "dispersion must be positive and finite"),
        (lambda: NegativeBinomialLikelihood(trainable=True, gain=0.0), "gain must be positive, got 0.0"),
        (lambda: PoissonLikelihood(level=[1.0, 0.0]), "level must be positive and finite, one number or one per ch"),
        (lambda: CategoricalLikelihood(0), "num_classes must be >= 1, got 0"),
    ],
)
def test_parameters_out_of_range_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize(
    ("name", "likelihood"),
    [
        ("variance", GaussianLikelihood([1.0, 2.0])),
        ("scale", StudentTLikelihood(scale=[1.0, 2.0])),
        ("dispersion", NegativeBinomialLikelihood([1.0, 2.0], trainable=True)),
        ("level", PoissonLikelihood([1.0, 2.0])),
    ],
)
def test_one_value_per_channel_needs_so_many_channels(name, likelihood):
    """A single channel would broadcast to both values without a word."""
    assert likelihood.output_shape((5, 2)) == (5, 2)
    for event_shape in ((1,), (2, 5), ()):
        with pytest.raises(ValueError, match=rf"{name} has shape \(2,\); observations of shape .* need one number"):
            likelihood.output_shape(event_shape)


def test_a_variance_per_channel_has_no_nats_at_one_error():
    with pytest.raises(ValueError, match="variance has 2 values"):
        GaussianLikelihood([1.0, 2.0]).nats_at(0.1, 4)


@pytest.mark.parametrize("log_rate", [-300.0, -80.0, 0.0, 80.0])
@pytest.mark.parametrize("build", [PoissonLikelihood, NegativeBinomialLikelihood])
def test_counts_at_extreme_rates(build, log_rate):
    """A count of 0 has log p = 0 at a rate of 0; float32 has finite values and gradients at all of these."""
    output, counts = tf.Variable([log_rate, log_rate]), tf.constant([0.0, 3.0])
    with tf.GradientTape() as tape:
        nats = build().log_prob(tf.convert_to_tensor(output), counts, event_ndims=1)
        entries = build().log_prob_entries(tf.convert_to_tensor(output), counts)
    assert np.isfinite(nats) and np.all(np.isfinite(tape.gradient(nats, output)))
    rate = np.exp(log_rate)
    expected = (
        [-rate, 3.0 * log_rate - rate - np.log(6.0)]
        if build is PoissonLikelihood
        else [-np.logaddexp(0.0, log_rate), 3.0 * log_rate - 4.0 * np.logaddexp(0.0, log_rate)]
    )
    np.testing.assert_allclose(entries, expected, rtol=1e-5, atol=1e-30)


def test_a_gain_moves_a_dispersion_by_a_share_of_itself():
    """A step of Adam of 0.01 with a gain of 10 changes it by a tenth, be it 0.1 or a million."""
    likelihood = NegativeBinomialLikelihood([0.1, 1e6], trainable=True, gain=10.0)
    (variable,) = likelihood.trainable_variables
    variance = lambda: likelihood.variance(tf.zeros(2)).numpy() - 1.0  # 1 / r
    before = 1.0 / 0.1
    np.testing.assert_allclose(variance()[0], before, rtol=1e-5)
    variable.assign_add([0.01, 0.01])
    np.testing.assert_allclose(variance()[0], before * np.exp(-0.1), rtol=1e-5)


def test_likelihoods_of_counts_start_at_the_mean_of_their_channels():
    """Unless they have a level, and one that several channels share at that of each; other likelihoods stay."""
    means, zeros = np.array([2e6, 3.0, 0.0, -50.0]), tf.zeros([1, 4])
    counts, real = NegativeBinomialLikelihood(7.0), GaussianLikelihood(0.3)
    found = MixedLikelihood([counts, PoissonLikelihood(9.0), counts, real]).at_level(means)
    np.testing.assert_allclose(found.mean(zeros)[0], [2e6, 9.0, 1.0, 0.0], rtol=1e-5)
    np.testing.assert_allclose(found.variance(zeros)[0, 0], 2e6 + 4e12 / 7.0, rtol=1e-5)
    assert found.likelihoods[0] is found.likelihoods[2] and found.likelihoods[3] is real
    assert found.at_level(2.0 * means) is found and real.at_level(means) is real
    np.testing.assert_array_equal(counts.mean(zeros), np.ones([1, 4]))


def test_a_level_leaves_what_was_learned():
    likelihood = NegativeBinomialLikelihood([5.0, 5.0], trainable=True, gain=10.0)
    likelihood.trainable_variables[0].assign_add([0.2, -0.3])
    found = likelihood.at_level(np.array([2.0, 3.0]))
    np.testing.assert_array_equal(found.trainable_variables[0], likelihood.trainable_variables[0])
    assert found.trainable_variables[0] is not likelihood.trainable_variables[0]


class _Waits(Likelihood):
    """Positive numbers, of which no more is said than their support."""

    placeholder = 1.0
    support = (0.5, math.inf)

    def entries(self, output):
        return tfp.distributions.LogNormal(output, tf.ones_like(output))


def test_a_support_says_what_is_refused():
    likelihood = _Waits()
    likelihood.check(np.array([0.5, 1e9]))
    likelihood.check(np.array([0.4, np.nan, 1.0]), np.array([False, False, True]))
    for wrong in (0.4, -np.inf, np.nan):
        with pytest.raises(ValueError, match=f"{wrong} among them; _Waits needs numbers from 0.5"):
            likelihood.check(np.array([1.0, wrong]))
    assert likelihood.has_density and not likelihood.takes_any_value and not likelihood.whole_numbers
    mixed = MixedLikelihood([likelihood, GaussianLikelihood(1.0), PoissonLikelihood()])
    np.testing.assert_array_equal(mixed.takes_any_value, [False, True, False])
    np.testing.assert_array_equal(mixed.has_density, [True, True, False])
    np.testing.assert_array_equal(mixed.whole_numbers, [False, False, True])


def test_ends_of_a_support_may_differ_between_channels():
    likelihood = _Waits()
    likelihood.support = np.array([0.0, -np.inf]), np.array([1.0, 2.0])
    likelihood.whole_numbers = np.array([False, True])
    likelihood.check(np.array([[0.5, -7.0], [1.0, 2.0]]))
    for wrong in ([1.5, 0.0], [0.5, 3.0], [0.5, 0.5]):
        with pytest.raises(ValueError, match="_Waits needs numbers that their channel can have"):
            likelihood.check(np.array([wrong]))


def test_a_large_dispersion_is_poisson():
    output, counts = tf.constant([-1.0, 0.5, 3.0]), np.array([0.0, 2.0, 30.0])
    found = NegativeBinomialLikelihood(1e6).log_prob_entries(output, counts)
    np.testing.assert_allclose(found, stats.poisson.logpmf(counts, np.exp(output)), rtol=1e-3)


def test_outliers_cost_log_nats():
    """Also 1e30 standard deviations away, in float32: no overflow, and a gradient that vanishes."""
    output = tf.Variable([0.0])
    with tf.GradientTape() as tape:
        nats = StudentTLikelihood(4.0).log_prob(tf.convert_to_tensor(output), tf.constant([1e30]), event_ndims=1)
    np.testing.assert_allclose(nats, stats.t.logpdf(1e30, 4.0), rtol=1e-5)
    gradient = tape.gradient(nats, output)
    assert np.isfinite(gradient) and abs(gradient[0]) < 1e-20
    near = StudentTLikelihood(1e6).log_prob(tf.constant([0.3]), tf.constant([1.0]), event_ndims=1)
    np.testing.assert_allclose(near, stats.t.logpdf(0.7, 1e6), rtol=1e-5)


def test_the_variance_of_many_classes_does_not_cancel():
    """All mass on two neighbours of 1,000 classes: variance 1/4, which E[k^2] - E[k]^2 loses in float32."""
    logits = tf.constant([[-100.0] * 998 + [0.0, 0.0]])
    np.testing.assert_allclose(CategoricalLikelihood(1000).variance(logits), [0.25], rtol=1e-4)
    np.testing.assert_allclose(CategoricalLikelihood(1000).probabilities(logits)[0, -2:], 0.5, rtol=1e-6)


class LogNormal(Likelihood):
    """p(y | z) = prod LogNormal(y_j; output_j, 1)."""

    placeholder = 1.0

    def entries(self, output):
        return tfd.LogNormal(output, tf.ones_like(output))


def test_a_likelihood_of_one_s_own_whose_support_lacks_0(rng):
    """Log-normal: log p is -inf at 0, which stands where nothing was observed; `placeholder` keeps it out."""
    model = GPVAE(
        *tiny.build_networks("float64"),
        kernels.exponentiated_quadratic(1.3),
        event_shape=tiny.IMAGE_SHAPE,
        latent_dim=tiny.LATENT_DIM,
        likelihood=LogNormal(),
    )
    batch = tiny.videos(rng) | {"observations": tf.exp(tf.constant(rng.normal(size=(3, 7, *tiny.IMAGE_SHAPE))))}
    points = np.arange(7) % 3 != 1
    for mask in (np.tile(points, (3, 1)), rng.uniform(size=batch["observations"].shape) < 0.7):
        with tf.GradientTape() as tape:
            elbo = model.elbo(batch | {"mask": tf.constant(mask)}, seed=tf.constant([1, 2])).elbo
        gradients = tape.gradient(elbo, model.trainable_variables)
        assert np.all(np.isfinite(elbo)) and all(np.all(np.isfinite(g)) for g in gradients)
    logits = tf.constant(rng.normal(size=(2, 5)))
    values = np.exp(rng.normal(size=(2, 5)))
    found = LogNormal().log_prob(logits, values, values > 1.0, event_ndims=1)
    nats = stats.lognorm.logpdf(values, 1.0, scale=np.exp(logits))
    np.testing.assert_allclose(found, np.where(values > 1.0, nats, 0.0).sum(axis=-1), rtol=1e-9)


class LogitNormal(Likelihood):
    """Numbers in (0, 1), of which TFP has no moments."""

    def entries(self, output):
        return tfd.LogitNormal(output, tf.ones_like(output))


class WithMoments(LogitNormal):
    """The same with moments of its own, at random."""

    def mean(self, output):
        return tf.sigmoid(output)

    def variance(self, output):
        return 0.1 * tf.ones_like(output)


def test_a_distribution_without_moments_is_named():
    """Eager, compiled, and as a part of a mixed likelihood."""
    output, mixed = tf.zeros([2, 3]), MixedLikelihood([LogitNormal(), WithMoments(), WithMoments()])
    for likelihood in (LogitNormal(), mixed):
        for name, moment in (("mean", likelihood.mean), ("variance", likelihood.variance)):
            expected = f"LogitNormal has a LogitNormal for its entries, .* knows no {name}: give .* {name}.output"
            for function in (moment, tf.function(moment)):
                with pytest.raises(NotImplementedError, match=expected):
                    function(output)
    np.testing.assert_array_equal(WithMoments().mean(output), 0.5)
    assert WithMoments().variance(output).shape == [2, 3]


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
def test_beta_weighs_gradients_and_no_values(rng, beta):
    """Gradients are those of log N times variance^beta; with 1, that of a mean is its plain error."""
    output = tf.constant(rng.normal(size=(5, 2, 2)))
    observations = tf.constant(rng.normal(size=(5, 2)))
    likelihood = HeteroscedasticGaussianLikelihood(0.01, beta=beta)
    with tf.GradientTape() as tape:
        tape.watch(output)
        nats = likelihood.log_prob_entries(output, observations)
    gradient = tape.gradient(nats, output).numpy()
    variance = 0.01 + np.log1p(np.exp(output[..., 1]))
    np.testing.assert_allclose(nats, stats.norm.logpdf(observations, output[..., 0], np.sqrt(variance)))
    errors = observations.numpy() - output[..., 0].numpy()
    np.testing.assert_allclose(gradient[..., 0], errors / variance * variance**beta)
    slope = 0.5 * (errors**2 / variance - 1.0) / variance / (1.0 + np.exp(-output[..., 1].numpy()))
    np.testing.assert_allclose(gradient[..., 1], slope * variance**beta)
    with pytest.raises(ValueError, match=r"beta must lie in \[0, 1\], got 1.5"):
        HeteroscedasticGaussianLikelihood(beta=1.5)


def test_the_density_of_millions_of_counts_keeps_its_digits(rng):
    """SciPy's in double precision; terms of it are millions, of which float32 has no digits left."""
    for level in (0.3, 95.0, 110.0, 1e3, 1e6):
        counts = np.append(rng.poisson(level, 200), [0, 99, 100, 101]).astype(np.float32)
        likelihood = PoissonLikelihood(level=level)
        outputs = np.float32(rng.normal(size=counts.shape) / np.sqrt(level))
        found = likelihood.log_prob_entries(tf.constant(outputs), tf.constant(counts))
        expected = stats.poisson.logpmf(counts, np.exp(outputs.astype(np.float64)) * level)
        near = np.abs(counts - level) < 6 * np.sqrt(level) + 1  # of others, 1e-6 of the rate is a nat
        np.testing.assert_allclose(found[near], expected[near], atol=0.01)


@pytest.mark.parametrize("dispersion", [0.5, 99.0, 101.0, 1e5, 1e7, 1e9])
def test_a_large_dispersion_keeps_the_digits_of_counts(rng, dispersion):
    """SciPy's in double precision. TFP's float32 is off by 0.1 nats at counts of 100,000, by 1 at a million."""
    likelihood = NegativeBinomialLikelihood(dispersion)
    for mean in (1.0, 120.0, 1e5, 1e6):
        output = np.float32(np.log(mean))
        share = dispersion / (dispersion + np.exp(np.float64(output)))
        counts = stats.nbinom.rvs(dispersion, share, size=200, random_state=rng).astype(np.float32)
        found = likelihood.log_prob_entries(tf.fill(counts.shape, output), tf.constant(counts))
        expected = stats.nbinom.logpmf(counts.astype(np.float64), dispersion, share)
        np.testing.assert_allclose(found, expected, atol=0.01)
    slope = lambda value: tfp.math.value_and_gradient(
        lambda x: NegativeBinomialLikelihood(dispersion).log_prob_entries(x, tf.constant(value, x.dtype)), output
    )[1]
    for far in (0.0, 5e5, 3e6):  # y - mu over 1 + mu / r
        mean = np.exp(np.float64(output))
        np.testing.assert_allclose(slope(far), (far - mean) / (1.0 + mean / dispersion), rtol=1e-4)


def test_one_hot_channels_are_one_class(rng):
    """Their log probabilities add up to that of the class, as TFP has it, and every draw is a whole class."""
    likelihood, logits = OneHotLikelihood(), tf.constant(rng.normal(size=(500, 4)))
    classes = rng.integers(4, size=500)
    values = np.eye(4)[classes]
    expected = tfp.distributions.Categorical(logits=logits).log_prob(classes)
    np.testing.assert_allclose(likelihood.log_prob(logits, values, event_ndims=1), expected, rtol=1e-12)
    draws = likelihood.sample(logits, tf.constant([0, 1])).numpy()
    np.testing.assert_array_equal(draws.sum(axis=-1), 1.0)
    assert np.mean(draws.argmax(axis=-1) == classes) < 0.5  # each by its own logits
    np.testing.assert_array_equal(likelihood.first_channels(4), 0)


@pytest.mark.parametrize(
    ("row", "known", "message"),
    [
        ([1.0, 1.0, 0.0], [True] * 3, "observations has a class of which 2 channels are 1; OneHot needs a single one"),
        ([0.0, 0.0, 0.0], [True] * 3, "observations has a class of which 0 channels are 1; OneHot needs a single one"),
        ([1.0, 0.0, 0.0], [True, True, False], "observations has classes of which some channels are missing"),
    ],
)
def test_what_is_no_class(row, known, message):
    values = np.array([[0.0, 1.0, 0.0], row])
    with pytest.raises(ValueError, match=message):
        OneHotLikelihood().check(values, np.array([[True] * 3, known]))
    OneHotLikelihood().check(values, np.array([[True] * 3, [False] * 3]))
