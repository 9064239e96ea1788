"""k replicas take the steps of one device: where they split points, in unequal shares, over 50 steps, in float64."""

import functools
import types

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.as_coded.geco import AsCodedGECO
from gpvae_tf.as_coded.shared_gaussian import AsCodedSharedGaussian
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.models import SVGPVAE
from gpvae_tf.objectives import GECO
from gpvae_tf.replicas.batches import shared_out
from gpvae_tf.replicas.shares import DATA_SETS, POINTS
from tests.support import image_models, registry, sequence_models, tiny
from tests.support.replicas import assert_the_same, strategy_of, trained
from tests.support.seeds import seed_networks

TIMES = np.array([[1.5], [3.0], [6.5]])


def one_video(rng) -> dict[str, tf.Tensor]:
    """7 frames as one data set, one of them missing."""
    batch = {name: part[:1] for name, part in tiny.videos(rng).items()}
    return batch | {"mask": tf.constant([[True, False, True, True, True, True, True]])}


def entries_missing(rng) -> dict[str, tf.Tensor]:
    """The same with single pixels missing."""
    batch = one_video(rng)
    return batch | {"mask": tf.constant(rng.uniform(size=batch["observations"].shape) < 0.8)}


def objects_in_one_set(rng) -> dict[str, tf.Tensor]:
    """15 images of 3 objects as points of one data set, of which replicas get parts; some are no context."""
    batch = sequence_models.as_one_set(sequence_models.objects(rng))
    return batch | {"context": tf.constant(rng.uniform(size=[1, 15]) < 0.8)}


def in_stage(build, stage):
    """A builder of the model in that stage of training."""

    def built(**options):
        model = build(**options)
        model.stage = stage
        return model

    return built


def in_float32(**options):
    """A sparse GP whose algebra is in float32, where noise has a floor that depends on all points of a batch."""
    kernel = kernels.exponentiated_quadratic(1.3, trainable=True, dtype="float32") + kernels.linear(dtype="float32")
    points = InducingPoints(TIMES, dtype="float32", trainable=True)
    noise = dict(noise_clip=(1e-7, 1e-6), jitter=1e-4)
    return SVGPVAE(*tiny.build_networks(), kernel, points, num_data=40, **sequence_models.OPTIONS, **noise)


sparse = functools.partial(sequence_models.svgp_vae, num_data=40)
POINT_MODELS = {
    "sparse": (sparse, one_video),
    "sparse, entries missing": (sparse, entries_missing),
    "sparse, several data sets": (sparse, tiny.videos),
    "sparse, hiding": (functools.partial(sparse, hiding=(0.3, 0.2)), one_video),
    "sparse, GECO": (lambda: sparse(objective=GECO(-0.6)), one_video),
    "sparse, float32": (in_float32, one_video),
    "sparse, stage VAE": (in_stage(sparse, "VAE"), one_video),
    "Titsias": (functools.partial(sequence_models.titsias, num_data=40), one_video),
    "amortized objects": (sequence_models.object_svgp_vae, objects_in_one_set),
    "GPPVAE, stage VAE": (in_stage(sequence_models.gppvae, "VAE"), sequence_models.one_set_of_objects),
}


@pytest.mark.parametrize(("build", "batch"), POINT_MODELS.values(), ids=POINT_MODELS)
def test_replicas_that_split_points_take_the_steps_of_one_device(build, batch, rng):
    batches = 2 * [batch(rng)]
    one, two = (trained(build, batches, number) for number in (1, 2))
    assert two.model.split_axis == POINTS
    assert_the_same(one, two)


def fgp_vae_as_coded():
    """The authors' loss, in which every object of the batch pays for the others (deviations F1 and F2)."""
    geco = AsCodedGECO(-0.6, pixels_per_nat=0.1)
    return sequence_models.fgp_vae(shared=AsCodedSharedGaussian(), objective=geco)


