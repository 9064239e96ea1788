"""The GP-encoder experiment: every family trains, is scored and exported; what flags build, and what is refused."""

import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.evaluation import importance
from gpvae_tf.experiments.gp_encoder import models as gpenc_models
from gpvae_tf.experiments.gp_encoder.config import GPEncoderConfig
from gpvae_tf.experiments.gp_encoder.experiment import GPEncoderExperiment
from gpvae_tf.experiments.gp_encoder.family_options import FamilyOptions
from gpvae_tf.experiments.gp_encoder.models import FAMILIES, NetworkSetting, networks_for
from gpvae_tf.experiments.run import parse
from gpvae_tf.networks.images import ImageNetworks
from gpvae_tf.posteriors import GPEncoder, Laplace, RecursiveMixture, SemiAmortized
from gpvae_tf.posteriors.random_weights import Deterministic, DiagonalCovariance, MeanOnly
from gpvae_tf.training.checkpoints import CheckpointError, Checkpoints
from gpvae_tf.training.divergence import TrainingDiverged
from gpvae_tf.training.run_folder import open_run
from gpvae_tf.training.run_record import RunFolderError, describe
from tests.support.runs import trained

SEED = tf.constant([1, 2])
TINY = ImageNetworks((8, 8, 1), (2, 3), (2, 1), 6)
SMALL = dict(z_dim=2, batch_size=9, n_epochs=2, K_iwae=3)
SMALL_FAMILIES = {
    "SA": dict(n_svi_step=1),
    "VLAE": dict(n_update=1),
    "IAF": dict(n_flow=2, iaf_dim=4),
    "HF": dict(n_flow=2),
}


pytestmark = pytest.mark.filterwarnings("ignore:Even though the .*run_functions_eagerly")  # streams stay graphs


@pytest.fixture
def make(rng, tmp_path, monkeypatch):
    """A function that makes an experiment on a file of 20 images of 8 x 8 pixels, 18 of them to train on."""
    monkeypatch.setattr(gpenc_models, "NETWORKS", (TINY,))
    file = tmp_path / "tiny.npz"
    np.savez(file, train_images=rng.uniform(size=(20, 8, 8, 1)), test_images=rng.uniform(size=(5, 8, 8, 1)))

    def make(model: str, **given) -> GPEncoderExperiment:
        about = {"model": model, "dataset": "cifar10", "data_file": str(file), **SMALL, **SMALL_FAMILIES.get(model, {})}
        return GPEncoderExperiment(GPEncoderConfig(**{**about, **given}))

    return make


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_trains_and_is_scored(make, family, tmp_path, eagerly):
    experiment = trained(make(family), tmp_path / "run")
    assert experiment.model.num_steps == 2 * 2
    scores, per_image = experiment.score()
    np.testing.assert_allclose(per_image["test_iwae"].mean(), scores["test_iwae"])
    assert all(np.isfinite(value) for value in scores.values()) and scores["num_test"] == 5
    assert ("variance_share_f" in scores) == (family == "GPENC")
    assert f"{scores['test_iwae']:.2f}" in experiment.summary(scores)


@pytest.mark.parametrize("family", ["SA", "VLAE"])
def test_inference_that_differentiates_is_exported(make, family, tmp_path):
    experiment = make(family)
    model = experiment.model
    loaded = tf.saved_model.load(str(experiment.servable().write_version(tmp_path / "saved_model")))
    images, mean = tf.constant(experiment.test_images), tf.constant(experiment.data.mean)
    np.testing.assert_allclose(loaded.encode(images + mean)["latents"], model.encode(images).mean, atol=1e-5)
    np.testing.assert_allclose(
        loaded.reconstruct(images + mean)["observations"], model.reconstruct({"observations": images}) + mean, atol=1e-5
    )


