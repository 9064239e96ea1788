"""A model from data in one line, in the data's own units."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import (
    CVAE,
    FGPVAE,
    GPPVAE,
    GPVAE,
    SVGPVAE,
    VAE,
    BandedGPVAE,
    DeepSVIGP,
    MarkovGPVAE,
    NeuralProcessGPVAE,
    VecchiaGPVAE,
    data,
    kernels,
    likelihoods,
    load_model,
    saving,
)
from tests.support.seeds import seed_networks

SIZES = dict(units=8, verbose=False)


@pytest.fixture
def series(rng):
    """Three series of two channels near 100 and -3, a minute apart in seconds since 1970, a fifth missing."""
    times = 1.7e9 + 60.0 * np.arange(9.0)
    values = np.array([100.0, -3.0]) + np.array([5.0, 0.1]) * rng.normal(size=(3, 9, 2))
    return data.from_arrays(values, times, rng.uniform(size=values.shape) < 0.8, batch_size=3)


def of_objects(times, num):
    """Inputs [num, n, 2] of objects 0, 1, ... at times [n], with their ids."""
    return np.stack(np.broadcast_arrays(times, np.arange(float(num))[:, None]), axis=-1)


@pytest.mark.parametrize("model_class", [VAE, GPVAE, NeuralProcessGPVAE, SVGPVAE, FGPVAE, CVAE])
def test_every_model_of_sequences_takes_and_gives_original_units(model_class, series):
    if model_class is CVAE:  # which takes angles and objects
        series = data.from_arrays(series.observations, of_objects(np.arange(9.0), 3), series.mask, batch_size=3)
    model, batch = model_class.from_data(series, 3, **SIZES), next(iter(series))
    model.check_batch(batch)
    bound = model.elbo(batch, seed=tf.constant([0, 1]))
    assert bound.elbo.shape == (3,) and np.all(np.isfinite(bound.elbo))
    means = np.mean(model.reconstruct(batch), axis=(0, 1))
    np.testing.assert_allclose(means, series.standardized.offset, atol=2.0 * np.max(series.standardized.scale))
    assert isinstance(model.likelihood, likelihoods.GaussianLikelihood) and model.scaling.changes_observations


def test_the_scaling_changes_nothing_but_units(series):
    """The bound of standardised observations at inputs about 1 apart, by a model without a scaling, is the same."""
    model, batch = SVGPVAE.from_data(series, 2, **SIZES), next(iter(series))
    scaling, model.scaling = model.scaling, type(model.scaling)()
    by_hand = {
        "observations": (batch["observations"].numpy().astype(np.float64) - scaling.offset) / scaling.scale,
        "inputs": (batch["inputs"].numpy() - scaling.input_offset) / scaling.input_scale,
        "mask": batch["mask"],
    }
    expected = model.elbo(by_hand, seed=tf.constant([0, 1]))
    unscaled = model.reconstruct(by_hand)
    model.scaling = scaling
    np.testing.assert_allclose(model.elbo(batch, seed=tf.constant([0, 1])).elbo, expected.elbo, rtol=1e-4)
    np.testing.assert_allclose(model.reconstruct(batch), unscaled * scaling.scale + scaling.offset, rtol=1e-5)


def test_values_far_from_zero(rng, tmp_path):
    """Coordinates in metres, five million from their origin: a model standardises them, or refuses them."""
    values = np.array([5_500_000.0, 400_000.0]) + 2.0 * rng.normal(size=(3, 30, 2))
    sequences = data.from_arrays(values, np.arange(30.0), rng.uniform(size=values.shape) < 0.8, batch_size=3)
    model, batch = GPVAE.from_data(sequences, 2, **SIZES), next(iter(sequences))
    model.compile("adam")
    model.fit(sequences, verbose=0)
    filled = model.impute(batch)
    np.testing.assert_array_equal(filled.filled.numpy()[sequences.mask], values[sequences.mask])
    assert np.all(np.abs(filled.mean - values) < 20.0) and np.all(filled.stddev < 10.0)
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(load_model(tmp_path / "model").impute(batch).mean, filled.mean)
    model.scaling = sequences.scaling
    with pytest.raises(ValueError, match="observations, channel 0 .* give the model scaling=data.standardized"):
        model.fit(sequences, verbose=0)


def test_mini_batches_of_one_long_series_know_its_size(rng):
    counts = data.from_arrays(rng.poisson(3.0, size=(1, 50, 4)), np.arange(50.0), points_per_batch=10)
    model = SVGPVAE.from_data(counts, 2, **SIZES)
    assert model.latent_gp.num_data == 50
    assert isinstance(model.likelihood, likelihoods.NegativeBinomialLikelihood)
    assert not model.scaling.changes_observations
    assert DeepSVIGP.from_data(counts, 2, **SIZES).latent_gp.num_data == 50


def test_missing_points_are_none_of_the_data_that_share_a_kl(rng):
    """A batch counts its observed points, and so N counts those of all: 30 of 50 times, one of them half missing."""
    mask = np.tile(np.arange(50)[:, None] < 30, (1, 1, 4))
    mask[0, 7, :2] = False
    counts = data.from_arrays(rng.poisson(3.0, size=(1, 50, 4)), np.arange(50.0), mask, points_per_batch=10)
    assert [kind.from_data(counts, 2, **SIZES).latent_gp.num_data for kind in (SVGPVAE, DeepSVIGP)] == [30, 30]


def test_what_is_given_is_not_chosen(series):
    likelihood = likelihoods.StudentTLikelihood(trainable=True)
    model = GPVAE.from_data(series, 2, likelihood=likelihood, mask_channel=True, **SIZES)
    assert model.likelihood is likelihood
    assert model.encoder.input_shape == (None, 4)
    assert model.elbo(next(iter(series))).elbo.shape == (3,)


def test_a_likelihood_may_be_named(rng):
    counts = data.from_arrays(rng.poisson(3.0, size=(3, 9, 2)), np.arange(9.0), batch_size=3)
    model = GPVAE.from_data(counts, 2, likelihood="poisson", **SIZES)
    assert isinstance(model.likelihood, likelihoods.PoissonLikelihood)
    model = GPVAE.from_data(counts, 2, likelihood={"channel 1": "poisson"}, **SIZES)
    assert isinstance(model.likelihood.likelihoods[1], likelihoods.PoissonLikelihood)
    assert np.all(np.isfinite(model.elbo(counts.example).elbo))


def test_the_summary_is_in_the_units_of_the_data(series, capsys):
    SVGPVAE.from_data(series, 2, units=8)
    text = capsys.readouterr().out
    share = f"{series.mask.mean():.1%} observed"
    assert f"SVGPVAE: 3 sequences of 9 points, observations (2,), {share}, 2 latent channels" in text
    assert "neighbours 60 apart, 480 from end to end" in text
    assert "Gaussian, observations standardised" in text and "1 column, neighbours" in text
    assert "length_scale[0] 3 (180 in the data's units)" in text


def test_periods_in_the_summary_are_in_the_units_of_the_data(rng, capsys):
    """Times 100 apart; the length scale of a periodic kernel has no unit."""
    kernel = kernels.matern(1.5, 3.0, trainable=True) * kernels.cosine(5.0, trainable=True)
    sequences = data.from_arrays(rng.normal(size=(2, 9, 1)), 100.0 * np.arange(9.0))
    GPVAE.from_data(sequences, 1, units=8, kernel=kernel)
    text = capsys.readouterr().out
    assert "period          5 (500 in the data's units)" in text
    assert "length_scale    3 (300 in the data's units)" in text
    GPVAE.from_data(sequences, 1, units=8, kernel=kernels.periodic(0.5, period=5.0, trainable=True))
    text = capsys.readouterr().out
    assert "length_scale    0.5\n" in f"{text}\n" and "units" not in text.partition("length_scale")[2]


def test_the_summary_tells_the_lengths_of_sequences(rng, capsys):
    """Not how long padding made them; a mask that only marks it leaves everything observed."""
    sizes = (1, 4, 15)
    values, times = [rng.normal(size=(size, 2)) for size in sizes], [np.arange(float(size)) for size in sizes]
    GPVAE.from_data(data.from_arrays(values, times), 1, units=8)
    assert "3 sequences of 1 to 15 points, observations (2,), everything observed, 1 latent" in capsys.readouterr().out
    masks = [np.ones((size, 2), bool) for size in sizes]
    masks[2][:10, 1] = False
    GPVAE.from_data(data.from_arrays(values, times, masks), 1, units=8)
    assert "of 1 to 15 points, observations (2,), 75.0% observed, 1 latent" in capsys.readouterr().out


def test_the_summary_of_a_plane_is_column_by_column(rng, capsys):
    plane = np.stack([rng.uniform(0.0, 1000.0, 50), 100.0 * rng.integers(0, 8, 50)], axis=-1)
    plane[:2] = [[0.0, 0.0], [1000.0, 700.0]]
    GPVAE.from_data(data.from_arrays(rng.normal(size=(1, 50, 2)), plane), 1, units=8)
    text = capsys.readouterr().out
    assert "2 columns, 1e+03, 700 from end to end; the model divides them by 165, 115" in text
    assert "in the units of the columns)" in text


def test_a_condition_is_no_column_of_a_kernel(rng, capsys):
    """Names are of the columns that the kernel sees, -1 the last of these."""
    inputs = np.stack([3.0 * np.arange(50.0), rng.integers(20, 80, 50), 1000.0 * rng.uniform(size=50)], axis=-1)
    sequences = data.from_arrays(rng.normal(size=(1, 50, 2)), inputs, conditions=[1])
    GPVAE.from_data(sequences, 1, units=8, kernel=kernels.on_columns(kernels.matern(1.5, 5.0, trainable=True), -1))
    expected = 5 * sequences.scaling.input_scale[2]
    assert f"length_scale    5 ({expected:.3g} in the units of input column 2)" in capsys.readouterr().out


def test_the_summary_of_parts_of_a_kernel_names_their_columns(rng, capsys):
    """A length scale of the month had 27 numbers, those of one-hot patients among them."""
    plane = np.stack([3.0 * np.arange(50.0), 1000.0 * rng.uniform(size=50)], axis=-1)
    sequences = data.from_arrays(rng.normal(size=(1, 50, 2)), plane)
    scale = sequences.scaling.input_scale
    kernel = kernels.on_columns(kernels.matern(1.5, 5.0, trainable=True), 0)
    kernel += kernels.on_columns(kernels.matern(1.5, 7.0, trainable=True), slice(1, None))
    GPVAE.from_data(sequences, 1, units=8, kernel=kernel)
    text = capsys.readouterr().out
    assert f"length_scale    5 ({5 * scale[0]:.3g} in the units of input column 0)" in text
    assert f"length_scale_2  7 ({7 * scale[1]:.3g} in the units of input column 1)" in text


def test_models_that_cannot_say_so(series):
    with pytest.raises(ValueError, match="data has 3 sequences; a deep SVIGP learns the latents of one data set"):
        DeepSVIGP.from_data(series, 2, **SIZES)
    with pytest.raises(ValueError, match="inputs has 1 columns; a CVAE takes two"):
        CVAE.from_data(series, 2, **SIZES)
    with pytest.raises(TypeError, match="GPPVAE has no from_data"):
        GPPVAE.from_data(series, 2, **SIZES)


@pytest.mark.parametrize("model_class", [GPVAE, BandedGPVAE, CVAE])
@pytest.mark.parametrize("options", [{}, {"mask_channel": True}], ids=["plain", "mask"])
def test_encoders_see_the_logarithm_of_counts(model_class, options, rng, tmp_path):
    """Not that of the mask or of a condition, which is negative here; and a saved model does."""
    counts = rng.poisson(50_000, size=(4, 9, 2))
    inputs = of_objects(np.arange(9.0) - 5.0, 4) if model_class is CVAE else np.arange(9.0) - 5.0
    sequences = data.from_arrays(counts, inputs, rng.uniform(size=counts.shape) < 0.8, batch_size=4)
    model, batch = model_class.from_data(sequences, 2, **options, **SIZES), next(iter(sequences))
    assert isinstance(model.likelihood, likelihoods.NegativeBinomialLikelihood)
    bound = model.elbo(batch, seed=tf.constant([0, 1])).elbo
    latents = model.encode(batch["observations"], batch["inputs"]) if not options else None
    assert np.all(np.isfinite(bound)) and (latents is None or np.max(np.abs(np.log(latents.variance))) < 50.0)
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(load_model(tmp_path / "model").elbo(batch, seed=tf.constant([0, 1])).elbo, bound)


@pytest.mark.parametrize("given", [None, likelihoods.PoissonLikelihood()])
def test_large_counts_start_at_their_mean(given, rng, tmp_path):
    """Of counts about two million, predictions were about 1 at the start, and after thousands of steps not right."""
    counts = rng.poisson(2e6 * np.exp(0.3 * rng.normal(size=(4, 30, 2))))
    sequences = data.from_arrays(counts, np.arange(30.0), rng.uniform(size=counts.shape) < 0.8, batch_size=4)
    seed_networks()
    model, (batch,) = GPVAE.from_data(sequences, 2, likelihood=given, **SIZES), sequences.in_order()
    assert np.all(np.abs(np.log(mean := model.impute(batch).mean) - np.log(2e6)) < 2.0)
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(load_model(tmp_path / "model").impute(batch).mean, mean)


def test_large_counts_skip_no_step(rng):
    sequences = data.from_arrays(rng.poisson(50_000, [16, 30, 1]), np.arange(30.0), batch_size=16)
    model = GPVAE.from_data(sequences, 2, **SIZES)
    model.compile()
    history = model.fit(sequences, epochs=3, verbose=0).history
    assert int(model.num_skipped) == 0 and np.all(np.isfinite(history["elbo"]))


def test_whole_numbers_of_one_sensor_among_counts_are_no_counts(rng):
    """Its mean and variance are those of its channel; all values together vary a lot."""
    values = np.stack([np.round(1013 + 5 * rng.normal(size=(3, 40))), rng.poisson(3.0, size=(3, 40))], axis=-1)
    model = GPVAE.from_data(data.from_arrays(values, np.arange(40.0)), 2, **SIZES)
    assert isinstance(model.likelihood, likelihoods.GaussianLikelihood) and model.scaling.changes_observations


def with_covariate(rng, covariate, **options):
    times = np.tile(np.arange(9.0), (3, 1))
    inputs = np.stack([times, np.broadcast_to(covariate, times.shape)], axis=-1)
    return data.from_arrays(rng.normal(size=(3, 9, 2)), inputs, **options)


AGES = np.array([[31.0], [50.0], [64.0]])


@pytest.mark.parametrize("model_class", [GPVAE, SVGPVAE, FGPVAE])
def test_inputs_that_no_kernel_sees_are_warned_of(model_class, rng):
    with pytest.warns(
        UserWarning, match="the same value within every sequence in column 1: .* changes nothing"
    ) as seen:
        model_class.from_data(with_covariate(rng, AGES), 3, **SIZES)
    assert seen[0].filename == __file__


@pytest.mark.parametrize(
    "model_class, covariate, options",
    [
        (VAE, AGES, {}),
        (CVAE, AGES, {}),
        (GPVAE, AGES, {"id_columns": [1]}),
        (GPVAE, AGES + np.arange(9.0), {}),
        (GPVAE, 31.0, {}),
    ],
)
def test_other_inputs_are_not_warned_of(model_class, covariate, options, rng, recwarn):
    model_class.from_data(with_covariate(rng, covariate, **options), 3, **SIZES)
    assert not [warning for warning in recwarn if "changes nothing" in str(warning.message)]


def test_a_kernel_of_one_s_own_may_see_them(rng, recwarn):
    GPVAE.from_data(with_covariate(rng, AGES), 2, kernel=kernels.matern(1.5, 3.0), **SIZES)
    assert not [warning for warning in recwarn if "changes nothing" in str(warning.message)]


@pytest.mark.parametrize("model_class", [GPVAE, SVGPVAE, MarkovGPVAE, VecchiaGPVAE, BandedGPVAE, FGPVAE])
def test_a_family_and_a_period(model_class, series, tmp_path):
    """Every model with a kernel takes them, trains, and is loaded as it was."""
    model = model_class.from_data(series, 4, kernel="matern12", period=300.0, **SIZES)
    batch, learned = next(iter(series)), kernels.learned(model.latent_gp)
    num = sum(name.startswith("amplitude") for name in learned)
    assert num == (4 if model_class is FGPVAE else 8)  # of its channels, half are local
    model.compile("adam")
    assert np.isfinite(model.fit(series, epochs=1, verbose=0).history["elbo"]).all()
    saving.save(model, tmp_path / "model")
    again = load_model(tmp_path / "model")
    seed = tf.constant([0, 1])
    np.testing.assert_allclose(again.elbo(batch, seed).elbo, model.elbo(batch, seed).elbo, rtol=1e-6)


def test_sizes_that_are_no_whole_numbers_are_named(series):
    for name in ("latent_dim", "units"):
        with pytest.raises(ValueError, match=f"{name} must be a whole number, got 2.0"):
            GPVAE.from_data(series, **{name: 2.0}, verbose=False)


def test_counts_that_are_none_are_refused_in_predictions(rng):
    """The encoder sees log(1 + count), of which -5 makes NaN; the likelihood of 2.5 is a number all the same."""
    counts = data.from_arrays(rng.poisson(3.0, size=(4, 8, 2)).astype(float), np.arange(8.0))
    model = GPVAE.from_data(counts, latent_dim=2, units=4, verbose=False)
    known = {name: np.array(part) for name, part in counts.example.items()}
    acts = (
        lambda wrong: model.impute(known | {"observations": wrong}),
        lambda wrong: model.predict_y(known | {"observations": wrong}, known["inputs"]),
        lambda wrong: model.score_entries(known, wrong),
        lambda wrong: model.reconstruct(known | {"observations": wrong}),
    )
    for value in (-5.0, 2.5):
        observations = known["observations"].copy()
        observations[1, 2, 0] = value
        for act in acts:
            with pytest.raises(ValueError, match="needs whole numbers from 0"):
                act(observations)


def test_choices_of_kernels_that_have_no_meaning(series):
    with pytest.raises(ValueError, match="VAE has no kernel that is left to choose; .*, period=300.0 and"):
        VAE.from_data(series, 2, period=300.0, **SIZES)
    with pytest.raises(ValueError, match="kernel must be a kernel or one of matern12, .*, got 'matern'"):
        GPVAE.from_data(series, 2, kernel="matern", **SIZES)
    with pytest.raises(ValueError, match="kernel is a kernel, which has its own period and dtype; got period=300.0"):
        GPVAE.from_data(series, 2, kernel=kernels.matern(1.5), period=300.0, **SIZES)
    with pytest.raises(ValueError, match="which has no exact state-space form"):
        MarkovGPVAE.from_data(series, 2, kernel="rbf", **SIZES)


@pytest.mark.parametrize("model_class", [GPVAE, SVGPVAE, MarkovGPVAE, VecchiaGPVAE, BandedGPVAE, FGPVAE])
@pytest.mark.parametrize("period", [None, 300.0])
def test_kernel_algebra_in_float32(model_class, series, period):
    """Of all of it, and the bound is that of float64 but for rounding."""
    models = []
    for dtype in ("float32", "float64"):
        seed_networks()
        models.append(model_class.from_data(series, 4, period=period, kernel_dtype=dtype, **SIZES))
    assert [model.latent_gp.dtype for model in models] == [tf.float32, tf.float64]
    bounds = [model.elbo(next(iter(series)), tf.constant([0, 1])).elbo for model in models]
    assert bounds[0].dtype == tf.float32
    np.testing.assert_allclose(bounds[0], bounds[1], rtol=5e-3)


def test_waves_that_inducing_points_cannot_hold_are_warned_of(rng, recwarn):
    hourly = data.from_arrays(rng.normal(size=(1, 2000, 1)), np.arange(2000.0), points_per_batch=50)
    with pytest.warns(UserWarning, match="period=24 is passed 83.29 times by the data, and 100 inducing points"):
        SVGPVAE.from_data(hourly, 2, period=24.0, **SIZES)
    SVGPVAE.from_data(hourly, 2, period=240.0, **SIZES)
    assert not [each for each in recwarn if "period" in str(each.message)]


@pytest.mark.parametrize("model_class", [GPVAE, SVGPVAE, MarkovGPVAE])
def test_a_period_in_another_unit_than_the_times_is_warned_of(model_class, rng):
    """24 for hours of a day, where times are dates and so in seconds."""
    hours = np.datetime64("2024-01-01") + np.arange(50) * np.timedelta64(1, "h")
    hourly = data.from_arrays(rng.normal(size=(2, 50, 1)), hours)
    with pytest.warns(UserWarning, match=r"period=24 is less than two distances .*, 3600 apart.*seconds for dates"):
        model_class.from_data(hourly, 2, period=24.0, **SIZES)


def test_covariates_do_not_make_times_coarser(rng, recwarn):
    """A wave runs along the first column: how far covariates are apart does not matter to it."""
    hours = np.broadcast_to(np.arange(50.0)[:, np.newaxis], (2, 50, 1))
    inputs = np.concatenate([hours, 100.0 * rng.normal(size=hours.shape)], axis=-1)
    beside = data.from_arrays(rng.normal(size=(2, 50, 1)), inputs)
    GPVAE.from_data(beside, 2, period=5.0, **SIZES)
    assert not [each for each in recwarn if "period" in str(each.message)]
    with pytest.warns(UserWarning, match=r"period=1.5 is less than two distances of neighbouring inputs, 1 apart"):
        GPVAE.from_data(beside, 2, period=1.5, **SIZES)


def test_what_was_chosen_of_the_kernel_is_printed(series, capsys):
    GPVAE.from_data(series, 2, kernel="matern52", period=300.0, **SIZES | {"verbose": True})
    assert "kernel          matern52, and waves of period 300 in the data's units" in capsys.readouterr().out
    GPVAE.from_data(series, 2, kernel=kernels.matern(1.5), **SIZES | {"verbose": True})
    assert "  kernel " not in capsys.readouterr().out