@pytest.mark.parametrize(
    ("build", "batch", "num_replicas"),
    [
        (sparse, one_video, 4),  # 1, 2, 2 and 2 points
        (sequence_models.correlated_fgp_vae, sequence_models.objects, 3),
        (image_models.nonparametric_vae, image_models.unit_images, 4),  # 1, 1, 1 and 2 images
        (functools.partial(image_models.image_vae, "mixture"), image_models.images, 4),
        (fgp_vae_as_coded, sequence_models.objects, 3),
    ],
    ids=["points", "objects", "neighbours", "images", "as coded"],
)
def test_more_replicas_take_the_steps_of_one_device(build, batch, num_replicas, rng):
    batches = 2 * [batch(rng)]
    one, several = (trained(build, batches, number) for number in (1, num_replicas))
    assert_the_same(one, several)


@pytest.mark.parametrize("name", ["GPVAE", "FGPVAE, correlated objects", "VecchiaGPVAE", "sparse"])
def test_float64_agrees_to_ten_digits(name, rng):
    """Weights of networks and, where it is one of those below, of the prior."""
    if name == "sparse":
        kernel = lambda: kernels.exponentiated_quadratic(1.3, trainable=True, variable_dtype="float64")
        points = lambda: InducingPoints(TIMES, dtype="float64", trainable=True)
        networks = functools.partial(tiny.build_networks, "float64")
        build = lambda: SVGPVAE(*networks(), kernel(), points(), num_data=40, **sequence_models.OPTIONS)
        batch = one_video(rng)
    else:
        build, batch = functools.partial(registry.REGISTRY[name].build, "float64"), registry.REGISTRY[name].batch(rng)
    one, two = (trained(build, 3 * [batch], number) for number in (1, 2))
    for old, new in zip(one.model.trainable_variables, two.model.trainable_variables, strict=True):
        tolerance = 1e-10 if old.dtype == tf.float64 else 1e-6
        np.testing.assert_allclose(new.numpy(), old.numpy(), rtol=tolerance, atol=tolerance, err_msg=old.name)
    assert_the_same(one, two)


@pytest.mark.parametrize(
    ("build", "batch"),
    [(sparse, one_video), (sequence_models.correlated_fgp_vae, sequence_models.objects)],
    ids=["points", "objects"],
)
def test_fifty_compiled_steps_are_those_of_one_device(build, batch, rng):
    """On another batch in every step; steps of one length would end in a to and fro that amplifies rounding."""
    optimizer = lambda: keras.optimizers.SGD(1e-4)
    batches = [batch(rng) for _ in range(50)]
    one, two = (trained(build, batches, number, optimizer=optimizer, eagerly=False) for number in (1, 2))
    assert_the_same(one, two)


