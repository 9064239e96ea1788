"""Inputs at which predictions are asked for are looked at as those of `fit` are."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.models import GPVAE
from gpvae_tf.models.input_checks import as_tensor, feature_gaps
from gpvae_tf.models.prediction.input_spec import InputSpec
from gpvae_tf.scaling import Scaling
from tests.support import sequence_models, tiny
from tests.support.sequence_models import OPTIONS

START, STEP = 1.7e9, 128.0  # float32 tells times of this size 128 apart, and no closer


@pytest.fixture
def known(rng):
    """A model of times in seconds since 1970, given data of it, and the times of four queries, [3, 4, 1]."""
    model, batch = sequence_models.gp_vae(scaling=Scaling(input_offset=START, input_scale=STEP)), tiny.videos(rng)
    times = START + STEP * np.arange(tiny.NUM_FRAMES)[:, None]
    predictor = model.condition_on(batch | {"inputs": tf.constant(np.tile(times, (3, 1, 1)))})
    return predictor, np.tile(times[:4] + 40.0, (3, 1, 1))


ASK = {
    "predict_f": lambda predictor, at: predictor.predict_f(at).mean,
    "predict_y": lambda predictor, at: predictor.predict_y(at, 3, quantiles=()).mean,
    "draws": lambda predictor, at: predictor.draws(at, 2, 0, joint=True),
    "generate": lambda predictor, at: predictor.generate(at),
}


@pytest.mark.parametrize("name", ASK)
def test_times_that_float32_cannot_tell_apart_are_refused(name, known):
    predictor, times = known
    ask = ASK[name]
    with pytest.raises(ValueError, match=r"inputs has values up to 17000\d+ in column 0, whose neighbours float32"):
        ask(predictor, times.astype(np.float32))
    with pytest.raises(ValueError, match="inputs has values that are not finite in column 0"):
        ask(predictor, np.where(times == times[0, 1], np.nan, times))
    assert np.all(np.isfinite(ask(predictor, times)))


@pytest.mark.parametrize("name", ASK)
def test_lists_are_what_numpy_makes_of_them(name, known):
    """TensorFlow would make float32 of Python's numbers: all four times would be one."""
    predictor, times = known
    np.testing.assert_array_equal(ASK[name](predictor, times.tolist()), ASK[name](predictor, times))
    assert as_tensor(times.tolist()).dtype == tf.float64 and as_tensor(tf.constant([1.0])).dtype == tf.float32


def test_draws_of_the_prior_look_at_their_inputs_too():
    """Lists are float64, and times that float32 cannot tell apart or that are not finite are refused."""
    model = sequence_models.gp_vae(scaling=Scaling(input_offset=START, input_scale=STEP))
    times = START + STEP * np.arange(4.0)[:, None] + 40.0
    drawn = model.sample(2, 0, times)
    np.testing.assert_array_equal(model.sample(2, 0, times.tolist()), drawn)
    with pytest.raises(ValueError, match=r"inputs has values up to 17000\d+ in column 0, whose neighbours float32"):
        model.sample(2, 0, times.astype(np.float32))
    with pytest.raises(ValueError, match="inputs has values that are not finite in column 0"):
        model.sample(2, 0, np.where(times == times[1], np.nan, times))


def test_vectors_of_objects_may_be_as_close_as_they_like_in_draws_of_the_prior(rng):
    model, close = sequence_models.object_svgp_vae(), np.spacing(np.float32(1.0)) * np.arange(3, dtype=np.float32)
    inputs = np.stack([np.arange(3, dtype=np.float32), 1.0 + close, 1.0 - close], axis=-1)
    assert np.all(np.isfinite(model.sample(2, 0, inputs)))


def test_a_decoder_that_sees_inputs_sees_lists_as_numpy_makes_them(rng):
    batch = sequence_models.objects(rng)
    predictor = sequence_models.cvae().condition_on(batch)
    at = batch["inputs"].numpy().astype(float).tolist()
    assert predictor._seen_inputs(at).dtype == tf.float64


def test_vectors_in_the_place_of_ids_may_be_as_close_as_they_like():
    close = np.float32(1.0) + np.spacing(np.float32(1.0)) * np.arange(3, dtype=np.float32)[None, :, None]
    InputSpec((1,), (1,), data_columns=2).check(close)
    with pytest.raises(ValueError, match="float32 cannot tell"):
        InputSpec((1,), (1,), data_columns=1).check(close)
    embedded = sequence_models.object_svgp_vae().condition_on(sequence_models.objects(np.random.default_rng(0)))
    assert not embedded.input_spec.has_data_columns(tf.zeros([1, 1, 3]))


def float32_kernel():
    return GPVAE(*tiny.build_networks(), kernels.exponentiated_quadratic(1.3, dtype="float32"), **OPTIONS)


@pytest.mark.parametrize("name", ASK)
def test_what_a_float32_kernel_loses_far_from_the_data_is_refused(name, rng):
    """|x|^2 + |x'|^2 - 2 x x' has no digits left for neighbours one apart, and draws of them are one value."""
    predictor, steps = float32_kernel().condition_on(tiny.videos(rng)), np.arange(4.0)[None, :, None]
    with pytest.raises(ValueError, match=r"values up to 100003 .* gaps of 1: a kernel in float32 .* kernel in float64"):
        ASK[name](predictor, np.tile(1e5 + steps, (3, 1, 1)))
    for near in (100.0 + steps, 100.0 + 1e-2 * steps):  # closer than the data is no reason to refuse them
        assert np.all(np.isfinite(ASK[name](predictor, np.tile(near, (3, 1, 1)))))


def test_a_kernel_sees_scaled_inputs(known):
    """A million steps of the data away, which are 128 million seconds, float64 has digits enough."""
    predictor, times = known
    assert predictor.input_spec.kernel.gaps == [1.0]
    assert np.all(np.isfinite(predictor.predict_f(times + 1e6 * STEP).mean))
    with pytest.raises(ValueError, match="a kernel in float64 loses their differences"):
        predictor.predict_f(times + 1e8 * STEP)


def test_compiled_code_does_not_look(known):
    predictor, times = known
    assert np.all(np.isfinite(tf.function(lambda at: predictor.predict_f(at).mean)(times.astype(np.float32))))


def test_data_sets_without_points_have_no_gaps():
    """As objects have of which there is no image yet."""
    assert feature_gaps(np.zeros([3, 0, 2])) == [np.inf, np.inf]
