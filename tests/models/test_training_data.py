"""What `fit` refuses before its first step, in one sentence: no data, and values, masks and times that cannot be."""

import re
import warnings

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.data import from_arrays
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.likelihoods import BernoulliLikelihood
from gpvae_tf.models import FGPVAE, GPVAE, SVGPVAE, VAE
from gpvae_tf.models.input_checks import check_inputs
from gpvae_tf.models.trainer import posterior_collapse
from gpvae_tf.models.trainer.training_data import opened
from gpvae_tf.objectives import KLWarmUp
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
        (lambda b: dataset(b["observations"]), TypeError, "x has elements of type Tensor; expected"),
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
    with pytest.raises(TypeError, match="fit takes no y: a model is trained on the bound of the observations in x"):
        model.fit(batch, batch["observations"])
    with pytest.raises(TypeError, match="GPVAE is not called like a network: use reconstruct"):
        model(batch["observations"])


def test_arrays_are_checked_too(batch):
    """A mapping, which Keras cuts into batches."""
    with pytest.raises(ValueError, match="a Bernoulli decoder needs"):
        gp_vae().fit(batch | {"observations": 255.0 * batch["observations"]}, verbose=0)
    many = {name: np.repeat(array, 40, axis=0) for name, array in batch.items()}
    assert {name: len(rows) for name, rows in opened(many).example.items()} == {"observations": 32, "inputs": 32}


def test_an_object_that_has_a_dataset(batch):
    class Data:
        dataset = dataset(batch)

    assert opened(Data()) == (Data.dataset, None, None)


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


def test_the_end_of_a_dataset_of_unknown_length_is_no_step(batch):
    """Compiled, where what does not depend on the batch runs before it is known that there is none."""
    seed_networks()
    warm_up = KLWarmUp(epochs=9, steps_per_epoch=1)
    model = VAE(*tiny.build_networks(), objective=warm_up, **OPTIONS)
    model.compile(keras.optimizers.SGD(1e-3))
    model.fit(dataset(batch).repeat(3).filter(lambda batch: True), epochs=2, verbose=0)
    assert model.num_steps == int(model.optimizer.iterations) == int(warm_up.steps) == 6


def test_ragged_and_sparse_tensors_are_refused(batch):
    model = gp_vae()
    kinds = {name: tf.TensorSpec([None, *part.shape[2:]], part.dtype) for name, part in batch.items()}
    rows = lambda: ({name: part[i, : 5 + i] for name, part in batch.items()} for i in range(3))
    ragged = tf.data.Dataset.from_generator(rows, output_signature=kinds).ragged_batch(3)
    message = "has 'inputs' in a RaggedTensor; expected dense tensors: pad .* 'mask', as data.from_arrays"
    for ask in (model.fit, model.evaluate):
        with pytest.raises(TypeError, match=f"^x {message}"):
            ask(ragged, verbose=0)
    with pytest.raises(TypeError, match=f"^batch {message}"):
        model.train_on_batch(next(iter(ragged)))
    mask = tf.sparse.from_dense(np.eye(3, 7) > 0)
    with pytest.raises(TypeError, match="x has 'mask' in a SparseTensor"):
        model.fit(dataset(batch | {"mask": mask}), verbose=0)
    assert model.num_steps == 0


def test_networks_of_a_wrong_size_are_named(batch):
    encoder, decoder = tiny.build_networks()
    model = GPVAE(encoder, decoder, kernels.exponentiated_quadratic(2.0), event_shape=(5, 6, 1), latent_dim=LATENT_DIM)
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