def test_a_bad_point_of_one_replica_skips_the_step_of_all(rng):
    good = tiny.videos(rng)
    bad = good | {"observations": tf.concat([good["observations"][:, :-1], good["observations"][:, -1:] * np.nan], 1)}
    one, two = (trained(sequence_models.vae, [good, bad, good], number, eagerly=False) for number in (1, 2))
    assert one.logs["skipped"] == two.logs["skipped"] == [0, 1, 1]
    for old, new in zip(one.model.trainable_variables, two.model.trainable_variables, strict=True):
        np.testing.assert_allclose(new.numpy(), old.numpy(), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(two.logs["loss"], one.logs["loss"], rtol=1e-6)  # NaN in both


def fitted(build, num_replicas, dataset, **options):
    seed_networks()
    with strategy_of(num_replicas).scope():
        model = build()
        model.compile(keras.optimizers.SGD(1e-3), run_eagerly=True)
    return model, model.fit(dataset, verbose=0, **options).history


@pytest.mark.parametrize(
    ("build", "batch", "sizes"),
    [(image_models.cp_vae, image_models.binary_images, 3), (sparse, tiny.videos, 2)],
    ids=["images", "points"],
)
def test_epochs_validation_and_evaluation_are_those_of_one_device(build, batch, sizes, rng):
    """Of a finite dataset that is begun again every epoch, with a smaller batch at its end."""
    data = tf.data.Dataset.from_tensor_slices(batch(rng))
    batches = data.batch(sizes)
    options = dict(epochs=2, validation_data=data.batch(3))
    (one, logs), (two, logs_of_two) = (fitted(build, k, batches, **options) for k in (1, 2))
    assert one.num_steps == two.num_steps == 4
    assert logs.keys() == logs_of_two.keys() and "val_loss" in logs
    for name, values in logs.items():  # some of them differences of float32 values near 1
        np.testing.assert_allclose(logs_of_two[name], values, rtol=2e-6, atol=1e-7, err_msg=name)
    found, again = (model.evaluate(data.batch(3), verbose=0, return_dict=True) for model in (one, two))
    for name, value in found.items():
        np.testing.assert_allclose(again[name], value, rtol=2e-6, atol=1e-7, err_msg=name)


def test_what_replicas_cannot_share_is_refused(rng):
    with strategy_of(2).scope():
        points, images = sparse(), image_models.image_vae("mean_field")
        bank = sequence_models.gppvae()
    for model in (points, images, bank):
        model.compile("sgd", run_eagerly=True)
    few = {name: part[:, :1] for name, part in tiny.videos(rng).items()}
    image = image_models.images(rng)
    one_image = tf.data.Dataset.from_tensors({name: part[:1] for name, part in image.items()})
    free = tf.data.Dataset.from_tensor_slices(image)
    for model, data, message in (
        (points, tf.data.Dataset.from_tensors(few), "x has a batch of 1 points for 2 replicas"),
        (images, one_image, "x has a batch of 1 data sets for 2 replicas"),
        (images, free.batch(1), "x has a batch of 1 data sets for 2 replicas"),  # whose size nobody knows before
        (
            images,
            free.batch(2).filter(lambda batch: True),
            "x does not say how many batches it has, which 2 replicas need: give steps_per_epoch, or",
        ),
        (bank, tf.data.Dataset.from_tensors(sequence_models.one_set_of_objects(rng)), "GPPVAE's stage 'joint' trains"),
    ):
        with pytest.raises(ValueError, match=message):
            model.fit(data, verbose=0)
        assert model.num_steps == 0
    unknown, good = free.batch(2).filter(lambda batch: True), free.batch(2, drop_remainder=True)
    for data, message in (
        (unknown, "validation_data does not say how many batches it has, .*: give validation_steps, or"),
        (one_image, "validation_data has a batch of 1 data sets"),
    ):
        with pytest.raises(ValueError, match=message):
            images.fit(good, validation_data=data, verbose=0)
    with pytest.raises(ValueError, match="x does not say how many batches it has, which 2 replicas need: give steps, "):
        images.evaluate(unknown, verbose=0)
    assert images.num_steps == 0
    with pytest.raises(TypeError, match="x is a dict, whose data sets Keras shares out"):
        points.fit({name: part.numpy() for name, part in tiny.videos(rng).items()}, verbose=0)
    with pytest.raises(ValueError, match="^a training batch has fewer data sets"):
        images.fit(free.batch(2), verbose=0)  # 2, 2 and 1
    assert images.num_steps == 2


@pytest.mark.parametrize("axis", [DATA_SETS, POINTS])
def test_workers_keep_the_shares_of_their_replicas(axis):
    """Of 7 rows for 2 workers with 2 replicas each; what a batch carries besides passes whole."""
    rows = tf.range(7) if axis == DATA_SETS else tf.range(7)[tf.newaxis]
    batch = {"observations": rows[..., tf.newaxis], "inputs": rows, "number": tf.constant(5)}
    found = []
    for worker in range(2):
        context = tf.distribute.InputContext(2, worker, 4)
        strategy = types.SimpleNamespace(
            num_replicas_in_sync=4, distribute_datasets_from_function=lambda f, c=context: f(c)
        )
        shares, steps = shared_out(tf.data.Dataset.from_tensors(batch).repeat(3), strategy, axis, ("x", "steps"))
        assert steps == 3 and shares.cardinality() == 6
        found.append([(np.ravel(share["inputs"]).tolist(), int(share["number"])) for share in shares])
    assert found == [3 * [([0], 5), ([1, 2], 5)], 3 * [([3, 4], 5), ([5, 6], 5)]]