def test_scores_are_those_of_the_estimators(make, eagerly):
    experiment = make("GPENC", num_test=4)
    model, scores = experiment.model, experiment.score().numbers
    nats = importance.log_likelihoods(model, experiment.splits.test.images[:4], num_samples=3, batch_size=8)
    np.testing.assert_allclose(scores["test_iwae"], nats.mean())
    np.testing.assert_allclose(scores["test_iwae_se"], np.std(nats, ddof=1) / 2.0)
    bound = model.elbo(
        {"observations": tf.constant(experiment.splits.validation.images)}, tf.random.fold_in([0, 0], 0)
    ).elbo
    np.testing.assert_allclose(scores["validation_elbo"], np.mean(bound), rtol=1e-6)
    q = model.encode(tf.constant(experiment.splits.validation.images))
    variance = (q.deviation.mean**2 + q.f.variance + q.h.variance).numpy()
    np.testing.assert_allclose(scores["variance_share_f"], np.mean(q.f.variance / variance), rtol=1e-5)
    np.testing.assert_allclose(scores["variance_share_h"], np.mean(q.h.variance / variance), rtol=1e-5)
    assert scores["predicted_share_f"] == 6 / 18 and scores["predicted_share_h"] == 3 / 18


def test_a_learning_rate_that_is_far_too_large_is_one_sentence(make, tmp_path, eagerly):
    """No epoch has a finite validation loss, so there are no weights to be scored."""
    experiment = make("VAE", learning_rate=1e3)
    experiment.compile()
    with pytest.raises(TrainingDiverged, match="no epoch had a finite validation loss"):
        experiment.train(tmp_path / "run", verbose=0)


@pytest.mark.parametrize("family", ["VAE", "GPENC"])
def test_the_warm_up_is_of_the_kl_of_z(make, family):
    """In the first of four epochs it counts a quarter, the KL of random weights all."""
    experiment = make(family, warmup=4)
    bound = experiment.model.elbo({"observations": tf.constant(experiment.splits.train.images)}, SEED)
    weights_kl = bound.parts.get("weights_kl", 0.0)
    expected = -(bound.reconstruction + 0.25 * bound.parts["kl"] + weights_kl)
    np.testing.assert_allclose(experiment.model.objective(bound), expected, rtol=1e-6)
    np.testing.assert_allclose(make(family).model.objective(bound), -bound.elbo, rtol=1e-6)


def test_observation_noise(make):
    experiment = make("VAE")
    pixels = experiment.splits.train.images
    model = experiment.model
    sigma = math.sqrt(np.mean(np.square(pixels)))
    np.testing.assert_allclose(experiment.evaluate()["obs_noise_sigma"], sigma, rtol=1e-5)
    count = len(model.trainable_variables)
    fixed = make("VAE", obs_noise="fixed", obs_noise_scale=0.3)
    assert len(fixed.model.trainable_variables) == count - 1
    np.testing.assert_allclose(fixed.evaluate()["obs_noise_sigma"], 0.3, rtol=1e-6)


@pytest.mark.parametrize("epoch, restored", [("best", True), ("last", False)])
def test_which_epoch_is_scored(make, epoch, restored):
    experiment = make("VAE", select_epoch=epoch)
    model = experiment.model
    kept = [variable.numpy() for variable in model.trainable_variables]
    model.best_weights.keep(model)
    model.best_weights.loss.assign(3.0)
    for variable in model.trainable_variables:
        variable.assign_add(tf.ones_like(variable))
    experiment.select_weights()
    expected = kept if restored else [values + 1.0 for values in kept]
    for variable, values in zip(model.trainable_variables, expected, strict=True):
        np.testing.assert_allclose(variable, values, rtol=1e-6)


def built(family: str, **flags):
    """A posterior from tiny networks, without data."""
    return FAMILIES[family].build(NetworkSetting(TINY, 2, FamilyOptions(**flags), steps_per_epoch=7))


