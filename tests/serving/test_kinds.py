"""`model.export`: the SavedModel of a trained model of any kind, without naming its class of signatures."""

import os

import numpy as np
import pytest
import tensorflow as tf

import gpvae_tf
from gpvae_tf import kernels, saving, serving
from gpvae_tf.latent_gps import CorrelatedSharedGaussian
from gpvae_tf.saving.exporting import servable
from tests.support import image_models, sequence_models


def test_a_model_that_was_saved_and_loaded_is_exported(rng, tmp_path):
    image_models.image_vae("mean_field").save(tmp_path / "model")
    loaded, images = gpvae_tf.load_model(tmp_path / "model"), image_models.images(rng)["observations"]
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "saved_model.pb").write_bytes(b"an older one, without versions, which is replaced")
    path = loaded.export(tmp_path / "served")
    assert path == tmp_path / "served" / "1" and os.listdir(tmp_path / "served") == ["1"]
    encode = tf.saved_model.load(str(path)).signatures["encode"]
    np.testing.assert_allclose(encode(observations=images)["latents"], loaded.encode(images).mean, rtol=1e-5)
    limited = serving.load(loaded.export(tmp_path / "limited", limits=serving.Limits(values=images[:1].numpy().size)))
    limited("encode", observations=images[:1])
    with pytest.raises(tf.errors.InvalidArgumentError, match="observations has more than"):
        limited("encode", observations=images[:2])


def test_the_number_of_columns_is_that_of_the_data(rng, tmp_path, eagerly):
    """It is known once a model was trained, and stays so."""
    model = sequence_models.gp_vae()
    with pytest.raises(ValueError, match="input_dim is None and the model was never trained"):
        model.export(tmp_path / "served")
    model.compile("sgd")
    model.fit(tf.data.Dataset.from_tensors(sequence_models.videos(rng)), verbose=0)
    model.save(tmp_path / "model")
    loaded = gpvae_tf.load_model(tmp_path / "model")
    assert loaded.input_dim == servable(loaded).functions["predict"].input_signature[-1].shape[-1] == 1


