"""p(y) from draws of the latents: moments, quantiles, draws and density, against NumPy on the same latents."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from gpvae_tf import likelihoods
from gpvae_tf.evaluation.forecasts import SampleForecast
from gpvae_tf.models.prediction.data_distribution import DataDistribution
from gpvae_tf.models.prediction.sorted_draws import crps, quantiles
from gpvae_tf.scaling import Scaling
from tests.support.eager import running_eagerly
from tests.support.likelihood_cases import CASES, EVENT_SHAPE

S, L, EVENT = 2000, 2, (3,)
LEAD = (2, 5)  # data sets and points
SEED, LEVELS = tf.constant([3, 4]), np.array([0.05, 0.5, 0.95])
SCALING = Scaling(offset=np.array([5.0, 0.0, -1.0]), scale=np.array([2.0, 1.0, 10.0]))


def rates(z, x):
    """A decoder that is not linear and sees its inputs: outputs [..., 3], which NumPy and TensorFlow compute alike."""
    return 0.5 * z[..., :1] ** 2 + z[..., 1:] * x - x


def decoder(z, inputs):
    return rates(z, tf.cast(inputs, z.dtype))


@pytest.fixture
def eager():
    """Tracing would take most of the time."""
    with running_eagerly():
        yield


@pytest.fixture(scope="module")
def latents():
    """Draws [S, *LEAD, L] and inputs [*LEAD, 3]."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=(*LEAD, L)) + rng.uniform(0.1, 0.8, (*LEAD, L)) * rng.normal(size=(S, *LEAD, L))
    return z, rng.uniform(-1, 1, (*LEAD, 3))


def distribution(likelihood, scaling=SCALING, dtype=tf.float64):
    return DataDistribution(decoder, likelihood, EVENT, dtype, scaling)


# Each with E[y | z] and Var[y | z] of outputs, in NumPy.
KINDS = {
    "gaussian": (
        likelihoods.GaussianLikelihood([0.3, 0.1, 0.5]),
        lambda o: o,
        lambda o: 0 * o + [0.3, 0.1, 0.5],
        SCALING,
    ),
    "poisson": (likelihoods.PoissonLikelihood(), np.exp, np.exp, Scaling()),
    "bernoulli": (
        likelihoods.BernoulliLikelihood(),
        scipy.special.expit,
        lambda o: scipy.special.expit(o) * scipy.special.expit(-o),
        Scaling(),
    ),
}


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("kind", KINDS)
def test_moments_follow_the_law_of_total_variance(kind, latents):
    """In chunks that fit neither the points nor the draws; draws of y have these moments too, and these quantiles."""
    likelihood, mean, variance, scaling = KINDS[kind]
    z, inputs = latents
    output = rates(z, inputs)
    options = dict(seed=SEED, levels=LEVELS, chunk=1500)
    found = distribution(likelihood, scaling).summary(z, inputs, **options)
    np.testing.assert_allclose(found.mean, mean(output).mean(axis=0) * scaling.scale + scaling.offset, rtol=1e-9)
    latent, noise = mean(output).var(axis=0, ddof=1), variance(output).mean(axis=0)
    np.testing.assert_allclose(found.latent_variance, latent * scaling.scale**2, rtol=1e-9)
    np.testing.assert_allclose(found.noise_variance, noise * scaling.scale**2, rtol=1e-9)
    np.testing.assert_allclose(found.stddev, np.sqrt(latent + noise) * scaling.scale, rtol=1e-9)
    assert found.samples.shape == (S, *LEAD, *EVENT)
    error = (found.samples.numpy().mean(axis=0) - found.mean) / found.stddev * np.sqrt(S)
    assert np.abs(error).max() < 4 and np.std(error) > 0.4  # neither biased nor the means themselves
    np.testing.assert_allclose(found.samples.numpy().var(axis=0), found.variance, rtol=0.25)
    if not np.any(likelihood.is_discrete):
        expected = np.quantile(found.samples, LEVELS, axis=0, method="weibull")
        np.testing.assert_allclose(found.quantiles, expected, rtol=1e-9)


