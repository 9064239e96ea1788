"""What `fit` refuses before its first step, in one sentence: no data, and values, masks and times that cannot be."""

import re
import warnings

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.likelihoods import BernoulliLikelihood
from gpvae_tf.models import FGPVAE, GPVAE, SVGPVAE, VAE
from gpvae_tf.models.trainer import posterior_collapse
from gpvae_tf.models.trainer.input_checks import check_inputs
from gpvae_tf.models.trainer.training_data import first_rows, training_dataset
from gpvae_tf.scaling import Scaling
from tests.support import registry, sequence_models, tiny
from tests.support.seeds import seed_networks
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

OPTIONS = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)
SINCE_1970 = 1_700_000_000.0


def dataset(batch) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensors(batch)


def gp_vae(kernel=None, **options) -> GPVAE:
    seed_networks()
    model = GPVAE(*tiny.build_networks(), kernel or kernels.exponentiated_quadratic(2.0), **OPTIONS | options)
    model.compile("adam")
    return model


@pytest.fixture
def batch(rng):
    return {name: part.numpy() for name, part in tiny.videos(rng).items()}


@registry.having("bound")
@pytest.mark.parametrize("values", ["8 bits", "z-scores"])
def test_what_is_no_probability_is_refused_by_every_model(entry, values, rng):
    """Under a Bernoulli likelihood; such data trained on, with a bound above 0."""
    batch, model = entry.batch(rng), entry.build()
    model.likelihood = BernoulliLikelihood()
    shape = batch["observations"].shape
    wrong = rng.integers(0, 256, shape).astype(np.uint8) if values == "8 bits" else rng.normal(size=shape)
    model.compile("adam", run_eagerly=True)  # else a step is traced first, which takes seconds
    with pytest.raises(ValueError, match=r"observations has values from .*; a Bernoulli decoder needs \[0, 1\]"):
        model.fit(dataset(batch | {"observations": wrong}), verbose=0)
    assert model.num_steps == 0


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda b: b["observations"], TypeError, "x is numpy.ndarray; expected a tf.data.Dataset of batches"),
        (lambda b: [b], TypeError, "x is list; expected a tf.data.Dataset"),
        (lambda b: None, TypeError, "x is NoneType; expected a tf.data.Dataset"),
        (lambda b: dataset((b,)), TypeError, "x has elements of type tuple; expected"),
        (lambda b: dataset((b, b["observations"])), TypeError, "x has elements of type tuple; expected"),
        (lambda b: dataset(b["observations"]), TypeError, "x has elements of type TensorSpec; expected"),
        (
            lambda b: dataset({"images": b["observations"], "inputs": b["inputs"]}),
            ValueError,
            "x has batches of 'images', 'inputs'; expected also 'observations': what was called 'images'",
        ),
        (
            lambda b: dataset({"observations": b["observations"]}),
            ValueError,
            "x has batches of 'observations'; expected also 'inputs'",
        ),
        (lambda b: dataset(b).take(0), ValueError, "x has no batches"),
        (
            lambda b: dataset(b | {"observations": b["observations"][..., 0]}),
            ValueError,
            r"observations has shape \(3, 7, 6, 6\); expected \[B, n, 6, 6, 1\]",
        ),
        (
            lambda b: dataset(b | {"inputs": b["inputs"][:, 1:]}),
            ValueError,
            r"inputs has shape \(3, 6, 1\); expected \[3, 7, D\]",
        ),
        (
            lambda b: dataset(b | {"inputs": b["inputs"][..., 0]}),
            ValueError,
            r"inputs has shape \(3, 7\); expected \[3, 7, D\]",
        ),
        (
            lambda b: dataset(
                b
                | {
                    "observations": np.where(b["inputs"][..., None, None] == 2, np.nan, 1.0)[..., :6, :]
                    * np.ones([6, 6, 1])
                }
            ),
            ValueError,
            "observations has 108 values that are not finite and are observed: say what is missing by a mask",
        ),
        (
            lambda b: dataset(b | {"inputs": np.where(b["inputs"] == 2, np.nan, b["inputs"])}),
            ValueError,
            "inputs has values that are not finite in column 0",
        ),
        (
            lambda b: dataset(b | {"mask": np.ones([3, 7], np.float32)}),
            ValueError,
            "mask has dtype float32; expected",
        ),
        (
            lambda b: dataset(b | {"mask": np.ones([3, 6], bool)}),
            ValueError,
            r"mask has shape \(3, 6\); expected \[3, 7\]",
        ),
        (
            lambda b: dataset(b | {"mask": np.zeros([3, 7], bool)}),
            ValueError,
            "mask hides every observation of the batch",
        ),
        (
            lambda b: dataset(b | {"mask": np.ones([3, 7], bool) & (np.arange(3) != 1)[:, None]}),
            ValueError,
            "mask leaves nothing observed in sequence 1 of the batch; leave it out",
        ),
        (lambda b: dataset(b | {"mask": np.ones([3, 7, 6, 6, 2], bool)}), ValueError, "mask has shape"),
        (lambda b: dataset(b | {"mask": np.ones([3, 7, 1], bool)}), ValueError, "mask has shape"),
    ],
)
@pytest.mark.parametrize("kind", [GPVAE, FGPVAE])
def test_what_is_no_data_is_refused(batch, kind, change, error, message):
    kernel = kernels.exponentiated_quadratic(2.0)
    model = kind(*tiny.build_networks(), kernel, **OPTIONS | ({"num_local": 1} if kind is FGPVAE else {}))
    model.compile("adam")
    with pytest.raises(error, match=message):
        model.fit(change(batch), verbose=0)
    assert model.num_steps == 0


