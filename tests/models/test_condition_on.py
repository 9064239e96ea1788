"""`condition_on`: several batches say what their concatenation says, for every latent-GP model."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels, networks
from gpvae_tf.as_coded.ball_kl import AsCodedGP
from gpvae_tf.data import from_arrays
from gpvae_tf.embeddings import ObjectVectors
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import CorrelatedSharedGaussian, LowRankGP, SparseGP, TitsiasGP
from gpvae_tf.latent_gps.product_features import ProductFeatures
from gpvae_tf.models import CVAE, FGPVAE, GPPVAE, GPVAE, SVGPVAE, VAE, DeepSVIGP, NeuralProcessGPVAE
from tests.support import sequence_models, tiny
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

N, L = 9, LATENT_DIM
ANGLES, POINTS = np.array([0.0, 1.0, 2.5]), np.array([[0.5], [2.0], [5.0]])
OPTIONS = dict(event_shape=IMAGE_SHAPE, latent_dim=L)
SEED = tf.constant([3, 4])


def network_pair(condition=0):
    height, width, channels = IMAGE_SHAPE
    encoder = networks.ball_encoder((height, width, channels + condition), L, units=8, policy="float64")
    return encoder, networks.ball_decoder(IMAGE_SHAPE, L + condition, units=8, policy="float64")


@pytest.fixture
def data(rng):
    """One data set of 9 images, inputs (angle, object)."""
    inputs = np.stack([np.tile(ANGLES, 3), np.repeat(np.arange(3.0), 3)], axis=-1)[rng.permutation(N)]
    images = rng.uniform(size=(N, *IMAGE_SHAPE))
    arrays = {"observations": images, "inputs": inputs, "index": np.arange(N, dtype=np.int32)}
    return {name: tf.constant(array[np.newaxis]) for name, array in arrays.items()}


def view_kernel():
    return kernels.view_object(kernels.periodic(1.2), kernels.linear())


def embedding(num=3):
    return ObjectVectors(np.random.default_rng(1).normal(size=(num, 2)), dtype="float64")


def points():
    return InducingPoints(np.random.default_rng(2).normal(size=(4, 3)), dtype="float64")


def sparse(sparse_gp):
    options = dict(OPTIONS, embedding=embedding(), num_data=50, sparse_gp=sparse_gp)
    return SVGPVAE(*network_pair(), view_kernel(), points(), **options)


def gppvae():
    prior = LowRankGP(ProductFeatures(kernels.periodic(1.2), ANGLES), noise_variance=0.3)
    train_inputs = np.stack([np.tile(ANGLES, 3), np.repeat(np.arange(3.0), 3)], axis=-1)
    return GPPVAE(*network_pair(), prior, train_inputs, **OPTIONS, embedding=embedding())


MODELS = {
    "VAE": lambda: VAE(*network_pair(), **OPTIONS),
    "GPVAE": lambda: GPVAE(*network_pair(), view_kernel(), **OPTIONS, embedding=embedding()),
    "neural process": lambda: NeuralProcessGPVAE(*network_pair(), view_kernel(), **OPTIONS, embedding=embedding()),
    "SVGPVAE": lambda: sparse(SparseGP),
    "Titsias": lambda: sparse(TitsiasGP),
    "as coded": lambda: sparse(AsCodedGP),
    "GPPVAE": gppvae,
    "CVAE": lambda: CVAE(*network_pair(condition=2), **OPTIONS),
    "DeepSVIGP": lambda: DeepSVIGP(
        network_pair()[1], view_kernel(), points(), num_data=N, **OPTIONS, embedding=embedding()
    ),
}


def split(batch, *ends):
    """Parts of a batch along its points."""
    starts = (0, *ends)
    return [
        {name: tensor[:, a:b] for name, tensor in batch.items()} for a, b in zip(starts, (*ends, None), strict=True)
    ]


def assert_same_predictor(ours, expected, query):
    for part, other in zip(ours.predict_f(query), expected.predict_f(query), strict=True):
        np.testing.assert_allclose(part, other, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(ours.generate(query), expected.generate(query), rtol=1e-7)
    np.testing.assert_allclose(ours.generate(query, SEED), expected.generate(query, SEED), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_several_batches_are_their_concatenation(name, data):
    model = MODELS[name]()
    query = tf.constant([[[0.7, 0.0], [2.0, 2.0], [4.0, 1.0]]], tf.float64)
    whole = model.condition_on(data)
    one_by_one = (part for part in split(data, 2, 5))  # a generator: nothing asks for them all at once
    assert_same_predictor(model.condition_on(one_by_one), whole, query)
    if name in ("VAE", "DeepSVIGP"):  # K = I says nothing of new inputs; q(f_m) has all there is to say
        return
    part_of_it = model.condition_on(split(data, 6)[0] if name != "CVAE" else split(data, 8)[0])
    assert np.abs(part_of_it.predict_f(query).mean - whole.predict_f(query).mean).max() > 1e-6


@pytest.mark.parametrize("name", ["GPVAE", "SVGPVAE", "CVAE"])
def test_masks_of_some_batches(name, data):
    """A batch without a mask beside one with a mask is observed."""
    model, query = MODELS[name](), tf.constant([[[0.7, 0.0], [4.0, 1.0]]], tf.float64)
    first, second = split({key: data[key] for key in ("observations", "inputs")}, 6)
    keep = np.array([[True, False, True]])
    left = {name: tf.concat([first[name], tensor[:, ::2]], axis=1) for name, tensor in second.items()}
    ours = model.condition_on([first, second | {"mask": tf.constant(keep)}])
    assert_same_predictor(ours, model.condition_on(left), query)


@pytest.mark.parametrize("shared", ["independent", "correlated"])
@pytest.mark.parametrize("local", ["exact", "sparse"])
def test_batches_of_objects(local, shared, rng):
    """FGP-VAE's batches hold other objects; correlated ones know of each other across batches."""
    kernel = kernels.periodic(1.2)
    prior = kernel if local == "exact" else SparseGP(kernel, InducingPoints(POINTS, dtype="float64"))
    num, ids = 6, np.arange(6.0)[:, None]
    correlated = dict(shared=CorrelatedSharedGaussian(kernels.linear()), embedding=embedding(num))
    model = FGPVAE(*network_pair(), prior, num_local=1, **OPTIONS, **(correlated if shared == "correlated" else {}))
    inputs = np.stack([np.tile(ANGLES, (num, 1)), np.repeat(ids, 3, axis=1)], axis=-1)
    batch = {"observations": rng.uniform(size=(num, 3, *IMAGE_SHAPE)), "inputs": inputs}
    rows = (slice(0, 1), slice(1, 3), slice(3, 6))
    parts = [{name: array[some] for name, array in batch.items()} for some in rows]
    query = np.stack([np.full((num, 2), 0.7), np.repeat(ids, 2, axis=1)], axis=-1)
    assert_same_predictor(model.condition_on(iter(parts)), model.condition_on(batch), query)


