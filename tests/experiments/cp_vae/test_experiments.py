"""The CP-VAE and VampPrior experiments on tiny images: every model trains, is scored and exported; what is refused."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf.data.binarization import Splits
from gpvae_tf.data.image_sets import ImageSet
from gpvae_tf.evaluation.importance import log_likelihoods
from gpvae_tf.experiments.cp_vae import config as prior_config
from gpvae_tf.experiments.cp_vae import cpvae, vampprior
from gpvae_tf.experiments.cp_vae.cpvae import CpvaeConfig
from gpvae_tf.experiments.cp_vae.vampprior import VampPriorConfig
from gpvae_tf.models.cp_estimators import Enumerate, StraightThrough
from gpvae_tf.objectives import KLWarmUp
from gpvae_tf.training.loop import train
from gpvae_tf.training.run_folder import read_scores, write_scores

SHAPE = (4, 3, 1)
SMALL = dict(z1_size=2, hidden_size=4, batch_size=8, epochs=2, warmup=1, S=3)
CONFIGS = [
    *((CpvaeConfig, {"model_name": model, "prior": prior, "disc_size": 3}) for model, prior in cpvae.KINDS),
    *((VampPriorConfig, dict(model_name=m, prior=p, z2_size=2, number_components=3)) for m, p in vampprior.KINDS),
]


@pytest.fixture(autouse=True)
def _tiny_images(rng, monkeypatch):
    images = lambda name, n: ImageSet(name, rng.integers(0, 2, (n, *SHAPE)), rng.integers(0, 2, n))
    splits = Splits(images("train", 20), images("validation", 6), images("test", 6), "tiny")
    monkeypatch.setattr(prior_config, "_load", lambda name, source: splits)


def trained(config):
    model = config.build_model()
    model.compile(config.optimizer(), run_eagerly=True)
    options = dict(steps=config.num_steps, steps_per_epoch=config.steps_per_epoch, evaluation=config.evaluate)
    train(model, config.stream, callbacks=config.callbacks(model), verbose=0, **options)
    return model


@pytest.mark.parametrize(("kind", "given"), CONFIGS, ids=lambda value: getattr(value, "__name__", None))
def test_every_model_trains_and_is_scored(kind, given, eagerly):
    config = kind(**SMALL, **given)
    model = trained(config)
    assert model.num_steps == 2 * 3 and model.num_skipped == 0
    config.finish(model)
    assert config.validation_loss()(model, config.splits.validation) == float(model.best_weights.loss)
    scores = config.score(model)
    assert all(np.isfinite(value) for value in scores.values())
    assert f"{scores['test_elbo']:.2f}" in config.summary(scores)


@pytest.mark.parametrize(("kind", "given"), [CONFIGS[0], CONFIGS[-1]], ids=["cp", "hvp"])
def test_saved_models_give_the_models_numbers(kind, given, tmp_path):
    config = kind(**SMALL, **given)
    model = config.build_model()
    serving.export(config.servable(model), tmp_path)
    served = tf.saved_model.load(str(tmp_path)).signatures
    images, seed = tf.constant(config.splits.test.images), tf.constant([1, 2])
    np.testing.assert_allclose(served["encode"](images=images)["latents"], model.encode(images).mean, atol=1e-6)
    np.testing.assert_allclose(
        served["reconstruct"](images=images)["images"], model.reconstruct({"images": images}), atol=1e-6
    )
    drawn = served["sample"](num=tf.constant(5), seed=seed)["images"]
    np.testing.assert_allclose(drawn, model.sample(5, seed), atol=1e-6)


def test_the_prior_of_a_cp_vae_moves_in_training_and_as_coded_it_does_not(eagerly):
    for preset, moves in (("paper", True), ("authors_code", False)):
        config = CpvaeConfig(**SMALL, disc_size=3, preset=preset)
        first, last = config.build_model().prior.components, trained(config).prior.components
        for before, after in ((first.means, last.means), (first.log_variances, last.log_variances)):
            assert (np.abs(after.numpy() - before.numpy()).max() > 1e-4) == moves


def test_the_log_likelihood_of_a_part_is_carried_over_to_the_whole_test_set(eagerly):
    config = CpvaeConfig(**SMALL, model_name="vae", prior="standard", num_likelihood=2)
    model = trained(config)
    scores = config.score(model)
    images = config.splits.test.images[:2]
    known = log_likelihoods(model, images, num_samples=3).mean()
    gap = known - prior_config.prior_scores.KINDS["vae"].bounds(model, images)["elbo"]
    assert scores["num_likelihood"] == 2
    np.testing.assert_allclose(scores["test_log_likelihood"], scores["test_elbo"] + gap, rtol=1e-6)


def test_flags_reach_the_model():
    assert isinstance(CpvaeConfig(**SMALL, estimator="enumerate").build_model().estimator, Enumerate)
    model = CpvaeConfig(**SMALL, temp_min=0.2, anneal_rate=1.0).build_model()
    assert isinstance(model.estimator, StraightThrough)
    assert float(model.estimator.temperature(tf.constant(5000))) == pytest.approx(0.2)
    assert isinstance(model.objective, KLWarmUp) and model.objective.epochs == 1
    vamp = VampPriorConfig(**SMALL, z2_size=2, number_components=4, use_training_data_init=True)
    pixels = vamp.build_model().prior.pseudo_inputs.pixels.numpy()
    assert np.abs(pixels - vamp.splits.train.images[:4]).max() < 0.06
    drawn = VampPriorConfig(**SMALL, z2_size=2, number_components=4, pseudoinputs_mean=0.7).build_model()
    assert abs(float(tf.reduce_mean(drawn.prior.pseudo_inputs.pixels)) - 0.7) < 0.01


def test_gradients_are_clipped_together():
    variables = [tf.Variable([0.0, 0.0]), tf.Variable(0.0)]
    for clip_norm, expected in ((0.0, [3.0, 0.0, 4.0]), (1.0, [0.6, 0.0, 0.8])):
        inner = CpvaeConfig(**SMALL, clip_norm=clip_norm).optimizer().inner_optimizer
        inner.build(variables)
        inner.apply_gradients(zip([tf.constant([3.0, 0.0]), tf.constant(4.0)], variables))
        moments = np.concatenate([np.ravel(m) for m in inner._momentums]) / 0.1  # 1 - beta_1
        np.testing.assert_allclose(moments, expected, rtol=1e-5)


def test_one_level_may_have_any_size():
    assert VampPriorConfig(**SMALL, number_components=3).build_model().latent_dim == 2  # --z2_size is 40


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (CpvaeConfig, {"disc_size": 0}, "--disc_size must be >= 1, got 0"),
        (VampPriorConfig, {"number_components": 0, "z2_size": 2}, "--number_components must be >= 1, got 0"),
        (CpvaeConfig, {"prior": "standard"}, "--model_name=cp_vae_z_xc has no --prior=standard"),
        (VampPriorConfig, {"prior": "MoG"}, "--model_name=vae has no --prior=MoG"),
        (VampPriorConfig, {"model_name": "hvae_2level", "z2_size": 3}, "--z2_size=3 must equal --z1_size=2"),
        (CpvaeConfig, {"dataset_name": "mnist"}, "--dataset_name must be one of dynamic_mnist, omniglot"),
        (CpvaeConfig, {"fixed_var": True}, "--fixed_var .* needs --preset=authors_code"),
        (CpvaeConfig, {"estimator": "exact"}, "--estimator must be one of enumerate"),
        (CpvaeConfig, {"data_file": "x.mat"}, "--data_file has no effect"),
        (CpvaeConfig, {"temp_min": 0.0}, "--temp_min must be positive"),
        (CpvaeConfig, {"clip_norm": float("nan")}, "--clip_norm must be >= 0, got nan"),
        (CpvaeConfig, {"clip_norm": 1.0, "preset": "authors_code"}, "--clip_norm has no effect"),
        (CpvaeConfig, {"lr": 0.0}, "learning rate must be positive"),
    ],
)
def test_bad_flags_are_refused_by_name(kind, given, message):
    with pytest.raises(ValueError, match=message):
        kind(**{**SMALL, **({"z2_size": 2} if kind is VampPriorConfig else {}), **given})


def test_more_pseudo_inputs_than_images_are_refused():
    with pytest.raises(ValueError, match="images has 20 images; expected at least 21"):
        VampPriorConfig(**SMALL, z2_size=2, number_components=21, use_training_data_init=True).build_model()


def test_scores_are_written_for_finished_runs_only(tmp_path):
    assert read_scores(tmp_path) is None
    write_scores(tmp_path, 3, {"test_elbo": np.float32(-1.5)})
    assert read_scores(tmp_path) == {"test_elbo": -1.5}