def test_times_that_float32_merges_all_are_refused(batch):
    """Seven frames at 25 per second since 1970 are one time, without a gap; equal times elsewhere are fine."""
    frames = (SINCE_1970 + batch["inputs"].astype(np.float64) / 25.0).astype(np.float32)
    assert len(np.unique(frames)) == 1
    for model in (gp_vae(), VAE(*tiny.build_networks(), **OPTIONS)):
        with pytest.raises(ValueError, match="values up to 17000.*float32 cannot tell apart: give them in float64"):
            model.check_batch(batch | {"inputs": frames})
    check_inputs(np.full((1, 7, 1), 100.0, np.float32))


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
    """Case 3 b: |x|^2 + |x'|^2 - 2 x x', whose error is measured here; it is refused where it is 0.1 or more.

    That is TFP's algebra, which inputs of many columns take (`kernels.covariance`); what is refused is so for all.
    """
    x = start + np.arange(8.0)[np.newaxis, :, np.newaxis]
    kernel = kernels.exponentiated_quadratic(2.0, dtype=dtype)
    found = kernel.matrix(tf.constant(x, dtype), tf.constant(x, dtype))[0].numpy()
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


def test_validation_is_checked_before_training(batch, eagerly):
    """Its loss chooses weights: that of pixels in 0..255 would be far below 0."""
    model, wrong = gp_vae(likelihood=BernoulliLikelihood()), batch | {"observations": 255.0 * batch["observations"]}
    for bad in (dataset(wrong), wrong):
        with pytest.raises(ValueError, match="validation_data: observations has values from .* a Bernoulli decoder"):
            model.fit(dataset(batch), validation_data=bad, verbose=0)
        with pytest.raises(ValueError, match="x: observations has values from"):
            model.evaluate(bad, verbose=0)
    with pytest.raises(TypeError, match="validation_data is tuple; expected a tf.data.Dataset of batches"):
        model.fit(dataset(batch), validation_data=(batch["observations"], None), verbose=0)
    with pytest.raises(ValueError, match="validation_data has batches of 'observations'; expected also 'inputs'"):
        model.fit(dataset(batch), validation_data={"observations": batch["observations"]}, verbose=0)
    assert model.num_steps == 0


