"""The rotated-MNIST experiment: what flags build, that every model trains, and what is refused."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.as_coded.deep_svigp import AsCodedDeepSVIGP
from gpvae_tf.as_coded.geco import AsCodedGECO
from gpvae_tf.as_coded.low_rank_gp import AsCodedLowRankGP
from gpvae_tf.experiments.rotated_mnist import bias, svgp_pictures
from gpvae_tf.experiments.rotated_mnist.svgp import SvgpExperiment
from gpvae_tf.experiments.rotated_mnist.svgp_config import ELBO_OPTIONS, SvgpConfig, SvgpOptions
from gpvae_tf.experiments.rotated_mnist.svgp_models import ROTATED_MODELS
from gpvae_tf.latent_gps import LowRankGP, SparseGP, TitsiasGP
from gpvae_tf.models import DeepSVIGP
from gpvae_tf.objectives import GECO, BetaELBO

LEARNED = dict(GP_joint=True, ov_joint=True, clip_qs=True, PCA=True)
README = {
    "CVAE": dict(elbo="CVAE", nr_epochs=2),
    "GPVAE_Casale": dict(elbo="GPVAE_Casale", opt_regime=("VAE-1", "GP-1"), **LEARNED),
    "SVIGP_Hensman": dict(elbo="SVIGP_Hensman", ip_joint=True, nr_epochs=2, **LEARNED),
    "SVGPVAE_Hensman": dict(elbo="SVGPVAE_Hensman", ip_joint=True, GECO=True, opt_regime=("joint-2",), **LEARNED),
}


def make(rotated_dir, **given) -> SvgpExperiment:
    small = {"data_dir": rotated_dir, "batch_size": 64, "eval_every": 1, "L": 4, **given}
    return SvgpExperiment(SvgpConfig(**small, **({"M": 3} if "M" in ELBO_OPTIONS[small.get("elbo", "VAE")] else {})))


def test_a_vae_has_no_way_to_an_image_it_has_not_seen(rotated_dir):
    """Its latents at new inputs are the prior's, so its error is that of the decoded zero."""
    experiment = make(rotated_dir, elbo="VAE")
    zero = experiment.model.decode(tf.zeros([1, 4])).numpy()
    expected = np.mean(np.square(experiment.data.test.images - zero))
    assert experiment.evaluate()["test_mse"] == pytest.approx(expected, rel=1e-5)


def test_switches_of_the_presets(rotated_dir):
    paper = make(rotated_dir, **README["SVGPVAE_Hensman"])
    coded = make(rotated_dir, preset="authors_code", **README["SVGPVAE_Hensman"])
    assert paper.config.precision == "float32" and coded.config.precision == "float64"
    assert type(paper.model.objective) is GECO and type(coded.model.objective) is AsCodedGECO
    for elbo, kind, as_coded in (
        ("GPVAE_Casale", LowRankGP, AsCodedLowRankGP),
        ("SVIGP_Hensman", DeepSVIGP, AsCodedDeepSVIGP),
    ):
        built = [make(rotated_dir, preset=p, **README[elbo]).model for p in ("paper", "authors_code")]
        found = [model if elbo.startswith("SVIGP") else model.latent_gp for model in built]
        assert [type(one) for one in found] == [kind, as_coded]


def test_batches_are_shuffled_unless_as_coded(rotated_dir):
    for preset, same in (("paper", False), ("authors_code", True)):
        experiment = make(rotated_dir, preset=preset)
        steps = experiment.steps_per_data_epoch
        first, second = (next(iter(experiment.stream(start)))["index"].numpy() for start in (0, steps))
        assert np.array_equal(first, second) is same