def test_gppvae_without_batches_is_its_bank(data):
    model, query = gppvae(), tf.constant([[[0.7, 0.0], [4.0, 1.0]]], tf.float64)
    order = np.lexsort(data["inputs"][0].numpy().T)  # that of train_inputs
    ordered = {name: tf.gather(data[name], order, axis=1) for name in ("observations", "inputs")} | {
        "index": data["index"]
    }
    model.refresh([ordered])
    assert_same_predictor(model.condition_on(), model.condition_on(data), query)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "DeepSVIGP"])
def test_nothing_to_condition_on(name):
    model = MODELS[name]()
    with pytest.raises(ValueError, match="batches is empty: there is nothing to condition on"):
        model.condition_on([])
    if name != "GPPVAE":
        with pytest.raises(ValueError, match="batches is None: .* keeps nothing of its training set"):
            model.condition_on()


@pytest.mark.parametrize("name", ["GPVAE", "SVGPVAE", "CVAE", "VAE", "GPPVAE"])
def test_inputs_without_their_last_axis_are_refused(name, data):
    """Times [B, s], or one vector of them [s], would broadcast against the context's."""
    known = MODELS[name]().condition_on(data)
    for wrong in (data["inputs"][..., 0], data["inputs"][0, :, 0]):
        for ask in (known.predict_f, known.generate, lambda inputs: known.predict_y(inputs, 50)):
            with pytest.raises(
                ValueError, match=r"inputs has shape .*; expected \[1, s, 2.*\]: .* on an axis of their own"
            ):
                ask(wrong)


SEQUENCE_MODELS = [sequence_models.gp_vae, sequence_models.svgp_vae, sequence_models.banded]


@pytest.mark.parametrize("build", SEQUENCE_MODELS)
def test_sequences_in_several_batches_are_not_points_of_the_first_ones(build, rng):
    """Video i of the second batch is another than video i of the first, unless batches add data sets."""
    model, batch = build("float64"), tiny.videos(rng)
    sequences = lambda size: from_arrays(np.array(batch["observations"]), np.array(batch["inputs"]), batch_size=size)
    query = batch["inputs"][:, :4] + 0.3
    expected = model.condition_on(batch)
    assert_same_predictor(model.condition_on(sequences(3)), expected, query)
    if model.batches_add == "data sets":
        assert_same_predictor(model.condition_on(sequences(2)), expected, query)
        return
    for ask in (model.condition_on, lambda data: model.predict_f(data, query)):
        with pytest.raises(ValueError, match="3 sequences in 2 batches, .* call it once per batch"):
            ask(sequences(2))


@pytest.mark.parametrize("build", [sequence_models.gp_vae, sequence_models.svgp_vae, sequence_models.titsias])
def test_a_batch_of_fewer_sequences_does_not_count_for_all_of_the_first(build, rng):
    """A dataset or a list, unlike `SequenceData`, does not say what it holds, but its shapes do."""
    model, batch = build("float64"), tiny.videos(rng)
    sequences = from_arrays(np.array(batch["observations"]), np.array(batch["inputs"]), batch_size=2)
    asks = [model.condition_on] + ([model.statistics] if hasattr(model, "statistics") else [])
    for ask in asks:
        for batches in (sequences.in_order(), list(sequences.in_order())):
            with pytest.raises(ValueError, match=r"shape \(1, 7, 1\) behind .* \(2, 7, 1\).*: call it once per batch"):
                ask(batches)


def test_objects_with_other_numbers_of_images_are_refused(rng):
    model, batch = sequence_models.fgp_vae(), sequence_models.objects(rng)
    fewer = {name: part[:, :4] for name, part in batch.items()}
    with pytest.raises(ValueError, match=r"shape \(3, 4, 2\) behind .* \(3, 5, 2\).* the same length: pad and mask"):
        model.condition_on([batch, fewer])


def test_batches_of_points_are_of_one_sequence(rng):
    model, batch = sequence_models.svgp_vae("float64"), {name: part[:1] for name, part in tiny.videos(rng).items()}
    points = from_arrays(np.array(batch["observations"]), np.array(batch["inputs"]), points_per_batch=3)
    assert len(points) == 3
    assert_same_predictor(model.condition_on(points), model.condition_on(batch), batch["inputs"] + 0.3)