def test_targets_and_calls_are_refused(batch):
    model = gp_vae()
    with pytest.raises(TypeError, match="fit takes no targets y"):
        model.fit(batch, batch["observations"])
    with pytest.raises(TypeError, match="GPVAE is not called like a network: use reconstruct"):
        model(batch["observations"])


def test_arrays_are_checked_too(batch):
    """A mapping, which Keras cuts into batches."""
    with pytest.raises(ValueError, match="a Bernoulli decoder needs"):
        gp_vae().fit(batch | {"observations": 255.0 * batch["observations"]}, verbose=0)
    assert {name: len(rows) for name, rows in first_rows(batch, 2).items()} == {"observations": 2, "inputs": 2}


def test_an_object_that_has_a_dataset(batch):
    class Data:
        dataset = dataset(batch)

    assert training_dataset(Data()) is Data.dataset


def test_masked_values_may_be_anything(batch):
    mask = np.ones(batch["observations"].shape, bool)
    mask[0, 1, 2] = mask[2, 5, 0] = False
    wrong = np.where(mask, batch["observations"], np.nan)
    gp_vae().check_batch(batch | {"observations": wrong, "mask": mask})
    mask[2, 5, 0, 3] = True
    with pytest.raises(ValueError, match="observations has 1 values that are not finite and are observed"):
        gp_vae().check_batch(batch | {"observations": wrong, "mask": mask})
    wrong[2, 5, 0, 3] = 255.0
    with pytest.raises(ValueError, match="a Bernoulli decoder needs"):
        gp_vae().check_batch(batch | {"observations": wrong, "mask": mask})


def test_a_dataset_that_ends_too_early_is_refused(batch):
    with pytest.raises(ValueError, match=r"x has 2 batches; steps_per_epoch=3 in 2 epochs need 6: repeat the dataset"):
        gp_vae().fit(dataset(batch).repeat(2), epochs=2, steps_per_epoch=3, verbose=0)


def test_a_dataset_of_unknown_length_that_ends_early_is_told(batch, eagerly):
    model = gp_vae()
    unknown = dataset(batch).repeat(5).filter(lambda batch: True)
    with pytest.warns(UserWarning, match="x ended after 5 batches of 6: training took 5 steps"):
        model.fit(unknown, epochs=2, steps_per_epoch=3, verbose=0)
    assert model.num_steps == 5


def test_networks_of_a_wrong_size_are_named(batch):
    encoder, decoder = tiny.build_networks()
    model = GPVAE(encoder, decoder, kernels.exponentiated_quadratic(2.0), event_shape=(6, 6, 1), latent_dim=LATENT_DIM)
    model.event_shape = (5, 6, 1)
    with pytest.raises(ValueError, match=r"the decoder's output has shape .*; expected \[..., 5, 6, 1\]"):
        model.decode(tf.zeros([3, LATENT_DIM]))
    model = GPVAE(encoder, decoder, kernels.exponentiated_quadratic(2.0), event_shape=(6, 6, 1), latent_dim=3)
    with pytest.raises(ValueError, match=r"the encoder's output has shape .*; expected \[..., 6\]"):
        model.elbo(batch)


