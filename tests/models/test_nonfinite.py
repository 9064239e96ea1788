"""`compile` with any Keras optimizer: steps that are not finite are skipped, in both families of models."""

import keras as keras3
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from gpvae_tf import kernels
from gpvae_tf._keras import keras
from gpvae_tf.models import GPVAE, ImageVAE, NothingTrained
from gpvae_tf.models.trainer.fused_adam import FusedAdam
from gpvae_tf.models.trainer.nonfinite import skip_nonfinite
from gpvae_tf.posteriors import MeanField
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM


def latent_gp_vae(encoder, decoder):
    return GPVAE(encoder, decoder, kernels.exponentiated_quadratic(), event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)


def image_vae(encoder, decoder):
    return ImageVAE(MeanField(encoder, LATENT_DIM), decoder, event_shape=IMAGE_SHAPE)


@pytest.mark.parametrize("build", [latent_gp_vae, image_vae])
@pytest.mark.parametrize(
    "make", [lambda: "adam", keras.optimizers.Adam, lambda: keras.optimizers.SGD(1e-3)], ids=["name", "Adam", "SGD"]
)
def test_any_keras_optimizer_gets_the_guard(tiny_networks, batch, build, make):
    model = build(*tiny_networks())
    if build is image_vae:
        batch = {"observations": tf.reshape(batch["observations"], [-1, *IMAGE_SHAPE])}
    model.compile(make())
    good = tf.data.Dataset.from_tensors(batch)
    assert model.fit(good, verbose=0).history["skipped"] == [0]  # whose first batch is checked
    before = [v.numpy() for v in model.trainable_variables]
    bad = tf.data.Dataset.from_tensors({**batch, "observations": batch["observations"] * np.nan})
    model.check_batch = lambda batch: None  # which would refuse it as a first batch
    with pytest.raises(NothingTrained, match="all 1 steps had gradients that were not finite and were skipped"):
        model.fit(bad, verbose=0)
    assert model.num_skipped == 1
    for old, new in zip(before, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, new)
    assert model.fit(good, verbose=0).history["skipped"] == [1]  # no further one
    assert all(np.any(old != new) for old, new in zip(before, model.trainable_variables, strict=True))


@pytest.mark.parametrize(
    "wrong, error, came",
    [
        ("adma", ValueError, "'adma'"),
        (keras.optimizers.Adam, TypeError, "the class Adam"),
        (keras3.optimizers.Adam(), TypeError, "a keras.src.*Adam"),
        (None, TypeError, "a builtins.NoneType"),
    ],
)
def test_what_is_no_optimizer_is_refused(tiny_networks, wrong, error, came):
    with pytest.raises(error, match=f"^optimizer must be a tf_keras optimizer or its name, got {came}"):
        image_vae(*tiny_networks()).compile(wrong)


def test_a_legacy_optimizer_is_refused_as_one():
    expected = r"^optimizer must be .*, not one of tf_keras.optimizers.legacy, got a tf_keras\..*legacy.*Adam$"
    with pytest.raises(TypeError, match=expected):
        skip_nonfinite(keras.optimizers.legacy.Adam())


@pytest.mark.parametrize("is_arm_mac", [False, True])
def test_every_name_is_that_of_an_optimizer(is_arm_mac, monkeypatch):
    """Keras has legacy optimizers by these names on Apple silicon, and none for some of them anywhere."""
    monkeypatch.setattr("tf_keras.src.optimizers.is_arm_mac", lambda: is_arm_mac)
    for name in ("Adadelta", "Adafactor", "Adagrad", "AdamW", "Adamax", "Ftrl", "Lion", "Nadam", "RMSprop", "SGD"):
        for given in (name, name.lower()):
            assert type(skip_nonfinite(given).inner_optimizer) is getattr(keras.optimizers, name)
    assert type(skip_nonfinite("Adam").inner_optimizer) is FusedAdam
    with pytest.raises(ValueError, match="got 'optimizer'; names are adadelta, .*, sgd$"):
        skip_nonfinite("optimizer")


@pytest.mark.parametrize("norm", ["clipnorm", "global_clipnorm"])
@pytest.mark.parametrize("wrap", [lambda optimizer: optimizer, keras.mixed_precision.LossScaleOptimizer])
def test_a_clipvalue_that_keras_ignores_is_refused(wrap, norm):
    expected = f"^optimizer has clipvalue=1.0 and {norm}=2.0, of which Keras applies the norm only: give one of them"
    with pytest.raises(ValueError, match=expected):
        skip_nonfinite(wrap(keras.optimizers.SGD(clipvalue=1.0, **{norm: 2.0})))
    for sound in (FusedAdam(clipvalue=1.0, **{norm: 2.0}), keras.optimizers.SGD(clipvalue=0.0, **{norm: 2.0})):
        assert skip_nonfinite(wrap(sound)).inner_optimizer is sound


def test_a_global_norm_of_two_dtypes_is_refused(tiny_networks, batch):
    """Keras fails in the first step; `FusedAdam` takes it, and so does every optimizer for one dtype."""
    scale = tfp.util.TransformedVariable(np.float64(0.7), tfp.bijectors.Softplus(), name="scale")
    kernel = kernels.psd_kernels.ExponentiatedQuadratic(length_scale=scale)
    model = GPVAE(*tiny_networks(), kernel, event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)
    expected = r"^optimizer has global_clipnorm=1.0, .* in float32, scale:0 in float64: take gpvae_tf.models.FusedAdam"
    for clipping in (keras.optimizers.SGD(global_clipnorm=1.0), keras.optimizers.Adam(global_clipnorm=1.0)):
        with pytest.raises(ValueError, match=expected):
            model.compile(clipping)
    for sound in (FusedAdam(global_clipnorm=1.0), keras.optimizers.Adam(clipnorm=1.0)):
        model.compile(sound)
        assert model.fit(tf.data.Dataset.from_tensors(batch), verbose=0).history["skipped"][-1] == 0
    latent_gp_vae(*tiny_networks()).compile(keras.optimizers.SGD(global_clipnorm=1.0))


def test_the_loss_scale_adapts_where_a_network_computes_in_float16(tiny_networks):
    """And stays 1 elsewhere; an optimizer that has a scale already keeps it."""
    for policy, scale in (("mixed_float16", 2.0**15), ("mixed_bfloat16", 1.0), ("float32", 1.0)):
        for build in (latent_gp_vae, image_vae):
            model = build(*tiny_networks(policy))
            model.compile("adam")
            assert float(model.optimizer.loss_scale) == scale
    mine = keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(), initial_scale=8.0)
    model.compile(mine)
    assert model.optimizer is mine


def test_a_loss_scale_that_skips_nothing_is_refused():
    with pytest.raises(ValueError, match="^optimizer is a LossScaleOptimizer with dynamic=False"):
        skip_nonfinite(keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(), False, initial_scale=1.0))