@pytest.mark.usefixtures("eager")
def test_density_is_that_of_the_mixture(latents):
    """Per original unit: the density of y = 2 x is half that of x."""
    z, inputs = latents
    observations = np.random.default_rng(5).normal(size=(*LEAD, 3)) * SCALING.scale + SCALING.offset
    observations[0, 0, 0] = np.nan
    found = distribution(KINDS["gaussian"][0]).log_density(z, inputs, observations, chunk=900)
    centres, spread = rates(z, inputs) * SCALING.scale + SCALING.offset, np.sqrt([0.3, 0.1, 0.5]) * SCALING.scale
    expected = scipy.special.logsumexp(scipy.stats.norm.logpdf(observations, centres, spread), axis=0) - np.log(S)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert np.isnan(found[0, 0, 0]) and np.isfinite(found.numpy().ravel()[1:]).all()


@pytest.mark.usefixtures("eager")
def test_a_density_of_counts_is_their_probability(latents):
    z, inputs = latents
    counts = np.random.default_rng(5).poisson(1.0, (*LEAD, 3)).astype(float)
    found = distribution(likelihoods.PoissonLikelihood(), Scaling()).log_density(z, inputs, counts)
    expected = np.log(scipy.stats.poisson.pmf(counts, np.exp(rates(z, inputs))).mean(axis=0))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "likelihood, wrong, message",
    [
        (likelihoods.BernoulliLikelihood(), 7.0, r"a Bernoulli decoder needs \[0, 1\]"),
        (likelihoods.PoissonLikelihood(), 2.5, "Poisson.* needs whole numbers from 0"),
    ],
)
def test_what_cannot_be_has_no_density(latents, likelihood, wrong, message):
    """Of a pixel of 7 the formula gave a probability of 25."""
    z, inputs = latents
    observations = np.ones((*LEAD, 3))
    observations[0, 0, 0] = np.nan
    distribution(likelihood, Scaling()).log_density(z, inputs, observations)
    observations[0, 0, 1] = wrong
    with pytest.raises(ValueError, match=message):
        distribution(likelihood, Scaling()).log_density(z, inputs, observations)


@pytest.mark.usefixtures("eager")
def test_scores_are_those_of_the_draws_and_the_density(latents):
    """In original units, in chunks, and NaN where nothing is known; the draws are those of `summary`."""
    z, inputs = latents[0][:60], latents[1]
    truth = np.random.default_rng(5).normal(size=(*LEAD, 3)) * SCALING.scale + SCALING.offset
    truth[0, 0, 0] = np.nan
    ours = distribution(KINDS["gaussian"][0])
    found = ours.scores(z, inputs, truth, SEED, chunk=200)
    draws = ours.summary(z, inputs, seed=SEED, levels=(), chunk=200).samples.numpy()
    expected = SampleForecast(draws).crps(np.nan_to_num(truth))
    np.testing.assert_allclose(found.crps.numpy().ravel()[1:], expected.ravel()[1:], rtol=1e-9)
    np.testing.assert_allclose(found.log_density, ours.log_density(z, inputs, truth, chunk=200), rtol=1e-12)
    assert np.isnan(found.crps[0, 0, 0])


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("name", CASES)
def test_what_is_not_known_has_no_score_under_any_likelihood(name, rng):
    """And what is known beside it keeps its own: classes, counts and mixed channels have no density of NaN."""
    case, draws = CASES[name], 6
    output = tf.constant(case.output(rng, (draws * 5,)))
    decode = lambda z, inputs: tf.gather(output, tf.cast(z[:, 0], tf.int32))
    ours = DataDistribution(decode, case.build(), EVENT_SHAPE, tf.float64, Scaling())
    z = tf.reshape(tf.range(draws * 5, dtype=tf.float64), [draws, 1, 5, 1])
    truth = case.observations(rng, (1, 5, *EVENT_SHAPE)).astype(float)
    known = np.arange(truth.size).reshape(truth.shape) % 7 > 1
    with_gaps = np.where(known, truth, [np.nan, np.nan, np.inf])  # of three channels
    whole, found = (ours.scores(z, None, values, SEED, chunk=12) for values in (truth, with_gaps))
    for part, expected in zip((*found, ours.log_density(z, None, with_gaps)), (*whole, whole.log_density), strict=True):
        np.testing.assert_allclose(part, np.where(known, expected, np.nan), rtol=1e-9)
        assert np.all(np.isfinite(expected))


@pytest.mark.usefixtures("eager")
def test_of_yes_or_no_the_score_is_brier_s(latents):
    """(truth - p)^2 is the expectation of the fair estimate, which S draws miss by about 1 / sqrt(S)."""
    z, inputs = latents
    truth = (np.random.default_rng(5).uniform(size=(*LEAD, 3)) < 0.5).astype(float)
    probability = scipy.special.expit(rates(z, inputs)).mean(axis=0)
    found = distribution(likelihoods.BernoulliLikelihood(), Scaling()).scores(z, inputs, truth, SEED)
    np.testing.assert_allclose(found.crps, np.square(truth - probability), atol=3 / np.sqrt(S))
    np.testing.assert_allclose(found.log_density, np.log(np.where(truth, probability, 1.0 - probability)), rtol=1e-9)


