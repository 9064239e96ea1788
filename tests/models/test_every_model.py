"""What every registered model does (`tests.support.registry`): its bound, missing frames, two replicas, resumption."""

import functools
import inspect

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import models
from gpvae_tf._keras import keras
from gpvae_tf.scaling import Scaling
from gpvae_tf.training.checkpoints import Checkpoints
from gpvae_tf.training.optimizers import make_optimizer
from tests.support import registry, replicas
from tests.support.eager import running_eagerly
from tests.support.seeds import seed_networks

SEED = tf.constant([3, 4])


@functools.cache
def untrained(build):
    """A model that tests share because they leave its weights as they are."""
    seed_networks()
    return build()


def test_every_public_model_has_an_entry():
    registered = {type(untrained(entry.build)).__name__ for entry in registry.REGISTRY.values()}
    offered = [one for one in map(vars(models).get, models.__all__) if inspect.isclass(one)]
    public = {one.__name__ for one in offered if issubclass(one, models.LatentVariableModel)}
    abstract = {name for name in public if inspect.isabstract(getattr(models, name))}
    assert abstract == {"LatentVariableModel"}
    assert registered == public - abstract


def test_an_unknown_capability_is_refused():
    with pytest.raises(ValueError, match="capability must be one of bound, masks"):
        registry.having("flies")
    entry = registry.REGISTRY["VAE"]
    with pytest.raises(ValueError, match=r"cannot has \['fly'\]; the capabilities are bound, masks"):
        registry.Entry(entry.build, entry.batch, entry.servable, entry.answers, cannot={"fly": "no wings"})


@registry.having("bound")
def test_the_bound_is_reconstruction_and_named_parts(entry, rng):
    model, batch = untrained(entry.build), entry.batch(rng)
    entry.prepare(model, batch)
    bound = model.elbo(batch, seed=SEED)
    assert tuple(bound.parts) == model.part_names
    for value in (bound.elbo, bound.reconstruction, bound.regularizer, bound.num_points, *bound.parts.values()):
        assert value.shape == batch["observations"].shape[:1] and value.dtype == bound.elbo.dtype
        assert np.all(np.isfinite(value))
    np.testing.assert_allclose(bound.elbo, bound.reconstruction + sum(bound.parts.values()), rtol=1e-6)
    np.testing.assert_allclose(bound.regularizer, sum(bound.parts.values()), rtol=1e-5, atol=1e-6)
    images_per_set = np.prod(batch["observations"].shape[1:-3], dtype=int)
    assert np.all((bound.num_points >= 1) & (bound.num_points <= images_per_set))


@registry.having("masks")
def test_masked_frames_are_removed_frames(entry, rng):
    """Draws have next to no variance here (1e-30), else they would differ with the number of frames."""
    batch = entry.batch(rng)
    num_sets, num_frames = batch["inputs"].shape[:2]
    keep = np.arange(num_frames) % 4 != 2
    model = entry.build(policy="float64", sample_clip=(1e-30, 1e-30))
    masked = model.elbo(batch | {"mask": tf.constant([keep] * num_sets)}, seed=SEED)
    removed = model.elbo({name: tensor.numpy()[:, keep] for name, tensor in batch.items()}, seed=SEED)
    np.testing.assert_allclose(masked.regularizer, removed.regularizer, rtol=1e-10)
    np.testing.assert_allclose(masked.reconstruction, removed.reconstruction, rtol=1e-10)
    np.testing.assert_array_equal(masked.num_points, removed.num_points)
    assert np.all(np.abs(masked.reconstruction - model.elbo(batch, seed=SEED).reconstruction) > 1.0)


@registry.having("predict_y")
def test_predictions_are_distributions_of_the_data(entry, rng):
    """At new inputs, with the variance's two sources; inputs that would broadcast are refused."""
    model, batch = untrained(entry.build), entry.batch(rng)
    entry.prepare(model, batch)
    inputs = entry.queries(model, batch)
    with running_eagerly():
        predictor = model.condition_on(batch)
        found = predictor.predict_y(inputs, 40, joint=True)
        nothing = predictor.predict_y(inputs[:, :0], 40)
    shape = (*inputs.shape[:-1], *model.event_shape)
    assert found.mean.shape == found.stddev.shape == shape and found.samples.shape == (40, *shape)
    assert nothing.samples.shape == (40, len(inputs), 0, *model.event_shape)
    assert np.all(found.latent_variance >= 0) and np.all(found.noise_variance > 0)
    np.testing.assert_allclose(tf.square(found.stddev), found.latent_variance + found.noise_variance, rtol=1e-5)
    lower, median, upper = found.quantiles
    assert np.all((lower <= median) & (median <= upper)) and np.any(lower < upper)
    wider = tf.concat([inputs] * 3, axis=-1)  # twice as wide, (view, id) could be (view, vector)
    for wrong in (inputs[..., 0], inputs[0], tf.concat([inputs, inputs], axis=0), wider):
        if model.amortized or wrong.shape[-1] != inputs.shape[-1]:  # q(f_m) serves any number of data sets
            with pytest.raises(ValueError, match="^inputs has "):
                predictor.predict_f(wrong)