class Interrupts(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise KeyboardInterrupt


def test_after_an_interrupted_fit_validation_is_that_of_the_next(batch, eagerly):
    """Keras goes on with what it had made of the first."""
    model, other = gp_vae(), batch | {"observations": np.ones_like(batch["observations"])}
    model.compile(keras.optimizers.SGD(0.0))
    with pytest.raises(KeyboardInterrupt):
        model.fit(dataset(batch), validation_data=dataset(batch), callbacks=[Interrupts()], verbose=0)
    found = [model.fit(dataset(batch), validation_data=dataset(other), verbose=0).history["val_loss"] for _ in range(2)]
    first = model.evaluate(dataset(batch), verbose=0, return_dict=True)["loss"]
    assert found[0] == pytest.approx(found[1], rel=0.01) and found[0] != pytest.approx([first], rel=0.02)


def test_a_fit_after_one_with_a_backup(batch, eagerly, tmp_path):
    """Keras' callback takes an attribute away that the next fit reads."""
    model = gp_vae()
    model.fit(dataset(batch), callbacks=[keras.callbacks.BackupAndRestore(tmp_path)], verbose=0)
    model.fit(dataset(batch), verbose=0)
    assert model.num_steps == 2


class InterruptsOnce(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.left = 1

    def on_train_batch_end(self, batch, logs=None):
        if self.model.num_steps == 3 and self.left:
            self.left -= 1
            raise KeyboardInterrupt


def test_no_warning_that_data_ended_where_a_backup_goes_on(batch, eagerly, tmp_path, recwarn):
    """The second `fit` has only the rest to do: 1 of the 2 epochs."""
    model, once = gp_vae(), InterruptsOnce()
    go = lambda: model.fit(
        dataset(batch).repeat().filter(lambda one: True),
        callbacks=[keras.callbacks.BackupAndRestore(tmp_path), once],
        **dict(epochs=2, steps_per_epoch=2, verbose=0),
    )
    with pytest.raises(KeyboardInterrupt):
        go()
    assert len(go().history["loss"]) == 1 and model.num_steps == 4
    assert not [warning for warning in recwarn if "ended after" in str(warning.message)]


def test_a_batch_of_one_image_is_refused(rng, eagerly):
    """Its bound, of predictions from the others, would be NaN and the step skipped without a word."""
    entry = registry.REGISTRY["NonparametricVAE"]
    model, images = entry.build(), entry.batch(rng)["observations"]
    model.compile("adam")
    with pytest.raises(ValueError, match=r"^a batch has one image, .* others: batch\(..., drop_remainder=True\)$"):
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


def of_points(num=7, per_batch=4):
    """Batches of points of one series, of `num` points."""
    values = np.random.default_rng(0).uniform(size=(1, num, *IMAGE_SHAPE))
    return from_arrays(values, np.arange(1.0, num + 1.0), points_per_batch=per_batch)


TAKE_WHOLE_DATA_SETS = ("gp_vae", "markov_gp_vae", "vecchia_gp_vae", "banded", "fgp_vae", "sparse_fgp_vae")


@pytest.mark.parametrize("name", TAKE_WHOLE_DATA_SETS)
def test_batches_of_points_are_no_whole_data_sets(name, eagerly):
    model = getattr(sequence_models, name)()
    model.compile("adam")
    for ask in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=r"points_per_batch.*takes every batch for whole data sets: leave"):
            ask(of_points(), verbose=0)
    with pytest.raises(ValueError, match=r"validation_data: the data have batches of points \(points_per_batch\)"):
        model.fit(dataset(tiny.videos(np.random.default_rng(0))), validation_data=of_points(), verbose=0)
    assert model.num_steps == 0


def svgp_vae(num_data):
    seed_networks()
    points = InducingPoints(np.array([[1.0], [4.0], [7.0]]))
    kernel = kernels.exponentiated_quadratic(2.0)
    model = SVGPVAE(*tiny.build_networks(), kernel, points, num_data=num_data, **OPTIONS)
    model.compile("adam")
    return model


def test_batches_of_points_need_the_model_to_know_how_many_there_are(eagerly):
    for wrong in (None, 8):
        with pytest.raises(ValueError, match=f"num_data is {wrong}, .*points_per_batch.* of 7: give the model num"):
            svgp_vae(wrong).fit(of_points(), verbose=0)
    with pytest.raises(ValueError, match="x: num_data is None, and the data have batches of points"):
        svgp_vae(None).evaluate(of_points(), verbose=0)
    model = svgp_vae(7)
    model.fit(of_points(), validation_data=of_points(5), verbose=0)  # held-out points are others
    assert model.num_steps == 2


@pytest.mark.parametrize("name", ["vae", "mean_field"])
def test_models_that_tie_no_points_together_take_batches_of_points(name, eagerly):
    model = getattr(sequence_models, name)()
    model.compile("adam")
    model.fit(of_points(), verbose=0)
    assert model.num_steps == 2


@pytest.mark.parametrize(("name", "num"), [("deep_svigp", 15), ("gppvae", 9), ("cvae", 9)])
def test_models_with_mini_batches_of_their_own_take_batches_of_points(name, num):
    getattr(sequence_models, name)().check_points(num)


def test_validation_data_without_a_first_or_a_last_batch_are_refused_before_training(batch):
    """Keras would say so after the first epoch, and name no argument."""
    model, data = gp_vae(), dataset(batch)
    for empty in (data.take(0), data.repeat(0)):
        with pytest.raises(ValueError, match="^validation_data has no batches"):
            model.fit(data, validation_data=empty, verbose=0)
        with pytest.raises(ValueError, match="^x has no batches"):
            model.evaluate(empty, verbose=0)
    with pytest.raises(ValueError, match="^validation_data never ends: give validation_steps, or"):
        model.fit(data, validation_data=data.repeat(), verbose=0)
    with pytest.raises(ValueError, match="^x never ends: give steps, or"):
        model.evaluate(data.repeat(), verbose=0)
    assert model.num_steps == 0
    model.fit(data, validation_data=data.repeat(), validation_steps=2, verbose=0)