def test_variants_and_the_kernel(rotated_dir):
    for elbo, kind in (("SVGPVAE_Hensman", SparseGP), ("SVGPVAE_Titsias", TitsiasGP)):
        model = make(rotated_dir, elbo=elbo, nr_inducing_points=1.5, PCA=True).model
        assert type(model.latent_gp) is kind and model.latent_gp.inducing_points.num_points == 24
        assert model.latent_gp.num_data == len(make(rotated_dir).data.train) and isinstance(model.objective, BetaELBO)
        assert len(model.latent_gp.trainable_variables) == 0 == len(model.embedding.trainable_variables)
    x = tf.constant([[0.3, 1.0, 2.0, 0.5], [1.1, -1.0, 0.4, 2.0]], tf.float64)
    k = model.latent_gp.kernel.matrix(x, x).numpy()
    expected = np.exp(-2 * np.sin(0.4) ** 2) * float(np.dot(x[0, 1:], x[1, 1:]))
    assert k[0, 1] == pytest.approx(expected, rel=1e-6)


def test_the_nearest_neighbour_model_trains_and_predicts_from_all_images(rotated_dir, eagerly):
    experiment = make(rotated_dir, elbo="GPVAE_Vecchia", GECO=True, num_neighbours=4, **LEARNED)
    experiment.compile()
    logs = experiment.model.train_step(next(iter(experiment.stream(0))))
    assert np.isfinite(float(logs["elbo"])) and float(logs["skipped"]) == 0
    predictor = experiment.predictor()
    assert predictor.latent.data.x.shape[1] == len(experiment.data.train)
    assert np.isfinite(experiment.evaluate()["test_mse"])
    x = tf.constant([[0.3, 1.0, 2.0, 0.5], [1.1, -1.0, 0.4, 2.0]], tf.float64)
    sparse, fresh = (make(rotated_dir, elbo=e, GP_joint=True).model for e in ("SVGPVAE_Hensman", "GPVAE_Vecchia"))
    expected = sparse.latent_gp.kernel.matrix(x, x)
    np.testing.assert_array_equal(fresh.latent_gp.kernel.matrix(x, x), expected)


def test_beta_is_a_pixel_variance(rotated_dir):
    """B21: SE / K + (beta / L) KL is a multiple of the negative ELBO with variance K beta / (2 L)."""
    experiment = SvgpExperiment(SvgpConfig(data_dir=rotated_dir, elbo="SVGPVAE_Hensman"))
    assert experiment.pixel_variance == pytest.approx(784 * 0.001 / 32)
    variance = experiment.model.likelihood.distribution(tf.zeros([1, 1, 1])).variance()
    assert float(variance[0, 0, 0]) == pytest.approx(0.0245)