def test_one_function_serves_all_sizes(latents):
    """And another one only what needs another: without samples, a decoder that sees no inputs, the density."""
    z, inputs = latents
    ours = distribution(KINDS["gaussian"][0], dtype=tf.float32)
    for size, sets, num_levels in ((10, 2, 3), (11, 1, 3), (10, 1, 0)):
        part = ours.summary(z[:size, :sets], inputs[:sets], seed=SEED, levels=LEVELS[:num_levels])
        assert part.samples.shape == (size, sets, 5, 3) and part.quantiles.shape == (num_levels, sets, 5, 3)
    (function,) = ours._compiled.values()
    assert function.experimental_get_tracing_count() == 1
    with running_eagerly():
        without = ours.summary(z[:10], inputs, seed=SEED, levels=LEVELS, keep_samples=False)
    np.testing.assert_allclose(
        without.quantiles, ours.summary(z[:10], inputs, seed=SEED, levels=LEVELS).quantiles, rtol=1e-5
    )
    assert without.samples is None


def test_many_models_are_no_function_that_is_traced_too_often(latents, monkeypatch):
    """TensorFlow counts tracings by the code of what is traced, and warned of the sixth model."""
    z, inputs = latents[0][:2, :1], latents[1][:1]
    warned = []
    monkeypatch.setattr(tf.get_logger(), "warning", lambda *words: warned.append(words))
    for _ in range(6):
        distribution(KINDS["gaussian"][0]).log_density(z, inputs, np.ones((1, 5, 3)))
    assert not warned


@pytest.mark.usefixtures("eager")
def test_other_seeds_draw_other_noise(latents):
    z, inputs = latents[0][:5], latents[1]
    ours = distribution(KINDS["gaussian"][0])
    draw = lambda *seed, chunk=None: ours.summary(z, inputs, seed=tf.constant(seed), levels=(), chunk=chunk).samples
    np.testing.assert_array_equal(draw(1, 2), draw(1, 2))
    assert np.all(draw(1, 2) != draw(1, 3))
    noise = (draw(1, 2, chunk=2) - rates(z, inputs) * SCALING.scale - SCALING.offset).numpy().reshape(-1, 3)
    assert len(np.unique(noise[:, 0])) == len(noise)  # no chunk repeats another's


@pytest.mark.parametrize("size", [39, 100])
def test_quantiles_are_those_of_numpy_s_rule(rng, size):
    ordered = np.sort(rng.normal(size=(size, 4, 2)), axis=0)
    levels = np.array([0.025, 0.3, 0.5, 0.975])
    expected = np.quantile(ordered, levels, axis=0, method="weibull")
    np.testing.assert_allclose(quantiles(tf.constant(ordered), tf.constant(levels)), expected, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [39, 99, 200])
def test_quantiles_of_whole_numbers_are_some_of_them(rng, size, dtype):
    """Of both draws that a quantile lies between the outer one, where it does not hit one; beside other channels."""
    levels = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])
    draws = np.stack([rng.poisson(8.0, (size, 50)), rng.normal(size=(size, 50))], axis=-1)
    ordered = np.sort(draws, axis=0).astype(dtype)
    found = quantiles(tf.constant(ordered), tf.constant(levels, dtype), np.array([True, False])).numpy()
    for level, counts in zip(levels, found[..., 0]):
        place = round(level * (size + 1) - 1.0, 6)
        np.testing.assert_array_equal(counts, ordered[int(np.ceil(place) if level > 0.5 else place), :, 0])
    expected = np.quantile(ordered[..., 1], levels, axis=0, method="weibull")
    np.testing.assert_allclose(found[..., 1], expected, rtol=1e-4, atol=1e-5)


def test_the_score_of_few_draws_is_the_mean_over_pairs(rng):
    draws, truth = rng.normal(size=(5, 3)), rng.normal(size=3)
    pairs = np.abs(draws[:, None] - draws).sum(axis=(0, 1)) / (5 * 4)
    expected = np.abs(draws - truth).mean(axis=0) - 0.5 * pairs
    np.testing.assert_allclose(crps(tf.constant(np.sort(draws, axis=0)), tf.constant(truth)), expected, rtol=1e-12)
