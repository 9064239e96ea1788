"""Counts with exposures: the bound against SciPy, what the kernel and the encoder see, and predictions per exposure."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from gpvae_tf import (
    FGPVAE,
    GPVAE,
    SVGPVAE,
    VAE,
    BandedGPVAE,
    MarkovGPVAE,
    VecchiaGPVAE,
    data,
    kernels,
    load_model,
    recalibration,
    scaling,
)
from gpvae_tf.input_roles import InputRoles
from gpvae_tf.likelihoods import (
    CategoricalLikelihood,
    GaussianLikelihood,
    HeteroscedasticGaussianLikelihood,
    MixedLikelihood,
    NegativeBinomialLikelihood,
    PoissonLikelihood,
)
from tests.support.seeds import seed_networks

N, POINTS = 3, 8
SEED = tf.constant([1, 2])
KINDS = [GPVAE, SVGPVAE, MarkovGPVAE, VecchiaGPVAE, BandedGPVAE, VAE]


@pytest.fixture
def arrays(rng):
    """Counts of two channels at times and exposures that differ by a factor of a hundred, and which were observed."""
    times = np.arange(float(POINTS))
    exposure = 10.0 ** rng.uniform(2.0, 4.0, (N, POINTS))
    rates = np.exp(np.sin(times / 2.0 + rng.uniform(0.0, 6.0, (N, 1))))[..., np.newaxis] * [0.01, 0.05]
    counts = rng.poisson(rates * exposure[..., np.newaxis]).astype(float)
    inputs = np.stack([np.broadcast_to(times, exposure.shape), exposure], axis=-1)
    return counts, inputs, rng.uniform(size=counts.shape) < 0.7


@pytest.fixture
def sequences(arrays):
    return data.from_arrays(*arrays, exposure=1, batch_size=N)


def of(sequences, kind=GPVAE, **given):
    seed_networks()
    return kind.from_data(sequences, 2, units=4, verbose=False, **given)


@pytest.mark.parametrize("likelihood", ["poisson", "negative_binomial"])
def test_the_bound_is_that_of_counts_with_the_mean_exposure_times_rate(sequences, likelihood):
    """log p of the observed counts by SciPy, at the very latents; exposures count in units of their mean."""
    model, batch = of(sequences, likelihood=likelihood), sequences.example
    z = np.random.default_rng(3).normal(size=(N, POINTS, 2)).astype(np.float32)
    level = np.mean(sequences.observations, axis=(0, 1), where=sequences.mask)
    exposure = sequences.inputs[..., 1:] / np.mean(sequences.inputs[..., 1][sequences.mask.any(axis=-1)])
    mean = exposure * level * np.exp(model.decode_output(z).numpy().astype(float))
    if likelihood == "poisson":
        log_p = scipy.stats.poisson.logpmf(sequences.observations, mean)
    else:
        r = kernels.learned(model.likelihood)["dispersion"]
        log_p = scipy.stats.nbinom.logpmf(sequences.observations, r, r / (r + mean))
    expected = np.sum(np.where(sequences.mask, log_p, 0.0), axis=-1)
    np.testing.assert_allclose(model.log_likelihood_at(tf.constant(z), batch), expected, rtol=2e-4, atol=1e-3)
    np.testing.assert_allclose(model.decode(z, batch["inputs"]), mean, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_exposures_change_nothing(arrays, kind):
    """With one exposure for all counts the model is the one without, but for how reliable its encoder takes counts."""
    counts, inputs, mask = arrays
    inputs[..., 1] = 250.0
    each = [data.from_arrays(counts, inputs, mask, exposure=1), data.from_arrays(counts, inputs[..., :1], mask)]
    even, plain = (of(sequences, kind, mask_channel=False, encoder=_encoder(kind)) for sequences in each)
    bounds = [model.elbo(sequences.example, SEED).elbo for model, sequences in zip((even, plain), each)]
    np.testing.assert_allclose(*bounds, rtol=1e-5)
    made = [model.impute(sequences.example, seed=SEED) for model, sequences in zip((even, plain), each)]
    np.testing.assert_allclose(made[0].upper, made[1].upper, rtol=1e-4, atol=1e-4)


def _encoder(kind):
    """One that any kind takes, of the same weights in every model."""
    seed_networks()
    wide = tf.random.stateless_normal([2, 6 if kind is BandedGPVAE else 4], [0, 1])

    class Linear(tf.Module):
        def __call__(self, seen):
            return tf.tensordot(tf.math.log1p(seen), wide, 1)

    return Linear()


@pytest.mark.parametrize("kind", KINDS)
def test_the_kernel_does_not_see_them(sequences, kind):
    """Latents are functions of time alone, and counts in proportion to what stands behind them."""
    model, context = of(sequences, kind), sequences.example
    inputs = np.array(sequences.inputs)
    doubled = inputs * [1.0, 2.0]
    predictor = model.condition_on(context)
    for one, other in zip(predictor.predict_f(inputs), predictor.predict_f(doubled), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(predictor.generate(doubled), 2.0 * predictor.generate(inputs), rtol=1e-5)
    one, other = (predictor.predict_y(where, 40, seed=3) for where in (inputs, doubled))
    np.testing.assert_allclose(other.mean, 2.0 * one.mean, rtol=1e-5)
    joint = [predictor.predict_y(where, 40, seed=3, joint=True).mean for where in (inputs, doubled)]
    np.testing.assert_allclose(joint[1], 2.0 * joint[0], rtol=1e-5)
    np.testing.assert_allclose(
        model.sample(2, 0, doubled[0]), 2.0 * np.asarray(model.sample(2, 0, inputs[0])), rtol=1e-5
    )


def test_the_encoder_sees_counts_per_exposure_and_how_much_stands_behind_them(sequences):
    model, exposure = of(sequences), sequences.inputs[..., 1:] / sequences.scaling.input_scale[1]
    assert model.mask_channel
    seen = model.observed(sequences.example).seen(True).numpy()
    known = sequences.mask
    expected = np.where(known, sequences.observations / exposure, 0.0)
    np.testing.assert_allclose(seen[..., :2], expected, rtol=1e-5)
    np.testing.assert_allclose(seen[..., 2:], np.where(known, 2.0 * exposure / (1.0 + exposure), 0.0), rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_encoders_see_counts_per_exposure(sequences, kind):
    """Ten times the counts among ten times as many are the same to an encoder that sees no more."""
    model = of(sequences, kind, mask_channel=False, encoder=_encoder(kind))
    means = [model.encode(a * sequences.observations, sequences.inputs * [1.0, a]).mean for a in (1.0, 10.0)]
    np.testing.assert_allclose(*means, rtol=1e-5, atol=1e-6)


def test_channels_beside_them_are_as_reliable_as_without(sequences):
    values = np.concatenate([sequences.observations, sequences.inputs[..., :1]], axis=-1)
    mixed = data.from_arrays(values, sequences.inputs, exposure={0: 1})
    seen = of(mixed).observed(mixed.example).seen(True).numpy()
    np.testing.assert_array_equal(seen[..., 4:], 1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_count_is_missing_with_its_exposure(sequences, kind):
    model, batch = of(sequences, kind), dict(sequences.example)
    gone = ~sequences.mask.any(axis=-1)
    gone[:, 2] = True
    batch["mask"] = tf.constant(sequences.mask & ~gone[..., np.newaxis])
    other = np.array(batch["inputs"])
    other[gone, 1] *= 7.0
    np.testing.assert_array_equal(
        model.elbo(batch, SEED).elbo, model.elbo(batch | {"inputs": tf.constant(other)}, SEED).elbo
    )
    made, more = (model.impute(batch | {"inputs": tf.constant(where)}, seed=SEED) for where in (batch["inputs"], other))
    np.testing.assert_allclose(more.mean.numpy()[gone], 7.0 * made.mean.numpy()[gone], rtol=1e-5)
    np.testing.assert_allclose(more.mean.numpy()[~gone], made.mean.numpy()[~gone], rtol=1e-6)


def test_a_markovian_prior_gives_the_same_numbers(sequences):
    bounds = [
        of(sequences, kind, kernel="matern32").elbo(sequences.example, SEED).elbo for kind in (GPVAE, MarkovGPVAE)
    ]
    np.testing.assert_allclose(*bounds, rtol=1e-4)


def test_channels_without_one_stay_as_they_are(rng):
    """Counts between real numbers, classes and noise of their own, whose parts of the output lie behind one another."""
    poisson, noisy = PoissonLikelihood(), HeteroscedasticGaussianLikelihood()
    mixed = MixedLikelihood([noisy, poisson, CategoricalLikelihood(3), NegativeBinomialLikelihood(2.0), poisson, noisy])
    output = tf.constant(rng.normal(size=(5, *mixed.output_shape((6,)))))
    exposure = rng.uniform(0.1, 10.0, (5, 6))
    exposure[:, 4] = 1.0
    at = mixed.at_exposure(output, tf.constant(exposure))
    factor = np.where(np.isin(np.arange(6), (1, 3, 4)), exposure, 1.0)
    np.testing.assert_allclose(mixed.mean(at), factor * mixed.mean(output).numpy(), rtol=1e-6)
    for one in (GaussianLikelihood(), noisy):
        with pytest.raises(TypeError, match="Likelihood takes no exposure: counts do"):
            one.at_exposure(output, tf.constant(exposure))


def test_training_predictions_and_files(sequences, tmp_path):
    """Of a table of counts beside real numbers, of which counts alone have exposures."""
    values = np.concatenate([sequences.observations, np.sin(sequences.inputs[..., :1])], axis=-1)
    mixed = data.from_arrays(values, sequences.inputs, exposure={0: 1, 1: 1}, batch_size=2)
    model = of(mixed, hiding=(0.0, 0.2))
    model.compile("adam")
    model.fit(mixed, epochs=2, verbose=0)
    assert int(model.skipped.result()) == 0
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert again.roles == mixed.roles == InputRoles(exposure=(1, 1, None))
    batch = next(iter(mixed.in_order()))
    np.testing.assert_array_equal(again.impute(batch, seed=SEED).mean, model.impute(batch, seed=SEED).mean)


def test_a_residual_gp_is_a_function_of_time(sequences):
    """Whatever stands behind the counts at the times that it is asked for."""
    model = of(sequences)
    held_out = recalibration.held_out(model, sequences.example, num_samples=20)
    repair = recalibration.ResidualGP.fit(held_out)
    inputs = np.array(sequences.inputs)
    found = []
    for where in (inputs, inputs[..., :1] * [1.0, 0.0] + [0.0, 5.0]):
        made = model.predict_y(sequences.example, inputs, 40, seed=1)
        found.append(repair.at(where).predictive(made, (0.1,)).mean)
    np.testing.assert_array_equal(*found)
    assert recalibration.ResidualGP(**repair.numbers())._columns == [0]


@pytest.mark.parametrize("kind", [GPVAE, SVGPVAE])
def test_exposures_that_are_not_positive_are_refused(sequences, kind):
    model, batch = of(sequences, kind), dict(sequences.example)
    inputs = np.array(batch["inputs"])
    inputs[1, 2, 1] = 0.0
    batch["inputs"] = tf.constant(inputs)
    model.compile("adam")
    wrong = r"exposures in column 1 that are not positive and finite, the first at \(1, 2\)"
    for ask in (
        lambda: model.fit(tf.data.Dataset.from_tensors(batch), verbose=0),
        lambda: model.elbo(batch),
        lambda: model.impute(batch),
        lambda: model.predict_y(sequences.example, inputs),
        lambda: model.decode(np.zeros((N, POINTS, 2), np.float32), inputs),
    ):
        with pytest.raises(ValueError, match=wrong):
            ask()
    with pytest.raises(
        ValueError, match=r"inputs is None; expected \[..., D\], whose columns \[1\] have conditions or exposures"
    ):
        model.encode(sequences.observations)


def test_inputs_without_their_columns_are_refused(sequences):
    """Times alone would be stretched to as many columns as the scaling has, in compiled code, too."""
    model = of(sequences)
    model.compile("adam")
    fewer = data.from_arrays(sequences.observations, sequences.inputs[..., :1], sequences.mask).dataset
    for ask in (model.fit, model.evaluate, model.condition_on):
        with pytest.raises(ValueError, match="inputs has 1 columns; expected 2, as scaling has"):
            ask(fewer)


def test_what_has_no_place_for_them_is_refused(sequences, arrays):
    counts, inputs, mask = arrays
    with pytest.raises(ValueError, match="FGPVAE takes no conditions or exposures of inputs"):
        of(sequences, FGPVAE)
    with pytest.raises(ValueError, match="exposure is given for channel 0, 1 of the last axis, whose likelihood takes"):
        of(sequences, likelihood="gaussian")
    with pytest.raises(ValueError, match="exposure is given for 'channel 0', which has values that are no counts"):
        of(data.from_arrays(counts + 0.5, inputs, mask, exposure=1))
    with pytest.raises(ValueError, match="scaling takes an offset out of a column that is an exposure"):
        of(sequences, scaling=scaling.Scaling([0.0, 1.0]))
    with pytest.raises(TypeError, match="roles is a int; expected an InputRoles, such as data.roles"):
        of(sequences, roles=1)
    bare = data.from_arrays(counts, inputs[..., :1], mask)
    with pytest.raises(
        ValueError, match=r"the data have InputRoles\(.*exposure=\(1, 1\)\), and the model has InputRoles"
    ):
        untold = of(bare)
        untold.compile("adam")
        untold.fit(sequences)
    off = data.from_arrays(counts, inputs, mask, errors=np.full(counts.shape, 0.1), exposure=1)
    with pytest.raises(ValueError, match="exposure is given for 'channel 0', which has errors of measurement"):
        of(off)
    with pytest.raises(ValueError, match="exposure has columns for 1 channels; there are 2"):
        of(sequences, roles=InputRoles(exposure=(1,)))


def test_counts_of_0_and_1_with_an_exposure_are_counts(arrays):
    """Which would be yes or no without one."""
    counts, inputs, mask = arrays
    rare = np.minimum(counts, 1.0)
    model = of(data.from_arrays(rare, inputs, mask, exposure={0: 1}))
    kinds = [type(each).__name__ for each in model.likelihood.likelihoods]
    assert kinds == ["NegativeBinomialLikelihood", "BernoulliLikelihood"]
