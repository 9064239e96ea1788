"""The rotated-MNIST experiment: what flags build, that every model trains, and what is refused."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.as_coded.deep_svigp import AsCodedDeepSVIGP
from gpvae_tf.as_coded.geco import AsCodedGECO
from gpvae_tf.as_coded.low_rank_gp import AsCodedLowRankGP
from gpvae_tf.experiments.history import read_history
from gpvae_tf.experiments.rotated_mnist import svgp_pictures as mnist_pictures
from gpvae_tf.experiments.rotated_mnist import svgp_recipes as mnist_recipes
from gpvae_tf.experiments.rotated_mnist.svgp import MnistConfig
from gpvae_tf.latent_gps import LowRankGP, SparseGP, TitsiasGP
from gpvae_tf.models import DeepSVIGP
from gpvae_tf.objectives import GECO, BetaELBO
from tests.support.rotated_data import trained

LEARNED = dict(GP_joint=True, ov_joint=True, clip_qs=True, PCA=True)
README = {
    "CVAE": dict(elbo="CVAE", nr_epochs=2),
    "GPVAE_Casale": dict(elbo="GPVAE_Casale", opt_regime=("VAE-1", "GP-1"), **LEARNED),
    "SVIGP_Hensman": dict(elbo="SVIGP_Hensman", ip_joint=True, nr_epochs=2, **LEARNED),
    "SVGPVAE_Hensman": dict(elbo="SVGPVAE_Hensman", ip_joint=True, GECO=True, opt_regime=("joint-2",), **LEARNED),
}


def make(rotated_dir, **given) -> MnistConfig:
    return MnistConfig(**{"data_dir": rotated_dir, "batch_size": 64, "eval_every": 1, "L": 4, "M": 3, **given})


@pytest.mark.parametrize("elbo", README)
def test_readme_commands_train_and_draw(rotated_dir, elbo, tmp_path):
    config = make(rotated_dir, **README[elbo])
    model = trained(config, tmp_path)
    assert model.num_steps == 2 * config.steps_per_data_epoch
    history = read_history(tmp_path / "metrics.csv")  # the stages log the same columns, so that no row is lost
    assert history["data_epoch"].tolist() == [1, 2]
    numbers = config.evaluate(model)
    assert {"test_mse", "test_mse_sampled", "validation_mse"} <= numbers.keys()
    assert all(np.isfinite(value) for value in numbers.values()) and numbers["data_epoch"] == 2
    assert "generations.png" in {path.name for path in mnist_pictures.draw_run(tmp_path, config, model)}
    latents, inputs = config.train_latents(model)
    assert latents.mean.shape == (len(config.data.train), 4) and inputs.shape == (len(config.data.train), 2)


def test_a_vae_has_no_way_to_an_image_it_has_not_seen(rotated_dir):
    """Its latents at new inputs are the prior's, so its error is that of the decoded zero."""
    config = make(rotated_dir, elbo="VAE")
    model = config.build_model()
    zero = model.decode(tf.zeros([1, 4])).numpy()
    expected = np.mean(np.square(config.data.test.images - zero))
    assert config.evaluate(model)["test_mse"] == pytest.approx(expected, rel=1e-5)


def test_switches_of_the_presets(rotated_dir):
    paper = make(rotated_dir, **README["SVGPVAE_Hensman"])
    coded = dataclasses.replace(paper, preset="authors_code", precision=None)
    assert paper.precision == "float32" and coded.precision == "float64"
    assert type(paper.build_model().objective) is GECO and type(coded.build_model().objective) is AsCodedGECO
    for elbo, kind, as_coded in (
        ("GPVAE_Casale", LowRankGP, AsCodedLowRankGP),
        ("SVIGP_Hensman", DeepSVIGP, AsCodedDeepSVIGP),
    ):
        built = [make(rotated_dir, preset=p, **README[elbo]).build_model() for p in ("paper", "authors_code")]
        found = [model if elbo.startswith("SVIGP") else model.latent_gp for model in built]
        assert [type(one) for one in found] == [kind, as_coded]


def test_batches_are_shuffled_unless_as_coded(rotated_dir):
    for preset, same in (("paper", False), ("authors_code", True)):
        config = make(rotated_dir, preset=preset)
        steps = config.steps_per_data_epoch
        first, second = (next(iter(config.stream(start)))["index"].numpy() for start in (0, steps))
        assert np.array_equal(first, second) is same


