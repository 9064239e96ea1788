"""Every likelihood (`support.likelihood_cases`): density, moments and draws by scipy, gaps, half precision, checks."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import likelihoods
from gpvae_tf.entry_masks import as_one
from tests.support.likelihood_cases import CASES, EVENT_SHAPE, LEAD, Case

SEED = tf.constant([1, 2])
NDIMS = len(EVENT_SHAPE)


def every_case(keep=lambda case: True):
    chosen = {name: case for name, case in CASES.items() if keep(case)}
    return pytest.mark.parametrize("case", chosen.values(), ids=chosen.keys())


def log_prob_by_scipy(case: Case, output: np.ndarray, observations: np.ndarray) -> np.ndarray:
    frozen = case.scipy(output)
    try:
        return frozen.logpdf(observations)
    except AttributeError:
        return frozen.logpmf(observations)


def test_every_public_likelihood_has_a_case():
    public = {getattr(likelihoods, name) for name in likelihoods.__all__}
    kinds = {kind for kind in public if isinstance(kind, type) and issubclass(kind, likelihoods.Likelihood)}
    assert {type(case.build()) for case in CASES.values()} == kinds - {likelihoods.Likelihood}


@every_case()
def test_density_and_moments_are_scipy_s(case, rng):
    likelihood, output = case.build(), case.output(rng)
    observations = case.observations(rng, (*LEAD, *EVENT_SHAPE))
    expected = log_prob_by_scipy(case, output, observations)
    tensor = tf.constant(output)
    assert likelihood.output_shape(EVENT_SHAPE) == output.shape[2:]
    assert likelihood.entries(tensor).batch_shape == observations.shape
    np.testing.assert_allclose(likelihood.log_prob_entries(tensor, observations), expected, rtol=1e-9)
    summed = likelihood.log_prob(tensor, observations, event_ndims=NDIMS)
    np.testing.assert_allclose(summed, expected.sum(axis=(-2, -1)), rtol=1e-9)
    whole = likelihood.distribution(tensor, NDIMS)
    assert whole.event_shape == EVENT_SHAPE
    np.testing.assert_allclose(whole.log_prob(observations), summed, rtol=1e-9)
    np.testing.assert_allclose(likelihood.mean(tensor), case.scipy(output).mean(), rtol=1e-9)
    variance = np.broadcast_to(case.scipy(output).var(), observations.shape)
    np.testing.assert_allclose(likelihood.variance(tensor), variance, rtol=1e-9)


@every_case()
def test_draws_have_the_mean_and_the_variance(case, rng):
    """5,000 draws of every entry; their mean lies within five of its standard deviations."""
    num, likelihood = 5_000, case.build()
    output = tf.constant(case.output(rng, (1,)), tf.float32)
    draws = likelihood.sample(tf.tile(output, [num] + [1] * (output.shape.rank - 1)), SEED)
    assert draws.dtype == tf.float32 and draws.shape == (num, *EVENT_SHAPE)
    likelihood.check(draws.numpy())
    least, most = likelihood.support
    assert np.all((least <= draws) & (draws <= most))
    mean, variance = (part.numpy()[0].astype(float) for part in (likelihood.mean(output), likelihood.variance(output)))
    found = draws.numpy().astype(np.float64)
    assert np.all(np.abs(found.mean(axis=0) - mean) < 5.0 * np.sqrt(variance / num))
    if not isinstance(likelihood, likelihoods.StudentTLikelihood):  # whose fourth moment is infinite
        np.testing.assert_allclose(found.var(axis=0), variance, rtol=0.2)
    np.testing.assert_array_equal(likelihood.sample(output, SEED), likelihood.sample(output, SEED))


@every_case()
@pytest.mark.parametrize("missing", [np.nan, 1e30, -7.5])
def test_masked_entries_are_no_entries(case, rng, missing):
    """Whatever stands in their place: the value is the sum of the rest, and every gradient is finite."""
    likelihood = case.build(trainable=True) if case.learns else case.build()
    output = tf.Variable(case.output(rng), dtype=tf.float32)
    observations = case.observations(rng, (*LEAD, *EVENT_SHAPE))
    mask = as_one(rng.uniform(size=observations.shape) < 0.6, likelihood.first_channels(EVENT_SHAPE[-1]))
    mask[0, 1] = False  # nothing of this one
    expected = np.sum(np.where(mask, log_prob_by_scipy(case, output.numpy(), observations), 0.0), axis=(-2, -1))
    data = np.where(mask, observations, missing).astype(np.float32)
    with tf.GradientTape() as tape:
        found = likelihood.log_prob(tf.convert_to_tensor(output), data, mask, event_ndims=NDIMS)
        total = tf.reduce_sum(found)
    gradient, *others = tape.gradient(total, [output, *likelihood.trainable_variables])
    np.testing.assert_allclose(found, expected, rtol=2e-5)
    assert found[0, 1] == 0.0
    assert np.all(np.isfinite(gradient)) and all(np.all(np.isfinite(other)) for other in others)
    missing_gradient = gradient.numpy()[~mask]
    assert not np.any(missing_gradient) and np.all(np.any(gradient.numpy()[mask].reshape(mask.sum(), -1), axis=-1))


@every_case()
def test_all_true_is_no_mask(case, rng):
    likelihood, output = case.build(), tf.constant(case.output(rng), tf.float32)
    observations = tf.constant(case.observations(rng, (*LEAD, *EVENT_SHAPE)), tf.float32)
    mask = tf.ones(observations.shape, tf.bool)
    np.testing.assert_array_equal(
        likelihood.log_prob(output, observations, mask, event_ndims=NDIMS),
        likelihood.log_prob(output, observations, event_ndims=NDIMS),
    )


@every_case(lambda case: case.outside)
def test_values_outside_the_support_are_refused(case, rng):
    likelihood = case.build()
    assert np.all(np.isfinite(likelihood.support[0]))
    for value in case.outside:
        observations = case.observations(rng, (3, *EVENT_SHAPE))
        likelihood.check(observations)
        likelihood.check(observations.astype(np.uint8))
        observations[1, 2, 0] = value
        with pytest.raises(ValueError, match="observations has values from .* need"):
            likelihood.check(observations)
        mask = np.ones(observations.shape, bool)
        with pytest.raises(ValueError, match="observations has values from .* need"):
            likelihood.check(observations, mask)
        mask[1, 2, likelihood.first_channels(EVENT_SHAPE[-1]) == 0] = False
        likelihood.check(observations, mask)
        likelihood.check(observations, np.zeros_like(mask))


@every_case(lambda case: case.learns)
def test_what_is_learned_is_one_float32_variable(case, rng):
    """Gradients of one dtype, whatever the algebra: MirroredStrategy reduces them together."""
    likelihood = case.build(trainable=True)
    observations = case.observations(rng, (*LEAD, *EVENT_SHAPE))
    for dtype in (tf.float32, tf.float64):
        output = tf.constant(case.output(np.random.default_rng(0)), dtype)
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(likelihood.log_prob(output, observations, event_ndims=NDIMS))
        (variable,) = likelihood.trainable_variables
        gradient = tape.gradient(total, variable)
        assert total.dtype == dtype and variable.dtype == gradient.dtype == tf.float32
        assert np.all(np.abs(gradient) > 1e-3)
        fixed = case.build().log_prob(output, observations, event_ndims=NDIMS)
        np.testing.assert_allclose(total, tf.reduce_sum(fixed), rtol=1e-5)
    assert case.build().trainable_variables == ()


@every_case()
@pytest.mark.parametrize("half", [tf.float16, tf.bfloat16], ids=lambda dtype: dtype.name)
def test_half_precision_is_summed_in_float32(case, rng, half):
    """A picture of 64 x 64 x 3: the output has half the digits, but the sum loses none of what is left."""
    likelihood = case.build()
    output = tf.cast(tf.constant(0.3 * rng.normal(size=(2, 64, 64, 3, *case.output_tail))), half)
    observations = case.observations(rng, (2, 64, 64, 3)).astype(np.float32)
    found = likelihood.log_prob(output, observations)
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found, likelihood.log_prob(tf.cast(output, tf.float64), observations), rtol=1e-5)