def test_another_folder_is_not_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("")
    with pytest.raises(saving.SavingError, match="exists and is no SavedModel; nothing was written"):
        image_models.image_vae("mean_field").export(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_every_kind_offers_its_signatures(rng):
    assert {"encode", "decode", "predict"} <= set(servable(sequence_models.svgp_vae(), input_dim=1).functions)
    held = servable(sequence_models.gp_vae(), input_dim=1, context=sequence_models.videos(rng)).functions
    assert set(held) == {"predict_f", "predict_y", "predict_interval", "generate"}
    assert "encode" not in servable(sequence_models.deep_svigp(), input_dim=2).functions
    images = {"encode", "decode", "reconstruct", "impute", "sample"}
    assert set(servable(image_models.image_vae("mean_field")).functions) == images
    assert set(servable(image_models.cp_vae()).functions) == images | {"categories", "decode_as", "sample_category"}
    model, batch = image_models.nonparametric_vae(), image_models.unit_images(rng)
    assert set(servable(model).functions) == images
    known = batch["observations"].numpy()
    assert set(servable(model, observations=known).functions) == images | {"embed", "generate"}


def test_new_objects_need_the_training_set(rng, eagerly):
    model, batch = sequence_models.amortized_svgp_vae(), sequence_models.objects(rng)
    for options in ({}, {"input_dim": 2}):
        with pytest.raises(ValueError, match="batches is None and model.embedding is AmortizedObjects"):
            servable(model, **options)
    for batches in (sequence_models.as_one_set(batch), [sequence_models.as_one_set(batch)]):
        assert {"represent", "predict", "infer_vectors"} <= set(servable(model, batches=batches).functions)
    with pytest.raises(TypeError, match="model.embedding must be ObjectVectors or AmortizedObjects, .* got NoneType"):
        servable(sequence_models.svgp_vae(), batches=[batch])
    with pytest.raises(ValueError, match="input_dim, context and errors must be left out where batches are given"):
        servable(model, batches=[batch], input_dim=2)
    with pytest.raises(ValueError, match="the training set has 3 data sets; expected all points in one"):
        servable(model, batches=[batch])


def test_new_objects_of_a_table(rng, eagerly):
    """A file of the training set, which makes vectors of images without a network, and generates at them."""
    model, batch = sequence_models.table_svgp_vae(), sequence_models.objects(rng)
    training = sequence_models.as_one_set(batch)
    served = servable(model, batches=training)
    assert set(served.functions) == {"infer_vectors", "infer_vectors_masked", "predict_at", "encode", "decode"}
    assert served.signatures["serving_default"] is served.functions["predict_at"]
    predictor, views, images = model.condition_on(training), batch["inputs"][:2, :3, :1], batch["observations"][:2, :3]
    vectors = served.functions["infer_vectors"](images, views)["vectors"]
    np.testing.assert_allclose(vectors, predictor.infer_vectors(views, images), rtol=1e-4, atol=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="context_mask leaves nothing observed in a data set"):
        served.functions["infer_vectors_masked"](images, views, tf.constant([[True] * 3, [False] * 3]))
    made = served.functions["predict_at"](vectors, views)["observations"]
    at = tf.reshape(model.embedding.inputs_at(views, vectors), [1, 6, 3])
    np.testing.assert_allclose(tf.reshape(made, [1, 6, *model.event_shape]), predictor.generate(at), rtol=1e-4)


@pytest.mark.parametrize("dtype", [np.float64, np.uint8])
def test_the_mean_image_is_of_any_dtype(dtype, rng, eagerly):
    """What was subtracted in training is subtracted from what comes and added to what is given."""
    model, images = image_models.image_vae("mean_field"), image_models.images(rng)["observations"]
    mean = rng.integers(1, 4, size=model.event_shape).astype(dtype)
    functions = servable(model, mean=mean).functions
    expected = model.encode(images - tf.cast(mean, tf.float32)).mean
    np.testing.assert_allclose(functions["encode"](images)["latents"], expected, rtol=1e-5)
    expected = model.decode(expected) + tf.cast(mean, tf.float32)
    np.testing.assert_allclose(functions["reconstruct"](images)["observations"], expected, rtol=1e-4)
    mask = rng.uniform(size=images.shape) < 0.5
    how = tf.constant(20), tf.constant([0, 1]), tf.constant(0.8)
    made = functions["impute"](images, tf.constant(mask), *how)
    plain = model.impute({"observations": images - tf.cast(mean, tf.float32), "mask": mask}, 0.8, 20, how[1])
    np.testing.assert_array_equal(made["filled"].numpy()[mask], images.numpy()[mask])
    np.testing.assert_array_equal(made["filled"].numpy()[~mask], made["mean"].numpy()[~mask])
    for name in ("mean", "lower", "upper"):
        np.testing.assert_allclose(made[name], getattr(plain, name) + mean, rtol=1e-5)
    np.testing.assert_allclose(made["stddev"], plain.stddev, rtol=1e-5)


def test_the_mean_image_of_other_kinds(rng, eagerly):
    """What a CP-VAE says of categories and a nonparametric VAE of its space is of images as they are, too."""
    model, images = image_models.cp_vae(), image_models.binary_images(rng)["observations"]
    mean = rng.uniform(size=model.event_shape).astype(np.float32)
    functions = servable(model, mean=mean).functions
    found = functions["categories"](images + mean)["probabilities"]
    np.testing.assert_allclose(found, model.categories(images), rtol=1e-4)
    drawn = functions["sample_category"](tf.constant(1), tf.constant(2), tf.constant([0, 1]))["observations"]
    np.testing.assert_allclose(drawn, model.sample_category(1, 2, [0, 1]) + mean, rtol=1e-5)
    z = np.zeros([2, model.prior.continuous_dim], np.float32)
    found = functions["decode_as"](z, tf.constant([0, 1]))["observations"]
    np.testing.assert_allclose(found, model.decode_as(z, [0, 1]) + mean, rtol=1e-5)
    for wrong, message in ((-1, "below 0"), (model.num_categories, f"above {model.num_categories - 1}")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"category holds values {message}"):
            functions["decode_as"](z, tf.constant([0, wrong]))
    model, images = image_models.nonparametric_vae(), image_models.unit_images(rng)["observations"]
    mean = rng.uniform(size=model.event_shape).astype(np.float32)
    held, plain = (servable(model, observations=images.numpy(), **more).functions for more in ({"mean": mean}, {}))
    x = plain["embed"](images)["x"]
    np.testing.assert_allclose(held["embed"](images + mean)["x"], x, rtol=1e-4, atol=1e-5)
    found, expected = held["generate"](x)["observations"], plain["generate"](x)["observations"]
    np.testing.assert_allclose(found, expected + mean, rtol=1e-4)


def test_a_mean_image_of_another_shape_is_refused():
    model = image_models.image_vae("mean_field")
    height, width, channels = model.event_shape
    with pytest.raises(ValueError, match=rf"mean has shape \({height}, {width}\); expected \[{height}, {width}, 1\]"):
        servable(model, mean=np.zeros((height, width)))


def test_what_is_not_known_is_refused():
    with pytest.raises(TypeError, match="nothing is known of how a int is served: register"):
        servable(3)
    with pytest.raises(TypeError, match="mean"):
        servable(sequence_models.vae(), mean=np.zeros(3))


def test_models_of_amortised_objects_are_asked_at_views_and_vectors(rng):
    """The data have (view, id), which is what a context has; predictions are made at (view, vector)."""
    shared = CorrelatedSharedGaussian(kernels.linear(normalize=True))
    embedding = sequence_models.amortized_svgp_vae().embedding
    model, batch = sequence_models.fgp_vae(shared=shared, embedding=embedding), sequence_models.objects(rng)
    predict, held = (servable(model, input_dim=2, **given).functions for given in ({}, {"context": batch}))
    at = tf.cast(sequence_models.queries_about_objects(model, batch), tf.float32)
    expected = model.predict_f(batch, at).mean
    found = predict["predict"](batch["observations"], batch["inputs"], at)["latent_mean"]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(held["predict_f"](at)["mean"], expected, rtol=1e-5, atol=1e-6)


def test_objects_whose_images_come_with_requests_take_no_context(rng):
    model, batch = sequence_models.amortized_svgp_vae(), sequence_models.one_set_of_objects(rng)
    for extra in ({"input_dim": 77}, {"context": batch}, {"errors": True}):
        with pytest.raises(ValueError, match="input_dim, context and errors must be left out"):
            servable(model, batches=batch, **extra)