def test_every_stage_trains_its_own_variables(rotated_dir):
    experiment = make(rotated_dir, **README["GPVAE_Casale"])
    model, phases = experiment.model, experiment.phases
    assert [phase.end // experiment.steps_per_data_epoch for phase in phases] == [1, 2]
    rates, weights = [], []
    for phase in phases:
        phase.configure(model)
        rates.append(float(phase.optimizer().inner_optimizer.learning_rate))
        weights.append(model.objective.beta)
    assert rates == pytest.approx([1e-3, 1e-2]) and model.stage == "GP"
    assert weights == pytest.approx([1.0, 784 * 0.001 / (2 * 4) / 0.01**2])  # B21


def test_beta_weights_gppvae_in_a_single_stage_too(rotated_dir):
    experiment = make(rotated_dir, elbo="GPVAE_Casale", opt_regime=("joint-2",), beta=0.002)
    assert experiment.phases == () and experiment.model.objective.beta == pytest.approx(784 * 0.002 / 8 / 0.01**2)


def test_svgp_vae_in_stages(rotated_dir):
    """VAE: networks under N(0, I); GP: kernel, inducing points and object vectors; joint: all."""
    given = README["SVGPVAE_Hensman"] | {"opt_regime": ("VAE-1", "GP-2", "joint-1")}
    experiment = make(rotated_dir, **given)
    model, batch = experiment.model, next(iter(experiment.stream(0)))
    seed, of_networks = tf.constant([0, 1]), len(model.encoder.trainable_variables) * 2
    joint, sizes = model.elbo(batch, seed).parts["kl"], []
    for phase in experiment.phases:
        phase.configure(model)
        optimizer = phase.optimizer()
        sizes.append(len(model.trainable_variables))
        bound = model.elbo(batch, seed)
        y, variance = model.encode(batch["observations"])
        kl = 0.5 * np.sum(variance + tf.square(y) - 1.0 - tf.math.log(variance))
        expected = -kl if model.stage == "VAE" else joint
        np.testing.assert_allclose(bound.parts["kl"], np.ravel(expected), rtol=1e-9)
    assert sizes == [of_networks, 4, of_networks + 4]
    assert optimizer.inner_optimizer.learning_rate.numpy() == pytest.approx(1e-2)
    assert [phase.end // experiment.steps_per_data_epoch for phase in experiment.phases] == [1, 3, 4]


@pytest.mark.parametrize(
    "given, message",
    [
        ({"elbo": "GPVAE_Casale_batch"}, "--elbo must be one of"),
        ({"dataset": "33"}, "--dataset must be different digits"),
        ({"dataset": "a"}, "--dataset must be different digits"),
        ({"elbo": "GPVAE_Casale", "opt_regime": ("joint",)}, "--opt_regime must list"),
        (
            {"elbo": "CVAE", "GECO": True},
            "--GECO has no effect without --elbo=SVGPVAE_Hensman or .*_Titsias or GPVAE_Vecchia$",
        ),
        (
            {"elbo": "SVGPVAE_Hensman", "num_neighbours": 3},
            "--num_neighbours has no effect without --elbo=GPVAE_Ve",
        ),
        ({"elbo": "GPVAE_Vecchia", "num_neighbours": 0}, "--num_neighbours must be positive"),
        ({"elbo": "VAE", "GP_joint": True}, "--GP_joint has no effect without --elbo=SVGPVAE_Hensman or "),
        ({"elbo": "CVAE", "object_kernel_normalize": True}, "--object_kernel_normalize has no effect without --elbo="),
        ({"lr": 0.0}, "--lr must be positive"),
        (
            {**README["SVGPVAE_Hensman"], "preset": "authors_code", "max_log_multiplier": 3.0},
            "--max_log_multiplier has no effect without --preset=paper",
        ),
        ({"precision": "float64", "gp_dtype": "float32"}, "contradicts --gp_dtype"),
        (
            {"elbo": "SVGPVAE_Hensman", "GECO": True, "preset": "authors_code", "precision": "float32"},
            "needs --precision=float64",
        ),
    ],
)
def test_bad_flags(given, message):
    with pytest.raises(ValueError, match=message):
        SvgpConfig(**given)


def test_every_model_says_which_options_have_an_effect():
    names = {field.name for field in dataclasses.fields(SvgpConfig)}
    assert ROTATED_MODELS.keys() == ELBO_OPTIONS.keys()
    assert all(options <= names for options in ELBO_OPTIONS.values())


def test_latents_and_bias_are_written_with_and_without_pictures(rotated_dir, tmp_path, monkeypatch):
    """Numbers do not depend on --figures; the picture of the bias is drawn from them."""
    monkeypatch.setattr(bias, "SIZES", (16, 64, 1024))  # there are no 1,024 images
    monkeypatch.setattr(bias, "BATCHES", 2)
    experiment = make(rotated_dir, **README["SVGPVAE_Hensman"])
    assert experiment.write_extras(tmp_path, SvgpOptions()) == []
    options = SvgpOptions(save_latents=True, bias_analysis=True, figures=False)
    assert [path.name for path in experiment.write_extras(tmp_path, options)] == ["latents.npz", "estimator_bias.csv"]
    with np.load(tmp_path / "latents.npz") as latents:
        assert latents["mean"].shape == latents["variance"].shape == (len(experiment.data.train), 4)
        np.testing.assert_array_equal(latents["ids"], experiment.data.train.ids)
    curves = svgp_pictures.draw_bias(tmp_path / "estimator_bias.csv").axes[0].lines
    assert curves and all(line.get_xdata().tolist() == [16, 64] for line in curves)
