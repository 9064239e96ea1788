"""The FGP-VAE experiment: what flags build, its tasks, and what is refused."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.as_coded.shared_gaussian import AsCodedSharedGaussian
from gpvae_tf.datasets import minibatches
from gpvae_tf.datasets.split_by_object import by_object
from gpvae_tf.experiments.rotated_mnist.fgp import FgpExperiment
from gpvae_tf.experiments.rotated_mnist.fgp_config import FgpConfig
from gpvae_tf.experiments.run import parse
from gpvae_tf.latent_gps import CorrelatedSharedGaussian, ExactGP, SharedGaussian, SparseGP


def make(rotated_dir, **given) -> FgpExperiment:
    small = {"batch_size": 66, "nr_epochs": 2, "eval_every": 1, "L": 4, "L_w": 2}
    return FgpExperiment(FgpConfig(**{"data_dir": rotated_dir, **small, **given}))


@pytest.mark.parametrize("correlated", [False, True])
def test_training_latents_are_those_of_all_objects_at_once(rotated_dir, correlated, monkeypatch):
    """Whatever number of objects is encoded at a time."""
    monkeypatch.setattr("gpvae_tf.experiments.rotated_mnist.fgp.CHUNK", 7)  # of 18 objects: the last chunk is smaller
    experiment = make(rotated_dir, object_prior_corr=correlated)
    model, whole = experiment.model, minibatches.as_batch(experiment.objects)
    mask, (latents, inputs) = whole["mask"].numpy(), experiment.train_latents()
    np.testing.assert_array_equal(inputs, whole["inputs"].numpy()[mask])
    for ours, expected in zip(latents, model.latents(whole), strict=True):
        np.testing.assert_allclose(ours, expected.numpy()[mask], rtol=1e-4, atol=1e-5)


def test_a_task_gives_an_objects_images_and_asks_for_the_held_out_angle(rotated_dir):
    experiment = make(rotated_dir, extrapolate_experiment=True)
    data = experiment.data
    for name, given in (("test", data.train), ("validation", data.train), ("extrapolation", data.eval)):
        task = experiment.tasks[name]
        context = minibatches.as_batch(task.context)
        inputs = context["inputs"].numpy()
        assert inputs.shape[1:] == (11, 2) and not np.isclose(inputs[..., 0], data.held_out_angle).any()
        np.testing.assert_allclose(task.inputs[..., 0], data.held_out_angle)
        assert (inputs[..., 1] == task.inputs.numpy()[..., 1]).all()
        for images, rows in zip(context["observations"].numpy(), inputs):
            for image, (angle, number) in zip(images, rows):
                where = np.flatnonzero((given.ids == number) & (given.angles == angle))
                np.testing.assert_array_equal(image, given.images[where[0]])
        split = data.eval if name == "extrapolation" else data.splits[name]
        for image, (angle, number) in zip(task.images[:, 0], task.inputs.numpy()[:, 0]):
            where = np.flatnonzero((split.ids == number) & (split.angles == angle))
            np.testing.assert_array_equal(image, split.images[where[0]])
    assert not set(experiment.tasks["test"].inputs.numpy()[..., 1].ravel()) & set(data.validation.ids)


def test_generation_of_given_objects_in_any_order(rotated_dir):
    """Row k is object ids[k] at the held-out angle, from all its training images."""
    experiment = make(rotated_dir)
    (model, data), ids = (experiment.model, experiment.data), np.array([7, 3, 12, 1])
    images = experiment.generate(ids)
    for number, image in zip(ids, images):
        alone = by_object(data.train.take(data.train.ids == number))
        query = tf.constant([[[data.held_out_angle, number]]], tf.float32)
        expected = model.condition_on(minibatches.as_batch(alone)).generate(query)[0, 0]
        np.testing.assert_allclose(image, expected, atol=1e-5)
    assert not np.allclose(images[0], images[1], atol=1e-4)


def test_two_steps_with_xla(rotated_dir):
    """As with --jit=on, which is the default on a GPU."""
    experiment = make(rotated_dir, sparse=True, object_prior_corr=True)
    experiment.compile(jit_compile=True)
    history = experiment.model.fit(experiment.stream(0), steps_per_epoch=2, verbose=0).history
    assert history["skipped"] == [0] and np.all(np.isfinite(history["loss"])) and experiment.model.num_steps == 2


def test_what_flags_build(rotated_dir):
    model = make(rotated_dir).model
    assert type(model.latent_gp.local) is ExactGP and type(model.latent_gp.shared) is SharedGaussian
    assert model.latent_gp.num_local == 2 and model.embedding is None
    sparse = make(rotated_dir, sparse=True, nr_inducing_points=7).model.latent_gp.local
    assert type(sparse) is SparseGP and sparse.inducing_points.num_points == 7
    coded = make(rotated_dir, preset="authors_code").model
    assert type(coded.latent_gp.shared) is AsCodedSharedGaussian
    correlated = make(rotated_dir, object_prior_corr=True, object_kernel_normalize=True).model
    assert type(correlated.latent_gp.shared) is CorrelatedSharedGaussian and correlated.embedding.num_objects == 20


@pytest.mark.parametrize(
    "given, message",
    [
        ({"batch_size": 221}, "--batch_size=221 splits an object"),
        ({"L_w": 16}, "--L_w must lie in 1, ..., L - 1 = 15"),
        ({"L_w": 0}, "--L_w must be positive"),
        ({"ov_joint": True}, "--ov_joint has no effect without --object_prior_corr"),
        ({"extrapolate_experiment": True, "object_prior_corr": True}, "--extrapolate_experiment needs objects without"),
        ({"N_t": 0}, "--N_t must be positive"),
    ],
)
def test_bad_flags(given, message):
    with pytest.raises(ValueError, match=message):
        FgpConfig(**given)


def test_the_readme_command_is_understood():
    config, options = parse(FgpExperiment, ["--GECO", "--kappa_squared", "0.020", "--save_latents"])
    assert config == FgpConfig(GECO=True, kappa_squared=0.020) and config.precision == "float32"
    assert options.save_latents and options.expid == "debug_MNIST"


def test_a_configuration_survives_its_record(rotated_dir):
    config = make(rotated_dir, GECO=True).config
    assert FgpConfig(**dataclasses.asdict(config)) == config