@pytest.fixture
def eagerly():
    """No compilation, which takes longer than what is compiled."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def since_1970(batch, dtype=np.float64):
    """The batch with its times 1 to 7 in minutes since 1970."""
    return batch | {"inputs": (SINCE_1970 + 60.0 * batch["inputs"].astype(np.float64)).astype(dtype)}


def test_times_that_a_dtype_merges_are_refused(batch):
    """Case 3: seconds since 1970 have two distinct values of seven in float32, and no differences under a kernel."""
    for far, message in (
        (
            since_1970(batch, np.float32),
            "inputs has values up to 17000.*float32 cannot tell apart: give them in float64",
        ),
        (since_1970(batch), r"inputs has values up to 17000.* with gaps of 60: a kernel in float64 loses .*scaling="),
    ):
        with pytest.raises(ValueError, match=message):
            gp_vae().check_batch(far)
    with pytest.raises(ValueError, match="float32 cannot tell apart"):
        VAE(*tiny.build_networks(), **OPTIONS).check_batch(since_1970(batch, np.float32))
    VAE(*tiny.build_networks(), **OPTIONS).check_batch(since_1970(batch))  # no kernel sees them


@pytest.mark.parametrize(
    ("dtype", "start", "fits"),
    [
        ("float64", 0.0, True),
        ("float64", 1e6, True),
        ("float64", 1e8, False),
        ("float64", 1.7e9, False),
        ("float32", 0.0, True),
        ("float32", 100.0, True),
        ("float32", 1e4, False),
        ("float32", 1e6, False),
    ],
)
def test_what_a_kernel_s_algebra_loses_is_refused(dtype, start, fits):
    """Case 3 b: |x|^2 + |x'|^2 - 2 x x', whose error is measured here; it is refused where it is 0.1 or more."""
    x = start + np.arange(8.0)[np.newaxis, :, np.newaxis]
    kernel = kernels.exponentiated_quadratic(2.0, dtype=dtype)
    found = kernels.matrix(kernel, tf.constant(x, dtype), tf.constant(x, dtype))[0, 0].numpy()
    error = np.max(np.abs(found - np.exp(-0.5 * (np.subtract.outer(np.arange(8.0), np.arange(8.0)) / 2.0) ** 2)))
    assert (error < 0.1) == fits
    if fits:
        check_inputs(x, x, tf.as_dtype(dtype))
    else:
        with pytest.raises(ValueError, match=f"a kernel in {dtype} loses their differences"):
            check_inputs(x, x, tf.as_dtype(dtype))


def test_many_data_sets_with_times_of_their_own_are_told_apart(rng):
    """Their times together lie closer than float32 can tell; each one's own do not."""
    x = np.sort(rng.uniform(size=(4000, 50, 1)), axis=1).astype(np.float32)
    check_inputs(x, x.astype(np.float64))


@pytest.mark.parametrize("kind", [GPVAE, SVGPVAE, FGPVAE])
def test_a_model_with_scaling_takes_times_since_1970(kind, batch):
    """Latents and bound are those of a model of times from 0, to 1e-6."""
    results = []
    for data, scaling in ((since_1970(batch), Scaling(SINCE_1970, 60.0)), (batch, None)):
        seed_networks()
        parts = [*tiny.build_networks(), kernels.exponentiated_quadratic(2.0)]
        parts += [InducingPoints(np.array([[1.0], [4.0], [7.0]]))] if kind is SVGPVAE else []
        model = kind(*parts, scaling=scaling, **OPTIONS | ({"num_local": 1} if kind is FGPVAE else {}))
        model.check_batch(data)
        results.append([model.latents(data).mean, model.elbo(data, seed=tf.constant([1, 2])).elbo])
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-6)


def test_inducing_points_of_other_columns_are_refused(batch):
    for points, inputs in (([[1.0], [4.0]], np.tile(batch["inputs"], 2)), ([[1.0, 1.0], [4.0, 2.0]], batch["inputs"])):
        for kernel in (kernels.exponentiated_quadratic(2.0), kernels.periodic()):
            model = SVGPVAE(*tiny.build_networks(), kernel, InducingPoints(np.array(points)), **OPTIONS)
            with pytest.raises(ValueError, match="inputs has . columns .* as inducing_points has"):
                model.elbo(batch | {"inputs": inputs})