def test_what_flags_build():
    gp = built("GPENC", lambda_init=0.2, logsq="mc")
    assert isinstance(gp, GPEncoder) and gp.log_square_samples == 1
    np.testing.assert_allclose(tf.linalg.diag_part(gp.weights[0].factor()), 0.2, rtol=1e-5)
    assert isinstance(built("GPENC", gp_cov="diag").weights[0], DiagonalCovariance)
    assert type(built("GPENC", gp_cov="none").weights[0]) is MeanOnly
    trunks = built("TRUNKS")
    assert isinstance(trunks.weights[0], Deterministic) and trunks.regularizer() is None
    sa = built("SA", n_svi_step=3, svi_lr=0.1, svi_momentum=0.5, svi_second_order=False)
    assert isinstance(sa, SemiAmortized)
    assert (sa.num_steps, sa.step_size, sa.momentum, sa.second_order) == (3, 0.1, 0.5, False)
    iaf = built("IAF", n_flow=3, iaf_dim=11)
    assert len(iaf.networks) == 3 and 11 in {v.shape[-1] for v in iaf.networks[0].trainable_variables}
    assert len(built("HF", n_flow=5).axis_layers) == 4 and len(built("ME", n_component=3).encoders) == 3
    rme = built("RME", n_component=3, rme_bound=9.0, rme_epochs=2)
    assert isinstance(rme, RecursiveMixture) and (rme.kl_bound, rme.steps_per_component) == (9.0, 14)
    assert built("RME").steps_per_component is None
    laplace = built("VLAE", n_update=2, update_lr=0.25, decoder="dense")
    assert isinstance(laplace, Laplace) and (laplace.num_steps, laplace.update_rate) == (2, 0.25)
    assert laplace.jacobian == "dense" and built("VLAE").jacobian == "forward"
    dense = NetworkSetting(TINY, 2, FamilyOptions(decoder="dense", hidden_dim=9)).decoder()
    assert [v.shape[0] for v in dense.trainable_variables[::2]] == [2, 9, 9]


def test_initial_gp_variance_is_scaled_to_the_features(make):
    experiment = make("GPENC", lambda_init=0.0)
    q = experiment.model.encode(tf.constant(experiment.splits.train.images))
    for part in (q.f, q.h):
        np.testing.assert_allclose(np.mean(part.variance), 0.01, rtol=1e-4)


def test_every_dataset_has_networks():
    for shape in ((28, 28, 1), (32, 32, 3), (64, 64, 3)):
        assert networks_for(shape).event_shape == shape
    with pytest.raises(ValueError, match=r"images have shape \(30, 30, 3\); there are networks for \(28, 28"):
        networks_for((30, 30, 3))


@pytest.mark.parametrize(
    "given, message",
    [
        ({"model": "GAN"}, "--model must be one of VAE, GPENC, .*, got 'GAN'"),
        ({"dataset": "faces"}, "--dataset must be one of mnist"),
        ({"preset": "authors_code"}, "--preset must be one of paper, got 'authors_code'"),
        ({"z_dim": 0}, "--z_dim must be >= 1, got 0"),
        ({"K_iwae": 0}, "--K_iwae must be >= 1, got 0"),
        ({"n_flow": 0}, "--n_flow must be >= 1, got 0"),
        ({"n_component": 0}, "--n_component must be >= 1, got 0"),
        ({"n_svi_step": 0}, "--n_svi_step must be >= 1"),
        ({"n_update": 0}, "--n_update must be >= 1"),
        ({"num_train": -1}, "--num_train must be >= 0"),
        ({"rme_epochs": -1}, "--rme_epochs must be >= 0"),
        ({"model": "RME", "n_component": 3, "rme_epochs": 2, "n_epochs": 4}, "--n_epochs must be > 4, .* got 4"),
        ({"rme_bound": 0.0}, "--rme_bound must be positive"),
        ({"svi_momentum": 1.0}, r"--svi_momentum must lie in \[0, 1\)"),
        ({"update_lr": 1.5}, r"--update_lr must lie in \(0, 1\]"),
        ({"lambda_init": -1.0}, "--lambda_init must be >= 0"),
        ({"gp_cov": "half"}, "--gp_cov must be one of full, diag, none"),
        ({"decoder": "lstm"}, "--decoder must be one of dense, conv"),
        ({"obs_noise": "fixed"}, "--obs_noise=fixed needs --obs_noise_scale"),
        ({"obs_noise_scale": 0.1}, "--obs_noise_scale has no effect without --obs_noise=fixed"),
        ({"obs_noise": "fixed", "obs_noise_scale": 0.0}, "--obs_noise_scale must be positive"),
        ({"learning_rate": 0.0}, "--learning_rate must be positive, got 0.0"),
        ({"batch_size": 0}, "--batch_size must be >= 1"),
    ],
)
def test_bad_flags(given, message):
    with pytest.raises(ValueError, match=message):
        GPEncoderConfig(**given)