@registry.having("impute")
def test_gaps_are_filled_in(entry, rng):
    """What was observed comes back; missing points and entries get their mean, whatever stands there."""
    model, batch = untrained(entry.build), entry.batch(rng)
    entry.prepare(model, batch)
    observations = batch["observations"].numpy()
    mask = rng.uniform(size=observations.shape) < 0.7
    mask[:, 1] = False
    holes = dict(batch) | {"observations": np.where(mask, observations, np.nan), "mask": mask}
    with running_eagerly():
        found, other = model.impute(holes), model.impute(holes | {"observations": np.where(mask, observations, 1e6)})
    np.testing.assert_array_equal(found.filled, np.where(mask, observations, found.mean))
    for part, again in zip(found, other, strict=True):
        assert np.all(np.isfinite(part))
        np.testing.assert_array_equal(part, again)
    assert np.all(found.lower <= found.upper) and np.all(found.stddev > 0)
    with running_eagerly():
        scores, unknown = (model.score_entries(holes, truth, 10) for truth in (observations, holes["observations"]))
    for part, where_known in zip(scores, unknown, strict=True):
        assert part.shape == observations.shape and np.all(np.isfinite(part))
        np.testing.assert_array_equal(where_known, np.where(mask, part, np.nan))


@registry.having("replicas")
def test_two_replicas_take_the_steps_of_one_device(entry, rng):
    """Two steps on unequal shares of a batch, with the draws of one device."""
    batches = 2 * [entry.batch(rng)]
    one, two = (replicas.trained(entry.build, batches, number) for number in (1, 2))
    replicas.assert_the_same(one, two)


@registry.having("resume")
def test_a_resumed_model_ends_where_the_uninterrupted_one_does(entry, rng, tmp_path):
    """Bit for bit, optimizer included, from other first weights."""
    batch = entry.batch(rng)
    step = tf.data.Dataset.from_tensors(batch)

    def started():
        model = entry.build()
        model.compile(make_optimizer(1e-2), run_eagerly=True)
        entry.prepare(model, batch)
        return model

    def state(model):
        return [variable.numpy() for variable in (*model.weights, *model.optimizer.variables)]

    whole = started()
    whole.fit(step, verbose=0)
    Checkpoints(tmp_path, whole).save(1)
    half = state(whole)
    whole.fit(step, verbose=0)
    keras.utils.set_random_seed(1)
    resumed = started()
    assert Checkpoints(tmp_path, resumed).restore() == 1
    resumed.fit(step, verbose=0)
    assert whole.num_steps == resumed.num_steps == 2
    assert any(np.any(old != new) for old, new in zip(half, state(whole), strict=True))
    for expected, found in zip(state(whole), state(resumed), strict=True):
        np.testing.assert_array_equal(found, expected)


@registry.having("impute")
def test_what_cannot_be_observed_is_refused_in_predictions_too(entry, rng):
    """`fit` refuses it; a mask leaves it out, and what is not known of a truth is no fault."""
    model, batch = untrained(entry.build), entry.batch(rng)
    entry.prepare(model, batch)
    observations = batch["observations"].numpy()
    broken, beyond = observations.copy(), observations.copy()
    broken[0, 0], beyond[0, 0] = np.nan, 255.0
    with running_eagerly():
        for verb in ("impute", "reconstruct", "elbo"):
            with pytest.raises(ValueError, match="observations has .* values that are not finite and are observed"):
                getattr(model, verb)(batch | {"observations": broken})
        if model.support[1] == 1.0:
            for verb in (model.impute, lambda given: model.score_entries(batch, given["observations"], 10)):
                with pytest.raises(ValueError, match="Bernoulli"):
                    verb(batch | {"observations": beyond})
        model.impute(batch | {"observations": beyond, "mask": observations == beyond})


@registry.having("predict_y")
def test_lists_of_inputs_keep_their_digits(entry, rng):
    """Python's numbers are float64, of which TensorFlow would make float32: times since 1970 would be merged."""
    model, batch = untrained(entry.build), entry.batch(rng)
    entry.prepare(model, batch)
    far = 1.7e9 + 60.0 * np.float64(batch["inputs"].numpy())
    if model.embedding is not None or not model.amortized:
        return  # ids, and models whose variables hold the data
    model = entry.build(scaling=Scaling(input_offset=1.7e9, input_scale=60.0))
    with running_eagerly():
        exact = model.condition_on(batch | {"inputs": far}).predict_f(far).mean
        listed = model.condition_on(batch | {"inputs": far.tolist()}).predict_f(far.tolist()).mean
        np.testing.assert_array_equal(listed, exact)
        with pytest.raises(ValueError, match="float32 cannot tell apart"):
            model.condition_on(batch | {"inputs": far.astype(np.float32)})
        with pytest.raises(ValueError, match="float32 cannot tell apart"):
            model.elbo(batch | {"inputs": far.astype(np.float32)})
        with pytest.raises(ValueError, match=r"inputs has dtype datetime64.* data.as_seconds"):
            model.condition_on(batch | {"inputs": far.astype("datetime64[s]")})


@registry.having("bound")
def test_a_whole_number_is_a_seed_of_the_bound(entry, rng):
    model, batch = untrained(entry.build), entry.batch(rng)
    entry.prepare(model, batch)
    expected = model.elbo(batch, seed=(3, 0)).elbo
    for seed in (3, np.int64(3), tf.constant(3)):
        np.testing.assert_array_equal(model.elbo(batch, seed=seed).elbo, expected)
    assert np.any(model.elbo(batch, seed=4).elbo != expected)


@registry.having("bound")
def test_keras_verbs_without_a_meaning_say_what_there_is_instead(entry, rng):
    model, batch = untrained(entry.build), entry.batch(rng)
    with pytest.raises(TypeError, match="is not called like a network: use reconstruct"):
        model.predict(batch)
    with pytest.raises(RuntimeError, match="has no optimizer yet: call compile"):
        model.train_step(batch)
