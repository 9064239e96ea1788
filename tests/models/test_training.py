"""Training through `fit`: what is learned, what the loss is, reproducible draws, and steps that are not finite."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.kernels import psd_kernels
from gpvae_tf.models import GPVAE, SVGPVAE, NothingTrained
from gpvae_tf.objectives import BetaELBO
from gpvae_tf.training.divergence import StopOnNonFinite, TrainingDiverged
from gpvae_tf.training.optimizers import make_optimizer
from gpvae_tf.types import Bound
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

OPTIONS = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)
SEED = tf.constant([3, 4])


@pytest.fixture
def model(tiny_networks):
    """Everything that can train does."""
    points = InducingPoints(np.array([[1.0], [3.0], [6.0]]), trainable=True)
    kernel = kernels.exponentiated_quadratic([1.0, 2.0], 1.0, trainable=True)
    return SVGPVAE(*tiny_networks(), kernel, points, **OPTIONS)


def dataset_of(batch, steps=1):
    return tf.data.Dataset.from_tensors(batch).repeat(steps)


def test_fit_raises_the_elbo_and_trains_kernel_and_inducing_points(model, batch):
    model.compile(make_optimizer(1e-2))
    before, start = [v.numpy() for v in model.trainable_variables], model.elbo(batch, seed=SEED).elbo
    history = model.fit(dataset_of(batch, 40), epochs=1, verbose=0).history
    assert len(before) == 4 + 4 + 3  # two networks of two layers; length scale, amplitude, inducing points
    for old, variable in zip(before, model.trainable_variables, strict=True):
        assert np.max(np.abs(variable.numpy() - old)) > 1e-3, variable.name
    assert np.all(model.elbo(batch, seed=SEED).elbo > start + 5.0)
    assert history["skipped"] == [0] and model.steps == 40
    np.testing.assert_allclose(history["elbo"][0], history["reconstruction"][0] + history["regularizer"][0], rtol=1e-5)
    assert history["regularizer"] == history["kl"]
    evaluated = model.evaluate(dataset_of(batch), verbose=0, return_dict=True)
    reference = tf.reduce_mean(model.elbo(batch, seed=model.step_seed(salt=1)).elbo)
    np.testing.assert_allclose(evaluated["elbo"], reference, rtol=1e-5)


@pytest.mark.parametrize("beta", [1.0, 0.25])
def test_a_step_follows_the_gradient_of_the_mean_objective(tiny_networks, batch, beta, eagerly):
    """One step of plain gradient descent, with the draw of step 0."""
    kernel = kernels.exponentiated_quadratic(1.0, trainable=True)
    model = GPVAE(*tiny_networks(), kernel, objective=BetaELBO(beta), **OPTIONS)
    model.compile(keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(1e-3), initial_scale=1.0))
    with tf.GradientTape() as tape:
        bound = model.elbo(batch, seed=model.step_seed())
        loss = -tf.reduce_mean(bound.reconstruction + beta * bound.regularizer)
    variables = model.trainable_variables
    expected = [v - 1e-3 * g for v, g in zip(variables, tape.gradient(loss, variables), strict=True)]
    model.fit(dataset_of(batch), verbose=0)
    for variable, value in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable, value, rtol=1e-4, atol=1e-5, err_msg=variable.name)


def test_beta_weighs_the_regularizer():
    bound = Bound(tf.constant([-3.0, -1.0]), tf.constant([-2.0, 4.0]), {}, tf.constant([1.0, 1.0]))
    np.testing.assert_array_equal(BetaELBO()(bound), -bound.elbo)
    np.testing.assert_array_equal(BetaELBO(0.5)(bound), [4.0, -1.0])
    with pytest.raises(ValueError, match="beta must be >= 0, got -1"):
        BetaELBO(-1.0)


def test_an_evaluation_counts_every_data_set(model, batch):
    """A mean of the finite bounds would praise a model that has no bound of the others."""
    model.compile("adam")
    bad = batch | {"observations": tf.tensor_scatter_nd_update(batch["observations"], [[1, 2, 3, 4, 0]], [np.nan])}
    both = dataset_of(batch).concatenate(dataset_of(bad))  # of which the first is checked
    found = model.evaluate(both, verbose=0, return_dict=True)
    assert np.isnan(found["loss"]) and np.isnan(found["elbo"]) and "kl" in found
    history = model.fit(dataset_of(batch), validation_data=both, verbose=0).history
    assert np.isnan(history["val_loss"][0]) and np.isfinite(history["loss"][0])


def test_a_step_that_is_not_finite_changes_nothing(model, batch):
    """Neither weights nor Adam's slots; it is counted, the epoch's means leave it out, and training goes on."""
    model.compile(make_optimizer(1e-2))
    bad = batch | {"observations": tf.tensor_scatter_nd_update(batch["observations"], [[1, 2, 3, 4, 0]], [np.nan])}
    adam = model.optimizer.inner_optimizer  # its `iterations` counts skipped steps as well, so it is no witness

    def state():
        return [v.numpy() for v in (*model.trainable_variables, *adam.variables) if v is not adam.iterations]

    model.fit(dataset_of(batch, 2), verbose=0)
    before = state()
    assert len(before) >= 3 * 11  # weights and both of Adam's moments
    model.check_batch = lambda batch: None  # which would refuse it as a first batch
    with pytest.raises(
        NothingTrained, match="all 1 steps had .* so nothing was trained. Cause: observations has 1 val"
    ):
        model.fit(dataset_of(bad), verbose=0)
    for old, new in zip(before, state(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert model.num_skipped == 1 and model.steps == 3
    both = dataset_of(bad).concatenate(dataset_of(batch))
    history = model.fit(both, verbose=0).history
    assert history["skipped"] == [2] and np.isfinite(history["elbo"][0]) and history["elbo"][0] < 0.0
    assert all(np.all(np.isfinite(value)) for value in state())
    assert all(np.any(old != new) for old, new in zip(before[:11], state()[:11], strict=True))


def test_a_training_that_moved_nothing_is_no_success(tiny_networks, batch):
    """A kernel that is none at the inputs; the compiled steps could only skip."""
    kernel = psd_kernels.Constant(np.float64(-1.0))
    model = GPVAE(*tiny_networks(), kernel, **OPTIONS)
    model.compile("adam")
    model.check_batch = lambda batch: None  # which would say so beforehand
    with pytest.raises(NothingTrained, match="all 4 steps .* Cause: .* has no Cholesky factor"):
        model.fit(dataset_of(batch, 2), epochs=2, verbose=0)


def test_draws_depend_on_seed_step_and_use_only(tiny_networks, batch):
    build = lambda seed: GPVAE(*tiny_networks(), kernels.exponentiated_quadratic(), seed=seed, **OPTIONS)
    model = build(7)
    first = model.elbo(batch).reconstruction
    np.testing.assert_array_equal(model.elbo(batch).reconstruction, first)
    np.testing.assert_array_equal(model.elbo(batch, seed=model.step_seed()).reconstruction, first)
    np.testing.assert_array_equal(build(7).step_seed(), model.step_seed())
    seeds = [build(8).step_seed(), model.step_seed(), model.step_seed(salt=1)]
    model.steps.assign(1)
    seeds += [model.step_seed(), model.step_seed(salt=1)]
    assert len({tuple(seed.numpy()) for seed in seeds}) == 5
    assert np.all(model.elbo(batch).reconstruction != first)
    model.steps.assign(0)
    np.testing.assert_array_equal(model.elbo(batch).reconstruction, first)


def test_training_stops_when_no_step_is_finite(model, batch):
    """And says what was not finite, although a compiled step cannot."""
    model.compile(make_optimizer(1e-2))
    bad = dataset_of(batch | {"observations": batch["observations"] * np.nan}, 6)
    with pytest.raises(TrainingDiverged, match="the last 3 steps.*Cause: .*observations has 756 values"):
        checked = dataset_of(batch).concatenate(bad)  # the first batch has to be fit to train on
        model.fit(checked, verbose=0, callbacks=[StopOnNonFinite(bad, patience=3)])
    model.check_batch = lambda batch: None  # which would refuse it as a first batch
    mixed = bad.take(2).concatenate(dataset_of(batch)).repeat(2)  # never three in a row
    model.fit(mixed, verbose=0, callbacks=[StopOnNonFinite(mixed, patience=3)])
