"""What `fit` refuses before its first step, in one sentence: no data, and values and masks that cannot be."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.likelihoods import BernoulliLikelihood
from gpvae_tf.models import FGPVAE, GPVAE, SVGPVAE
from gpvae_tf.models.trainer.training_data import opened
from tests.support import registry, tiny
from tests.support.fit_data import OPTIONS, dataset, gp_vae
from tests.support.tiny import LATENT_DIM


@pytest.fixture
def batch(batch):
    """The videos as arrays."""
    return {name: part.numpy() for name, part in batch.items()}


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

    assert opened(Data()) == (Data.dataset, None, None, None)


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


def test_inducing_points_of_other_columns_are_refused(batch):
    for points, inputs in (([[1.0], [4.0]], np.tile(batch["inputs"], 2)), ([[1.0, 1.0], [4.0, 2.0]], batch["inputs"])):
        for kernel in (kernels.exponentiated_quadratic(2.0), kernels.periodic()):
            model = SVGPVAE(*tiny.build_networks(), kernel, InducingPoints(np.array(points)), **OPTIONS)
            with pytest.raises(ValueError, match="inputs has . columns .* as inducing_points has"):
                model.elbo(batch | {"inputs": inputs})


def test_a_batch_of_one_image_is_refused(rng, eagerly):
    """Its bound, of predictions from the others, would be NaN and the step skipped without a word."""
    entry = registry.REGISTRY["NonparametricVAE"]
    model, images = entry.build(), entry.batch(rng)["observations"]
    model.compile("adam")
    with pytest.raises(ValueError, match=r"^a batch has one image, .* others: batch\(..., drop_remainder=True\)$"):
        model.fit(tf.data.Dataset.from_tensor_slices({"observations": images}).batch(len(images) - 1), verbose=0)
    assert model.num_steps == 1
    with pytest.raises(ValueError, match=r"^a batch has one image, .* others: batch\(..., drop_remainder=True\)$"):
        model.evaluate(tf.data.Dataset.from_tensors({"observations": images[:1]}).repeat(2), verbose=0)