def test_a_run_of_another_family_is_not_continued(make, tmp_path):
    configs = [make(name) for name in ("VAE", "GPENC")]
    records = [describe("gpenc", dataclasses.asdict(each.config), {}) for each in configs]
    open_run(tmp_path / "run", records[0], resume=False)
    with pytest.raises(RunFolderError, match="model: 'VAE' there, 'GPENC' asked for"):
        open_run(tmp_path / "run", records[1], resume=True)
    models = [each.model for each in configs]
    Checkpoints(tmp_path / "checkpoints", models[0]).save(1)
    with pytest.raises(CheckpointError, match="is a checkpoint of another model"):
        Checkpoints(tmp_path / "checkpoints", models[1]).restore()


def test_a_configuration_survives_its_record(make):
    experiment = make("RME", rme_epochs=1)
    assert GPEncoderConfig(**dataclasses.asdict(experiment.config)) == experiment.config
    assert experiment.folder("run") == "run_RME_cifar10_z2_rme_epochs-1"


def test_a_sweep_of_sizes_needs_no_other_name():
    """A folder says which options of the family are not the defaults, and keeps its name where all are."""
    folder = lambda **given: GPEncoderExperiment(GPEncoderConfig(**given)).folder("gpenc")
    assert folder() == "gpenc_GPENC_mnist_z50" and folder(model="HF") == folder(model="HF", n_flow=4)
    assert folder(model="HF", n_flow=8, n_epochs=3) == "gpenc_HF_mnist_z50_n_flow-8"
    assert folder(model="VLAE", n_update=1, decoder="dense") == "gpenc_VLAE_mnist_z50_n_update-1_decoder-dense"
    sweep = [dict(model="SA", n_svi_step=n) for n in (1, 2, 4)] + [dict(model="ME", n_component=n) for n in (2, 3)]
    assert len({folder(**given) for given in sweep}) == len(sweep)


@pytest.mark.parametrize("family", ["GPENC", "IAF", "SA", "RME"])
def test_importance_weighted_likelihood_in_half_precision(make, family, eagerly):
    """The same weights score the same, up to what bfloat16 rounds off the networks' hidden layers."""
    full, half = (make(family, precision=policy) for policy in ("float32", "mixed_bfloat16"))
    model, rounded = full.model, half.model
    rounded.set_weights(model.get_weights())
    scores = [importance.log_likelihoods(m, full.test_images, num_samples=20, batch_size=5) for m in (model, rounded)]
    assert scores[1].dtype == np.float64 and np.all(scores[0] != scores[1])
    np.testing.assert_allclose(scores[1], scores[0], rtol=0.02, atol=0.3)


def test_the_best_epoch_of_rme_is_one_with_every_component(make):
    assert make("RME", n_component=3, rme_epochs=2, n_epochs=9).config.first_best_epoch == 5
    assert make("RME", n_component=3).config.first_best_epoch == make("ME", n_component=3).config.first_best_epoch == 1


def test_the_former_name_of_the_gp_encoder_still_loads():
    assert GPEncoderConfig(model="GPVAE") == GPEncoderConfig(model="GPENC")
    assert parse(GPEncoderExperiment, ["--model=GPVAE", "--gp_cov=diag"])[0].model == "GPENC"


@pytest.mark.parametrize(
    "flags, message",
    [
        ("--model=VAE --gp_cov=diag", "--gp_cov has no effect without --model=GPENC"),
        ("--model=VAE --n_flow=4", "--n_flow has no effect without --model=IAF or HF"),  # its default, asked for
        ("--model=VAE --nosvi_second_order", "--svi_second_order has no effect without --model=SA"),
        ("--hidden_dim=9", "--hidden_dim has no effect without --decoder=dense"),
        ("--dataset=celeba --mnist_manual_dir=x", "--mnist_manual_dir has no effect without --dataset=mnist"),
        ("--data_file=x.npz", "--data_file has no effect without --dataset=omniglot or cifar10 or svhn"),
    ],
)
def test_flags_that_would_be_ignored(flags, message):
    with pytest.raises(ValueError, match=message):
        parse(GPEncoderExperiment, flags.split())
