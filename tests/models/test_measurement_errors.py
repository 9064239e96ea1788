"""Observations with errors of known size, in every model that is registered as reading them."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from gpvae_tf import data, networks, recalibration
from gpvae_tf.likelihoods import BernoulliLikelihood, GaussianLikelihood, MixedLikelihood, PoissonLikelihood
from gpvae_tf.models import GPVAE
from gpvae_tf.scaling import Scaling
from tests.support import image_models, registry, sequence_models, tiny
from tests.support.seeds import seed_networks

SEED = tf.constant([3, 4])
VARIANCE, ERROR = 0.3, 0.8


def built(build, variance, **options):
    seed_networks()
    return build(likelihood=GaussianLikelihood(variance), **options)


@registry.having("errors")
def test_one_error_for_all_is_a_larger_variance(entry, rng):
    """The bound with variance v and errors e is that with variance v + e^2, gradients too."""
    batch = entry.batch(rng)
    with_errors = batch | {"errors": tf.fill(batch["observations"].shape, ERROR)}
    found = []
    for variance, given in ((VARIANCE, with_errors), (VARIANCE + ERROR**2, batch)):
        model = built(entry.build, variance)
        entry.prepare(model, given)
        model.check_batch(given)
        with tf.GradientTape() as tape:
            bound = model.elbo(given, seed=SEED)
            value = tf.reduce_sum(bound.elbo)
        found.append(
            (bound.reconstruction, bound.regularizer, *tape.gradient(value, model.decoder.trainable_variables))
        )
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=2e-5, atol=1e-4)
    plain = built(entry.build, VARIANCE)
    entry.prepare(plain, batch)
    assert np.all(np.abs(plain.elbo(batch, seed=SEED).reconstruction - found[0][0]) > 0.1)


@registry.having("errors")
def test_no_error_is_an_error_of_0(entry, rng):
    model, batch = built(entry.build, VARIANCE), entry.batch(rng)
    entry.prepare(model, batch)
    none = batch | {"errors": tf.zeros(batch["observations"].shape)}
    for ours, expected in zip(model.elbo(none, seed=SEED)[:2], model.elbo(batch, seed=SEED)[:2], strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-6)


def problem(rng, num=4):
    """Series of two channels with errors that differ by a factor of 100, and some gaps."""
    times = np.sort(rng.uniform(0.0, 20.0, (num, 15)), axis=1)[..., np.newaxis]
    errors = rng.uniform(0.02, 2.0, (num, 15, 2))
    values = 10.0 + 5.0 * np.sin(times / [2.0, 3.0]) + errors * rng.normal(size=errors.shape)
    return values, times, rng.uniform(size=values.shape) < 0.8, errors


def model_of(sequences, **options):
    seed_networks()
    return GPVAE.from_data(sequences, latent_dim=2, units=8, verbose=False, **options)


def test_what_the_encoder_sees_of_a_value(rng):
    """1 / (1 + 10 e) of the scaled error e, 0 where nothing was observed; errors there may hold anything."""
    values, times, mask, errors = problem(rng)
    sequences = data.from_arrays(values, times, mask, errors=np.where(mask, errors, np.nan))
    model = model_of(sequences)
    assert model.mask_channel
    batch = next(iter(sequences.in_order()))
    seen = model.observed(batch).seen(model.mask_channel).numpy()
    scaled = errors / model.scaling.scale
    np.testing.assert_allclose(seen[..., 2:], np.where(mask, 1.0 / (1.0 + 10.0 * scaled), 0.0), rtol=1e-5)
    broken = batch | {"errors": tf.where(batch["mask"], batch["errors"], np.nan)}
    with tf.GradientTape() as tape:
        bound = tf.reduce_sum(model.elbo(broken, SEED).elbo)
    np.testing.assert_array_equal(bound, tf.reduce_sum(model.elbo(batch, SEED).elbo))
    assert all(np.all(np.isfinite(part)) for part in tape.gradient(bound, model.trainable_variables))
    blind = model_of(sequences, mask_channel=False)
    assert blind.encoder.input_shape[-1] == 2 and model.encoder.input_shape[-1] == 4


def test_the_largest_error_leaves_the_bound_finite(rng):
    values, times, _, errors = problem(rng)
    errors[0, 0] = 1e18  # of values from 4 to 16
    batch = next(iter((sequences := data.from_arrays(values, times, errors=np.minimum(errors, 1e16))).in_order()))
    model = model_of(sequences)
    batch = batch | {"errors": tf.constant(errors, tf.float32)}
    model.check_batch(batch)
    with tf.GradientTape() as tape:
        bound = tf.reduce_sum(model.elbo(batch, SEED).elbo)
    assert all(np.all(np.isfinite(part)) for part in (bound, *tape.gradient(bound, model.trainable_variables)))
    assert np.all(np.isfinite(model.impute(batch, 0.5, 20, measured=True).stddev))


def test_units_do_not_matter(rng):
    """Grams for kilograms: the bound of the scaled data stays, whatever the unit of values and errors."""
    values, times, mask, errors = problem(rng)
    bounds = []
    for unit in (1.0, 1e3):
        sequences = data.from_arrays(unit * values, times, mask, errors=unit * errors)
        bounds.append(model_of(sequences).elbo(next(iter(sequences.in_order())), SEED).elbo)
    np.testing.assert_allclose(*bounds, rtol=1e-4)


def test_predictions_are_of_the_data_or_of_what_is_measured(rng):
    """The mean is the same; variances add, and so do those of the draws that an interval is made of."""
    values, times, mask, errors = problem(rng)
    sequences = data.from_arrays(values, times, mask, errors=errors)
    model, batch = model_of(sequences), next(iter(sequences.in_order()))
    true, seen = (model.impute(batch, 0.5, num_samples=4_000, measured=which) for which in (False, True))
    np.testing.assert_array_equal(true.mean, seen.mean)
    np.testing.assert_allclose(seen.stddev**2, true.stddev**2 + errors**2, rtol=1e-4)
    widths = [(made.upper - made.lower).numpy() / (2.0 * stats.norm.ppf(0.75)) for made in (true, seen)]
    np.testing.assert_allclose(widths[1] ** 2 - widths[0] ** 2, errors**2, atol=0.1 * seen.stddev.numpy().max() ** 2)
    np.testing.assert_array_equal(seen.filled[mask], batch["observations"][mask])


def test_scores_of_hidden_values_are_those_of_what_was_measured(rng):
    """Against the mixture over draws by scipy, whose spread is that of noise and errors."""
    values, times, mask, errors = problem(rng)
    sequences = data.from_arrays(values, times, mask, errors=errors)
    model, batch = model_of(sequences), next(iter(sequences.in_order()))
    z, _ = model.draws_given(batch, 50, tf.unstack(tf.random.split([0, 0]))[0])
    means = model.decode(z).numpy()
    variance = model.likelihood.variance(tf.zeros([1, 2])).numpy() * np.square(model.scaling.scale)
    each = stats.norm.logpdf(values, means, np.sqrt(variance + errors**2))
    expected = np.log(np.mean(np.exp(each), axis=0))
    found = model.score_entries(batch, values, 50, seed=tf.constant([0, 0]))
    np.testing.assert_allclose(found.log_density, expected, rtol=1e-3, atol=1e-3)
    without = model.score_entries({name: part for name, part in batch.items() if name != "errors"}, values, 50)
    assert np.mean(without.log_density) < np.mean(found.log_density) - 1.0  # large errors are no surprise where known
    of_point = model.condition_on(batch).predict_log_density(batch["inputs"], values, 50, errors=errors)
    assert np.mean(of_point) > np.mean(model.condition_on(batch).predict_log_density(batch["inputs"], values, 50)) + 1.0
    assert np.all(found.crps >= -1e-3) and np.mean(found.crps) != np.mean(without.crps)


@pytest.mark.parametrize("wrong", [np.nan, -3.0])
def test_errors_of_what_is_hidden_are_looked_at_where_they_are_used(wrong, rng):
    """A batch may have anything there; a score or an interval of what is measured makes use of it."""
    values, times, mask, errors = problem(rng)
    sequences = data.from_arrays(values, times, mask, errors=errors)
    model, batch = model_of(sequences), next(iter(sequences.in_order()))
    odd = batch | {"errors": tf.where(mask, errors.astype(np.float32), np.float32(wrong))}
    model.impute(odd, num_samples=50)
    model.score_entries(odd, np.where(mask, values, np.nan), 10)
    for ask in (lambda: model.impute(odd, num_samples=50, measured=True), lambda: model.score_entries(odd, values, 10)):
        with pytest.raises(ValueError, match="errors has .* negative or not finite"):
            ask()


def test_held_out_values_have_their_errors_beside_them(rng):
    """Predictions are of what was measured, so that the errors are no part of their standard deviations."""
    values, times, mask, errors = problem(rng)
    sequences = data.from_arrays(values, times, mask, errors=errors, batch_size=3)
    found = recalibration.held_out(model_of(sequences), sequences.in_order(), num_samples=50)
    np.testing.assert_allclose(found.errors, errors, rtol=1e-6)
    assert np.any(found.stddev[found.where] < errors[found.where])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda errors: errors[:, :, :1], r"errors has shape \(4, 15, 1\); expected \[4, 15, 2\]"),
        (lambda errors: -errors, r"errors has .* values that are negative or not finite .* at index \(0, "),
        (lambda errors: errors * np.nan, r"errors has .* values that are negative or not finite"),
        (lambda errors: errors * 1e22, r"errors has .* values so large that float32 loses their squares"),
    ],
    ids=["shape", "negative", "NaN", "large"],
)
def test_errors_that_cannot_be(rng, change, message):
    values, times, mask, errors = problem(rng)
    sequences = data.from_arrays(values, times, mask, errors=errors)
    model, batch = model_of(sequences), next(iter(sequences.in_order()))
    with pytest.raises(ValueError, match=message):
        model.check_batch(batch | {"errors": change(errors)})
    with pytest.raises(ValueError, match=message):
        data.from_arrays(values, times, mask, errors=change(errors))


def test_a_channel_whose_likelihood_takes_none(rng):
    """Yes or no beside a real number: errors of the latter are fine."""
    likelihood = MixedLikelihood([GaussianLikelihood(), BernoulliLikelihood()])
    values, times, mask, errors = problem(rng)
    values[..., 1] = values[..., 1] > 10.0
    sequences = data.from_arrays(values, times, mask, errors=errors * [1.0, 0.0])
    model = model_of(sequences, likelihood=likelihood, scaling=Scaling())
    batch = next(iter(sequences.in_order()))
    model.check_batch(batch)
    assert np.all(np.isfinite(model.impute(batch, measured=True).stddev))
    with pytest.raises(
        ValueError, match="errors is above 0 in channel 1 of the last axis, whose likelihood takes none"
    ):
        model.check_batch(batch | {"errors": tf.constant(errors, tf.float32)})


@pytest.mark.parametrize("name", ["elbo", "latent_dataset", "latents"])
def test_what_takes_a_batch_refuses_errors_that_its_likelihood_does_not_take(name, rng):
    """They would be left out of the bound in silence; an error that cannot be, where it takes some, is refused too."""
    batch = sequence_models.videos(rng)
    functions = {"elbo": lambda model: model.elbo, "latent_dataset": lambda model: model.latent_dataset}
    function = functions.get(name, lambda model: model.latents)
    with_errors = batch | {"errors": tf.fill(batch["observations"].shape, 0.1)}
    with pytest.raises(
        ValueError, match="errors is above 0 in channel 0 of the last axis, whose likelihood takes none"
    ):
        function(sequence_models.gp_vae())(with_errors)
    with pytest.raises(ValueError, match="errors has .* values that are negative"):
        function(built(sequence_models.gp_vae, VARIANCE))(with_errors | {"errors": -with_errors["errors"]})


def test_errors_of_0_are_fine_in_every_model(rng):
    """A column of errors that are all 0 beside counts, and an error of a missing count, which may be anything."""
    counts, times = rng.poisson(4.0, (3, 8, 1)), np.arange(8.0)
    mask = rng.uniform(size=counts.shape) < 0.7
    sequences = data.from_arrays(counts, times, mask, errors=np.where(mask, 0.0, 9.0))
    model, plain = model_of(sequences), next(iter(data.from_arrays(counts, times, mask).in_order()))
    assert type(model.likelihood).__name__ == "NegativeBinomialLikelihood"
    batch = next(iter(sequences.in_order()))
    model.check_batch(batch)
    np.testing.assert_array_equal(model.elbo(batch, SEED).elbo, model.elbo(plain, SEED).elbo)
    made = [model.impute(each, 0.5, 20, measured=True).upper for each in (batch, plain)]
    np.testing.assert_array_equal(*made)
    scores = [model.score_entries(each, counts.astype(np.float32), 20).log_density for each in (batch, plain)]
    np.testing.assert_array_equal(*scores)


def test_predictions_refuse_errors_that_the_likelihood_has_no_place_for(rng):
    model, batch = sequence_models.gp_vae(), tiny.videos(rng)  # of a Bernoulli likelihood
    values = batch["observations"]
    given = batch | {"errors": tf.ones_like(values)}
    message = "errors is above 0 in channel 0 of the last axis, whose likelihood takes none"
    for ask in (
        lambda: model.impute(given, 0.5, 20, measured=True),
        lambda: model.score_entries(given, values, 20),
        lambda: model.condition_on(batch).predict_log_density(batch["inputs"], values, 20, errors=given["errors"]),
    ):
        with pytest.raises(ValueError, match=message):
            ask()


@pytest.mark.parametrize("wrong", [-1.0, np.nan])
def test_predictions_refuse_errors_that_cannot_be(rng, wrong):
    values, times, mask, errors = problem(rng)
    model = model_of(data.from_arrays(values, times, mask, errors=errors))
    batch = next(iter(data.from_arrays(values, times, mask).in_order()))
    given = batch | {"errors": tf.constant(np.where(mask, wrong, 0.0), tf.float32)}
    for ask in (
        lambda: model.impute(given, 0.5, 20, measured=True),
        lambda: model.score_entries(given, values, 20),
        lambda: model.condition_on(batch).predict_log_density(given["inputs"], values, 20, errors=given["errors"]),
    ):
        with pytest.raises(ValueError, match="errors has .* values that are negative or not finite"):
            ask()


def test_the_first_batch_is_not_all(rng):
    """Errors of counts in later sequences alone, and a network of one's own, which sees no further channel."""
    values, times, mask, errors = problem(rng)
    values[..., 1] = rng.poisson(3.0, values[..., 1].shape)
    errors[:2, :, 1] = 0.0
    sequences = data.from_arrays(values, times, mask, errors=errors, batch_size=2)
    with pytest.raises(
        ValueError, match="errors is above 0 in channel 1 of the last axis, whose likelihood takes none"
    ):
        model_of(sequences, likelihood={1: PoissonLikelihood()})
    encoder = networks.event_encoder((2,), 2, units=8)
    assert not model_of(sequences, encoder=encoder).mask_channel


def test_errors_of_another_shape_are_named_wherever_they_are_read(rng):
    values, times, mask, errors = problem(rng)
    sequences = data.from_arrays(values, times, mask, errors=errors)
    model, batch = model_of(sequences), next(iter(sequences.in_order()))
    for read in (model.elbo, model.impute, model.condition_on):
        with pytest.raises(ValueError, match=r"errors has shape \(4, 15\); expected \[4, 15, 2\]"):
            read(batch | {"errors": batch["errors"][..., 0]})


def test_models_that_read_no_errors_say_so(rng):
    batch = image_models.binary_images(rng)
    model = registry.REGISTRY["CPVAE"].build()
    with pytest.raises(ValueError, match="batch has 'errors', which the model does not read"):
        model.check_batch(batch | {"errors": tf.zeros_like(batch["observations"])})
    videos = tiny.videos(rng)
    videos["errors"] = tf.ones_like(videos["observations"])
    with pytest.raises(ValueError, match="errors is above 0 in channel 0"):  # of a Bernoulli likelihood
        sequence_models.gp_vae().check_batch(videos)