def shuffled(batch) -> tf.data.Dataset:
    many = {name: np.repeat(part, 3, axis=0) for name, part in batch.items()}
    return tf.data.Dataset.from_tensor_slices(many | {"id": np.arange(9)}).shuffle(9, seed=5).batch(9)


def ids(dataset) -> list[int]:
    return [int(number) for each in dataset for number in each["id"]]


def test_a_shuffle_is_left_alone(batch, eagerly):
    """What `fit` trains on, and what comes after, is what comes out of the dataset with Keras alone.

    Keras makes an iterator before it makes one for every epoch.
    """
    alone, used = shuffled(batch), shuffled(batch)
    expected = [ids(alone) for _ in range(6)]
    assert len(set(map(tuple, expected))) == 6
    model, seen = gp_vae(), []
    step = model.train_step
    model.train_step = lambda given: seen.append(given["id"].numpy().tolist()) or step(given)
    model.fit(used, epochs=2, verbose=0)
    assert seen == expected[1:3] and ids(used) == expected[3]
    model.fit(used, verbose=0)
    assert seen[2] == expected[5]


def test_every_dataset_is_checked(batch, eagerly):
    model = gp_vae()
    model.fit(dataset(batch), verbose=0)
    with pytest.raises(ValueError, match="a Bernoulli decoder needs"):
        model.fit(dataset(batch | {"observations": 255.0 * batch["observations"]}), verbose=0)
    with pytest.raises(ValueError, match=r"inputs has shape \(3, 7\); expected"):
        model.fit(dataset(batch | {"inputs": batch["inputs"][..., 0]}), verbose=0)
    assert model.num_steps == 1


def test_a_fault_before_the_first_batch_that_is_not_the_data_s_keeps_its_words(batch):
    def fail(logs=None):
        raise ValueError("a callback's own fault")

    model = gp_vae()
    with pytest.raises(ValueError, match="^a callback's own fault$"):
        model.fit(dataset(batch), callbacks=[keras.callbacks.LambdaCallback(on_train_begin=fail)], verbose=0)


def test_validation_and_evaluation_take_what_fit_takes(batch, eagerly):
    class Data:
        dataset = dataset(batch)

    model = gp_vae()
    history = model.fit(Data(), validation_data=Data(), verbose=0).history
    found = model.evaluate(Data(), verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(history["val_loss"][0])


def test_a_batch_of_one_image_is_refused(rng, eagerly):
    """Its bound, of predictions from the others, would be NaN and the step skipped without a word."""
    entry = registry.REGISTRY["NonparametricVAE"]
    model, images = entry.build(), entry.batch(rng)["observations"]
    model.compile("adam")
    with pytest.raises(tf.errors.InvalidArgumentError, match="a batch has one image"):
        model.fit(tf.data.Dataset.from_tensor_slices({"observations": images}).batch(len(images) - 1), verbose=0)
    assert model.num_steps == 1


@pytest.mark.parametrize(
    ("build", "bias", "message"),
    [
        (sequence_models.mean_field, 0.0, "after 6 steps the regularizer of the bound is .*posterior collapse"),
        (sequence_models.gp_vae, -1.0, "after 6 steps the encoder gives the same for every observation: .*collapse"),
    ],
)
def test_latents_that_say_nothing_are_told_of(rng, monkeypatch, build, bias, message):
    """An encoder whose last weights are 0 and stay so: its KL is 0, or, of a GP, what it is of any constants."""
    monkeypatch.setattr(posterior_collapse, "ENOUGH_STEPS", 5)
    batches = tf.data.Dataset.from_tensors(tiny.videos(rng)).repeat()
    for dead in (True, False):
        model = build()
        last = model.encoder.layers[-1]
        if dead:
            last.set_weights([fill * np.ones_like(part) for fill, part in zip((0.0, bias), last.get_weights())])
        model.compile(keras.optimizers.SGD(0.0))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(batches, steps_per_epoch=6, verbose=0)
            model.fit(batches, steps_per_epoch=4, verbose=0)  # too few to say
        told = [str(warning.message) for warning in caught if "posterior collapse" in str(warning.message)]
        assert len(told) == dead
        assert not dead or re.match(message, told[0])