def test_variants_and_the_kernel(rotated_dir):
    for elbo, kind in (("SVGPVAE_Hensman", SparseGP), ("SVGPVAE_Titsias", TitsiasGP)):
        model = make(rotated_dir, elbo=elbo, nr_inducing_points=1.5, PCA=True).build_model()
        assert type(model.latent_gp) is kind and model.latent_gp.inducing_points.num_points == 24
        assert model.latent_gp.num_data == len(make(rotated_dir).data.train) and isinstance(model.objective, BetaELBO)
        assert len(model.latent_gp.trainable_variables) == 0 == len(model.embedding.trainable_variables)
    x = tf.constant([[0.3, 1.0, 2.0, 0.5], [1.1, -1.0, 0.4, 2.0]], tf.float64)
    k = model.latent_gp.kernel.matrix(x, x).numpy()
    expected = np.exp(-2 * np.sin(0.4) ** 2) * float(np.dot(x[0, 1:], x[1, 1:]))
    assert k[0, 1] == pytest.approx(expected, rel=1e-6)


def test_beta_is_a_pixel_variance(rotated_dir):
    """B21: SE / K + (beta / L) KL is a multiple of the negative ELBO with variance K beta / (2 L)."""
    config = MnistConfig(data_dir=rotated_dir, elbo="SVGPVAE_Hensman")
    assert config.pixel_variance == pytest.approx(784 * 0.001 / 32)
    variance = config.build_model().likelihood.distribution(tf.zeros([1, 1, 1])).variance()
    assert float(variance[0, 0, 0]) == pytest.approx(0.0245)


def test_every_stage_trains_its_own_variables(rotated_dir):
    config = make(rotated_dir, **README["GPVAE_Casale"])
    assert [phase.end // config.steps_per_data_epoch for phase in config.phases] == [1, 2]
    model = config.build_model()
    rates = [float(phase.prepare(model).inner_optimizer.learning_rate) for phase in config.phases]
    assert rates == pytest.approx([1e-3, 1e-2]) and model.stage == "GP"


def test_svgp_vae_in_stages(rotated_dir):
    """VAE: networks under N(0, I); GP: kernel, inducing points and object vectors; joint: all."""
    given = README["SVGPVAE_Hensman"] | {"opt_regime": ("VAE-1", "GP-2", "joint-1")}
    config = make(rotated_dir, **given)
    model, batch = config.build_model(), next(iter(config.stream(0)))
    seed, of_networks = tf.constant([0, 1]), len(model.encoder.trainable_variables) * 2
    joint, sizes = model.elbo(batch, seed).parts["kl"], []
    for phase in config.phases:
        optimizer = phase.prepare(model)
        sizes.append(len(model.trainable_variables))
        bound = model.elbo(batch, seed)
        y, variance = model.encode(batch["images"])
        kl = 0.5 * np.sum(variance + tf.square(y) - 1.0 - tf.math.log(variance))
        expected = -kl if model.stage == "VAE" else joint
        np.testing.assert_allclose(bound.parts["kl"], np.ravel(expected), rtol=1e-9)
    assert sizes == [of_networks, 4, of_networks + 4]
    assert optimizer.inner_optimizer.learning_rate.numpy() == pytest.approx(1e-2)
    assert [phase.end // config.steps_per_data_epoch for phase in config.phases] == [1, 3, 4]


@pytest.mark.parametrize(
    "given, message",
    [
        ({"elbo": "GPVAE_Casale_batch"}, "--elbo must be one of"),
        ({"dataset": "33"}, "--dataset must be different digits"),
        ({"dataset": "a"}, "--dataset must be different digits"),
        ({"opt_regime": ("joint",)}, "--opt_regime must list"),
        ({"elbo": "CVAE", "GECO": True}, "--GECO has no effect with --elbo=CVAE"),
        ({"elbo": "VAE", "GP_joint": True}, "--GP_joint has no effect with --elbo=VAE"),
        ({"lr": 0.0}, "--lr must be positive"),
        ({"precision": "float64", "gp_dtype": "float32"}, "contradicts --gp_dtype"),
        (
            {"elbo": "SVGPVAE_Hensman", "GECO": True, "preset": "authors_code", "precision": "float32"},
            "needs --precision=float64",
        ),
    ],
)
def test_bad_flags(given, message):
    with pytest.raises(ValueError, match=message):
        MnistConfig(**given)


def test_every_flag_of_a_recipe_is_one(rotated_dir):
    names = {field.name for field in dataclasses.fields(MnistConfig)}
    assert all(recipe.uses <= names for recipe in mnist_recipes.RECIPES.values())
