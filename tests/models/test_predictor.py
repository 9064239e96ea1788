"""Predictive distributions of a model that is known exactly: an identity of channels and data makes a GP-VAE a GP."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from gpvae_tf import kernels, likelihoods
from gpvae_tf._keras import keras
from gpvae_tf.evaluation import predictive
from gpvae_tf.models import GPVAE
from gpvae_tf.scaling import Scaling
from tests.support import sequence_models, tiny

C, N = 2, 9
LENGTH, NOISE = 1.5, np.array([0.3, 0.05])  # of scaled times and observations
GAIN = np.array([1.0, -2.0])  # y = GAIN z + noise
SCALING = Scaling(input_offset=1.7e9, input_scale=60.0, offset=[10.0, -3.0], scale=[2.0, 0.5])
TIMES = 1.7e9 + 60.0 * np.linspace(0.0, 8.0, N)[:, None]


def dense(kernel, bias):
    layer = keras.Sequential(
        [keras.layers.InputLayer((C,), dtype="float64"), keras.layers.Dense(len(bias), dtype="float64")]
    )
    layer.set_weights([kernel, bias])
    return layer


@pytest.fixture(scope="module")
def model():
    """The encoder is the likelihood of z: mean y / GAIN, variance NOISE / GAIN^2, so that inference is exact."""
    encoder = dense(
        np.concatenate([np.diag(1 / GAIN), np.zeros((C, C))], axis=1), np.r_[0.0, 0.0, np.log(NOISE / GAIN**2)]
    )
    return GPVAE(
        encoder,
        dense(np.diag(GAIN), np.zeros(C)),
        kernels.exponentiated_quadratic(LENGTH),
        event_shape=(C,),
        latent_dim=C,
        likelihood=likelihoods.GaussianLikelihood(NOISE),
        scaling=SCALING,
    )


def prior(times):
    scaled = (times[:, 0] - 1.7e9) / 60.0
    return np.exp(-0.5 * ((scaled[:, None] - scaled) / LENGTH) ** 2)


def series(rng, num):
    """Draws of the model, [num, N, C]: signal and what is observed of it, in original units."""
    root = np.linalg.cholesky(prior(TIMES) + 1e-9 * np.eye(N))
    signal = np.einsum("ij,bjc->bic", root, rng.normal(size=(num, N, C))) * GAIN
    noisy = signal + np.sqrt(NOISE) * rng.normal(size=signal.shape)
    return noisy * SCALING.scale + SCALING.offset


def exact(observations, seen):
    """Mean and covariance of the noise-free data at all times, given rows `seen` of [N, C], in original units."""
    covariance = prior(TIMES)
    means, covariances = [], []
    for channel in range(C):
        k, noise = GAIN[channel] ** 2 * covariance, NOISE[channel]
        y = (observations[seen, channel] - SCALING.offset[channel]) / SCALING.scale[channel]
        weights = np.linalg.solve(k[np.ix_(seen, seen)] + noise * np.eye(len(seen)), k[seen])
        means.append(weights.T @ y * SCALING.scale[channel] + SCALING.offset[channel])
        covariances.append((k - k[:, seen] @ weights) * SCALING.scale[channel] ** 2)
    return np.stack(means, axis=-1), np.stack(covariances, axis=-1)


SEEN = [0, 1, 2, 6, 8]


@pytest.fixture(scope="module")
def context():
    observations = series(np.random.default_rng(2), 1)
    return {"observations": observations[:, SEEN], "inputs": TIMES[None, SEEN]}, observations[0]


def test_predict_y_is_the_gaussian_that_it_has_to_be(model, context):
    """Both sources of variance, quantiles and density, from 4,000 draws, at times a minute apart in 2023."""
    given, observations = context
    mean, covariance = exact(observations, SEEN)
    latent, noise = np.diagonal(covariance).T, NOISE * SCALING.scale**2
    predictor, size = model.condition_on(given), 4000
    found = predictor.predict_y(TIMES[None], size)
    deviation = np.sqrt(latent + noise)
    assert np.abs((found.mean[0] - mean) / np.sqrt(latent / size + 1e-12)).max() < 4.5
    np.testing.assert_allclose(found.latent_variance[0], latent, rtol=0.15, atol=1e-9)
    np.testing.assert_allclose(found.noise_variance[0], np.broadcast_to(noise, (N, C)), rtol=1e-6)
    normal = scipy.stats.norm(mean, deviation)
    for level, quantile in zip((0.025, 0.5, 0.975), found.quantiles, strict=True):
        error = (quantile[0] - normal.ppf(level)) / deviation
        spread = np.sqrt(level * (1 - level) / size) / scipy.stats.norm.pdf(scipy.stats.norm.ppf(level))
        assert np.abs(error).max() < 4.5 * spread
    density = predictor.predict_log_density(TIMES[None], observations[None], size)
    np.testing.assert_allclose(density[0], normal.logpdf(observations), atol=0.15)
    assert predictive.nlpd_of(density.numpy()) == pytest.approx(-normal.logpdf(observations).mean(), abs=0.03)


def test_joint_draws_go_together_as_predict_joint_says(model, context):
    given, observations = context
    _, covariance = exact(observations, SEEN)
    predictor, size, rows = model.condition_on(given), 4000, [3, 4, 5]
    z = predictor.draws(TIMES[None, rows], size, 1, joint=True).numpy()[:, 0]  # [S, s, C]
    expected = predictor.latent.predict_joint(model.features(tf.constant(TIMES[None, rows])))[1][0]
    for channel in range(C):
        found = np.cov(z[..., channel].T)
        np.testing.assert_allclose(found, expected[channel], atol=0.08 * np.max(expected[channel]))
        np.testing.assert_allclose(
            expected[channel] * GAIN[channel] ** 2 * SCALING.scale[channel] ** 2,
            covariance[np.ix_(rows, rows)][..., channel],
            rtol=1e-6,
        )
    apart = predictor.draws(TIMES[None, rows], size, 1).numpy()[:, 0]
    assert np.corrcoef(z[..., 0].T)[0, 1] > 0.5 and abs(np.corrcoef(apart[..., 0].T)[0, 1]) < 0.08
    y = predictor.predict_y(TIMES[None, rows], size, joint=True, quantiles=()).samples.numpy()[:, 0]
    together = covariance[3, 4] / np.sqrt(
        (covariance[3, 3] + NOISE * SCALING.scale**2) * (covariance[4, 4] + NOISE * SCALING.scale**2)
    )
    for channel in range(C):
        assert abs(np.corrcoef(y[..., channel].T)[0, 1] - together[channel]) < 0.08


def test_intervals_hold_their_share_of_the_model_s_own_data(model, rng):
    """600 series with random gaps: 90 % of what was missing lies in the 90 % interval."""
    truth = series(rng, 600)
    frames = rng.uniform(size=truth.shape[:2]) < 0.5
    batch = {
        "observations": np.where(frames[..., None], truth, np.nan),
        "inputs": np.tile(TIMES, (600, 1, 1)),
        "mask": frames,
    }
    filled = model.impute(batch, interval=0.9)
    covered = predictive.coverage(truth, filled.lower.numpy(), filled.upper.numpy(), ~frames)
    assert abs(covered - 0.9) < 0.015
    np.testing.assert_array_equal(filled.filled, np.where(frames[..., None], truth, filled.mean))
    exactly = np.stack([exact(row, np.flatnonzero(seen))[0] for row, seen in zip(truth[:20], frames[:20], strict=True)])
    errors = (filled.mean.numpy()[:20] - exactly) / filled.stddev.numpy()[:20]
    assert np.abs(errors).max() < 0.5 and np.abs(errors).mean() < 0.1
    scores, normal = (
        model.score_entries(batch, truth, 400),
        (filled.mean.numpy(), filled.stddev.numpy()),
    )  # it is linear
    nlpd = predictive.nlpd_of(scores.log_density.numpy(), ~frames)
    assert nlpd == pytest.approx(predictive.nlpd(truth, normal, ~frames), abs=0.02)
    assert np.mean(scores.crps.numpy()[~frames]) == pytest.approx(predictive.crps(truth, normal, ~frames), rel=0.02)


def test_scores_need_two_draws_and_a_truth_of_every_entry(model, context):
    observations = context[1][None]
    batch = {"observations": observations, "inputs": TIMES[None]}
    with pytest.raises(ValueError, match="num_samples must be at least 2, as the CRPS compares draws, got 1"):
        model.score_entries(batch, observations, 1)
    with pytest.raises(ValueError, match=r"truth has shape \(1, \d+, 1\); expected \[1, \d+, 2\]"):
        model.score_entries(batch, observations[..., :1])


def test_missing_entries_are_filled_from_their_own_frame(model, context):
    """An observed frame keeps what was observed of it, to the last digit; its other entry is predicted."""
    observations = context[1][None]
    mask = np.ones(observations.shape, bool)
    mask[0, 3], mask[0, 5, 1] = False, False
    batch = {"observations": np.where(mask, observations, np.nan), "inputs": TIMES[None], "mask": mask}
    found = model.impute(batch)
    np.testing.assert_array_equal(found.filled[mask], observations[mask])
    np.testing.assert_array_equal(found.filled[~mask], found.mean[~mask])
    in_frames = model.impute(batch | {"mask": np.ones((1, N), bool), "observations": observations})
    np.testing.assert_array_equal(in_frames.filled, observations)  # masks of both kinds, one compiled encoder
    assert np.all(np.isfinite(found.mean)) and np.all((found.lower < found.mean) & (found.mean < found.upper))


def test_seeds_are_whole_numbers_or_pairs(model, context):
    predictor = model.condition_on(context[0])
    draw = lambda seed: predictor.predict_y(TIMES[None], 3, seed, quantiles=()).samples
    np.testing.assert_array_equal(draw(0), draw(tf.constant([0, 0])))
    assert np.all(draw(0) != draw(1))
    np.testing.assert_array_equal(
        predictor.generate(TIMES[None], 7), predictor.generate(TIMES[None], tf.constant([7, 0]))
    )
    np.testing.assert_array_equal(model.sample(2, 7, TIMES), model.sample(2, tf.constant([7, 0]), TIMES))
    np.testing.assert_array_equal(model.predict_y(context[0], TIMES[None], 3, quantiles=()).samples, draw(0))
    np.testing.assert_array_equal(model.predict_f(context[0], TIMES[None]).mean, predictor.predict_f(TIMES[None]).mean)


def test_a_second_context_compiles_nothing(model, context):
    given, observations = context
    model.predict_y(given, TIMES[None])
    functions = list(model.data_distribution._compiled.values())
    before = [function.experimental_get_tracing_count() for function in functions]
    more = {"observations": np.stack([observations] * 3)[:, :4], "inputs": np.stack([TIMES] * 3)[:, :4]}
    model.predict_y(more, np.stack([TIMES[:3]] * 3), 50)
    assert [function.experimental_get_tracing_count() for function in functions] == before
    assert len(model.data_distribution._compiled) == len(functions)


QUESTIONS = {
    "predict_f": lambda p, at: p.predict_f(at),
    "predict_y": lambda p, at: p.predict_y(at, 40),
    "density": lambda p, at: p.predict_log_density(at, np.zeros((*at.shape[:-1], *tiny.IMAGE_SHAPE))),
    "draws": lambda p, at: p.draws(at, 2, 0, joint=True),
    "means": lambda p, at: p.generate(at),
    "drawn": lambda p, at: p.generate(at, 0),
}


@pytest.mark.parametrize("build", [sequence_models.gp_vae, sequence_models.markov_gp_vae, sequence_models.svgp_vae])
def test_a_predictor_does_not_outlive_training(build, rng):
    """Its factors are those of the old kernel: it asks for a new one. Compiled code does not look."""
    model, batch = build(), tiny.videos(rng)
    at = batch["inputs"].numpy()[:, :4] + 0.3
    model.compile("adam")
    predictor = model.condition_on(batch)
    compiled = tf.function(lambda inputs: predictor.predict_f(inputs).mean)
    before = {name: ask(predictor, at) for name, ask in QUESTIONS.items()}
    model.evaluate(tf.data.Dataset.from_tensors(batch), verbose=0)
    np.testing.assert_array_equal(before["means"], predictor.generate(at))
    np.testing.assert_allclose(compiled(at), before["predict_f"].mean, rtol=1e-9)
    scale = model.latent_gp.trainable_variables[0]
    value = scale.numpy()
    scale.assign_add(tf.ones_like(scale))
    for ask in QUESTIONS.values():
        with pytest.raises(RuntimeError, match=f"{scale.name} changed, .*: call condition_on again"):
            ask(predictor, at)
    assert np.all(np.isfinite(compiled(at)))
    scale.assign(value)
    predictor.predict_f(at)
    model.fit(tf.data.Dataset.from_tensors(batch), verbose=0)
    with pytest.raises(RuntimeError, match="the model is another one since condition_on, steps.* changed"):
        predictor.predict_f(at)
    predictor = model.condition_on(batch)
    model.scaling = Scaling(scale=2.0)
    with pytest.raises(RuntimeError, match="since condition_on, scaling changed"):
        predictor.predict_f(at)
    assert np.all(model.condition_on(batch).predict_f(at).variance > 0.0)


@pytest.mark.parametrize(
    "ask, message",
    [
        (lambda p: p.predict_f(TIMES[:, 0]), r"inputs has shape \(9,\); expected \[1, s, 1\]"),
        (lambda p: p.predict_f(TIMES.T), r"inputs has shape \(1, 9\); expected \[1, s, 1\]"),
        (lambda p: p.generate(np.tile(TIMES, (2, 1, 1))), r"inputs has shape \(2, 9, 1\); expected \[1, s, 1\]"),
        (lambda p: p.generate(np.tile(TIMES, (1, 1, 2)), 0), r"inputs has shape \(1, 9, 2\); expected \[1, s, 1\]"),
        (lambda p: p.predict_y(np.tile(TIMES, (2, 1, 1))), r"inputs has shape \(2, 9, 1\)"),
        (lambda p: p.predict_y(TIMES[None], 38), r"num_samples must be >= 39 for a quantile that lies 0.025 from"),
        (lambda p: p.predict_y(TIMES[None], 1, quantiles=()), r"num_samples must be >= 2 for a variance, got 1"),
        (lambda p: p.predict_y(TIMES[None], quantiles=(0.0, 0.5)), r"quantiles must lie in \(0, 1\), got \(0.0, 0.5\)"),
        (lambda p: p.predict_y(TIMES[None], quantiles=0.5), r"quantiles must be a list of levels, .*, got 0.5"),
        (lambda p: p.predict_y(TIMES[None], seed=None), r"seed must be a whole number or two of them, got None"),
        (lambda p: p.predict_y(TIMES[None], seed=0.5), r"seed must be a whole number or two of them, got 0.5"),
        (lambda p: p.predict_y(TIMES[None], seed=[1, 2, 3]), r"seed must be a whole number or two"),
        (lambda p: p.predict_y(TIMES[None], seed=2**31), r"seed must lie in -2\^31, ..., 2\^31 - 1, got 2147483648"),
        (lambda p: p.predict_y(TIMES[None], chunk=0), "chunk must be >= 1, got 0"),
        (lambda p: p.predict_log_density(TIMES[None], np.zeros((1, 8, C))), r"observations has shape \(1, 8, 2\)"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(model, context, ask, message):
    with pytest.raises(ValueError, match=message):
        ask(model.condition_on(context[0]))


def test_an_interval_needs_enough_draws(model, context):
    for interval, num, message in (
        (0.99, 100, "num_samples must be >= 199"),
        (1.0, 100, r"interval must lie in \(0, 1\)"),
    ):
        with pytest.raises(ValueError, match=message):
            model.impute(context[0], interval, num)


def test_no_queries_are_no_answers(model, context):
    """In compiled code too, of predictions and of scores."""
    predictor = model.condition_on(context[0])
    inputs = tf.zeros([*predictor.input_spec.lead, 0, predictor.input_spec.data_columns], tf.float64)
    shape = (*inputs.shape[:2], *model.event_shape)
    found = predictor.predict_y(inputs, 50)
    assert found.mean.shape == found.stddev.shape == shape and found.quantiles.shape == (3, *shape)
    assert predictor.predict_log_density(inputs, tf.zeros(shape)).shape == shape
    assert predictor.generate(inputs, 0).shape == shape
