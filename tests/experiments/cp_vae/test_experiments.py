"""The CP-VAE and VampPrior experiments on tiny images: every model trains, is scored and exported; what is refused."""

import re

import numpy as np
import pytest
import tensorflow as tf
from absl import flags

from gpvae_tf._keras import keras
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.datasets.image_sets import ImageSet
from gpvae_tf.evaluation.bounds import mean_bound
from gpvae_tf.evaluation.importance import log_likelihoods
from gpvae_tf.experiments.cp_vae import clustered_start
from gpvae_tf.experiments.cp_vae.config import CpvaeConfig, VampPriorConfig
from gpvae_tf.experiments.cp_vae.experiment import CpvaeExperiment, VampPriorExperiment
from gpvae_tf.experiments.cp_vae.families import CPVAE_FAMILIES, VAMPPRIOR_FAMILIES
from gpvae_tf.experiments.cp_vae.presets import COMPONENTS
from gpvae_tf.experiments.run import parse
from gpvae_tf.files import MissingPackage, packages
from gpvae_tf.models.cp_estimators import Enumerate, StraightThrough
from gpvae_tf.objectives import KLWarmUp
from gpvae_tf.training.scores import read_scores, write_scores
from tests.support.runs import trained

SHAPE = (4, 3, 1)
SMALL = dict(z1_size=2, hidden_size=4, batch_size=10, epochs=2, warmup=1, S=3)


def given_for(family):
    """What the configuration of a family is given beside SMALL: three components, two levels of one size."""
    components = {family.components: 3} if family.components else {}
    levels = {"z2_size": 2} if family.model_name == "hvae_2level" else {}
    return {"model_name": family.model_name, "prior": family.prior, **components, **levels}


RUNS = [
    *((CpvaeExperiment, given_for(family)) for family in CPVAE_FAMILIES.values()),
    *((VampPriorExperiment, given_for(family)) for family in VAMPPRIOR_FAMILIES.values()),
]


@pytest.fixture
def make(rng):
    """A function that makes an experiment on tiny images."""
    images = lambda name, n: ImageSet(name, rng.integers(0, 2, (n, *SHAPE)), rng.integers(0, 2, n))
    splits = Splits(images("train", 20), images("validation", 6), images("test", 6), "tiny")

    def make(kind, **given):
        experiment = kind(kind.config_class(**{**SMALL, **given}))
        experiment.splits = splits
        return experiment

    return make


@pytest.mark.parametrize(("kind", "given"), RUNS, ids=lambda value: getattr(value, "__name__", None))
def test_every_model_trains_and_is_scored(kind, given, make, eagerly):
    experiment = trained(make(kind, **given))
    model, splits = experiment.model, experiment.splits
    assert model.num_steps == 2 * 2 and model.num_skipped == 0
    assert experiment.validation_loss()(model, splits.validation) == float(model.best_weights.loss)
    scores = experiment.score().numbers
    assert all(np.isfinite(value) for value in scores.values())
    assert f"{scores['test_elbo']:.2f}" in experiment.summary(scores)


@pytest.mark.parametrize(("kind", "given"), [RUNS[0], RUNS[-1]], ids=["cp", "hvp"])
def test_saved_models_give_the_models_numbers(kind, given, make, tmp_path):
    experiment = make(kind, **given)
    model = experiment.model
    served = tf.saved_model.load(str(experiment.servable().write_version(tmp_path))).signatures
    images, seed = tf.constant(experiment.splits.test.images), tf.constant([1, 2])
    np.testing.assert_allclose(served["encode"](observations=images)["latents"], model.encode(images).mean, atol=1e-6)
    np.testing.assert_allclose(
        served["reconstruct"](observations=images)["observations"],
        model.reconstruct({"observations": images}),
        atol=1e-6,
    )
    drawn = served["sample"](num=tf.constant(5), seed=seed)["observations"]
    np.testing.assert_allclose(drawn, model.sample(5, seed), atol=1e-6)


def test_the_prior_of_a_cp_vae_moves_in_training_and_as_coded_it_does_not(make, eagerly):
    for preset, moves in (("paper", True), ("authors_code", False)):
        experiment = make(CpvaeExperiment, disc_size=3, preset=preset)
        first, last = experiment.build_model().prior.components, trained(experiment).model.prior.components
        for before, after in ((first.means, last.means), (first.log_variances, last.log_variances)):
            assert (np.abs(after.numpy() - before.numpy()).max() > 1e-4) == moves


def test_the_log_likelihood_of_a_part_is_carried_over_to_the_whole_test_set(make, eagerly):
    experiment = trained(make(CpvaeExperiment, model_name="vae", prior="standard", num_likelihood=2))
    scores = experiment.score().numbers
    images = experiment.splits.test.images[:2]
    known = log_likelihoods(experiment.model, images, num_samples=3).mean()
    gap = known - mean_bound(experiment.model, images)["elbo"]
    assert scores["num_likelihood"] == 2
    np.testing.assert_allclose(scores["test_log_likelihood"], scores["test_elbo"] + gap, rtol=1e-6)


def test_flags_reach_the_model(make):
    assert isinstance(make(CpvaeExperiment, estimator="enumerate").model.estimator, Enumerate)
    model = make(CpvaeExperiment, temp_min=0.2, anneal_rate=1.0).model
    assert isinstance(model.estimator, StraightThrough)
    assert float(model.estimator.temperature(tf.constant(5000))) == pytest.approx(0.2)
    assert isinstance(model.objective, KLWarmUp) and model.objective.epochs == 1
    vamp = make(VampPriorExperiment, number_components=4, use_training_data_init=True)
    pixels = vamp.model.prior.pseudo_inputs.pixels.numpy()
    assert np.abs(pixels - vamp.splits.train.images[:4]).max() < 0.06
    drawn = make(VampPriorExperiment, number_components=4, pseudoinputs_mean=0.7).model
    assert abs(float(tf.reduce_mean(drawn.prior.pseudo_inputs.pixels)) - 0.7) < 0.01


def test_labels_of_some_training_images_are_read(make, eagerly):
    """As many of each; the warm-up leaves their weight alone, and what chooses an epoch reads none."""
    experiment = make(CpvaeExperiment, disc_size=2, num_labels=4, label_weight=3.0)
    known, labels = experiment.training_labels, experiment.splits.train.labels
    assert [list(labels[known == kind]) for kind in (0, 1)] == [[0, 0], [1, 1]] and np.sum(known == -1) == 16
    rows = np.concatenate([batch["labels"] for batch in experiment.stream(0).take(2)])
    assert sorted(rows) == sorted(known)
    model = trained(experiment).model
    assert model.label_weight == 3.0 and model.objective.exempt == ("label",)
    assert make(CpvaeExperiment, disc_size=2, num_labels=4).model.label_weight == pytest.approx(0.1 * 20 / 4)
    assert experiment.validation_loss()(model, experiment.splits.validation) == float(model.best_weights.loss)
    with pytest.raises(ValueError, match="num_labels must be a multiple of 2, and at most"):
        _ = make(CpvaeExperiment, disc_size=2, num_labels=3).model
    with pytest.raises(ValueError, match="--disc_size=1 is below the 2 labels of the images"):
        _ = make(CpvaeExperiment, disc_size=1, num_labels=4).model


@pytest.mark.parametrize(("covariance", "kind"), COMPONENTS.items())
def test_a_start_from_a_mixture_is_made_once(covariance, kind, make, tmp_path, eagerly):
    """A run that is continued, with another seed even, has the first one's start, which trained the networks."""
    given = dict(disc_size=3, start="mixture", start_epochs=1, start_fits=2, start_trial=1, covariance=covariance)
    first = make(CpvaeExperiment, **given)
    assert type(first.model.prior.components) is kind
    made = []
    whole = first.start_from_mixture
    first.start_from_mixture = lambda verbose: (whole(verbose), made.extend(v.numpy() for v in variables))
    variables = first.model.trainable_variables
    trained(first, tmp_path)  # in which the VAE's steps are not counted
    again = make(CpvaeExperiment, **given, seed=1)
    again.start_from_mixture = lambda verbose: pytest.fail("was made again")
    again.select_weights = lambda: None
    again.compile()
    with pytest.raises(StopIteration):
        stop = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: next(iter(())))
        again.callbacks = lambda: [stop]
        again.train(tmp_path, verbose=0)
    for variable, start in zip(again.model.trainable_variables, made, strict=True):
        np.testing.assert_array_equal(variable, start)


def test_the_start_with_the_best_validation_bound_counts(make, monkeypatch):
    """Not the first one, nor the last one; every trial begins with the VAE's weights, at step 0 of all that counts."""
    given = dict(disc_size=3, start="mixture", start_epochs=1, start_fits=3, start_trial=1, clip_norm=2.0)
    experiment, norms, make_one = make(CpvaeExperiment, **given), [], clustered_start.make_optimizer
    losses, tried, begun = iter([2.0, 1.0, 3.0]), [], []
    variables = experiment.model.trainable_variables

    def start(model, images, *, restarts, seed):
        begun.append(variables[0].numpy())
        model.prior.components.means.assign_add(float(len(begun)) * tf.ones_like(model.prior.components.means))
        tried.append([variable.numpy() for variable in variables])

    def loss_of(model, split):
        assert model is not experiment.model and model.num_steps == 2 == int(model.objective.steps)
        return next(losses)

    def optimizer(*arguments, clip_norm, **options):
        norms.append(clip_norm)
        return make_one(*arguments, clip_norm=clip_norm, **options)

    monkeypatch.setattr(clustered_start, "make_optimizer", optimizer)
    monkeypatch.setattr(clustered_start, "start_categories", start)
    monkeypatch.setattr(experiment, "validation_loss", lambda: loss_of)
    experiment.start_from_mixture()
    for variable, expected in zip(variables, tried[1], strict=True):
        np.testing.assert_array_equal(variable, expected)
    assert experiment.model.num_steps == 0 and norms == [2.0]  # --clip_norm is the VAE's too
    np.testing.assert_array_equal(begun[0], begun[2])


def test_a_start_from_a_mixture_needs_scikit_learn_before_anything_is_trained(make, tmp_path, monkeypatch):
    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: None)
    experiment = make(CpvaeExperiment, disc_size=3, start="mixture")
    experiment.compile()
    with pytest.raises(MissingPackage, match="--start=mixture needs scikit-learn: pip install scikit-learn"):
        experiment.train(tmp_path, verbose=0)
    assert not list(tmp_path.iterdir())


def test_fixed_variances_are_the_authors_raw_value_1(make):
    coded = dict(preset="authors_code", disc_size=3)
    raw = lambda **given: make(CpvaeExperiment, **coded, **given).model.prior.components.log_variances.numpy()
    assert np.ptp(raw(fixed_var=True)) == 0 and np.ptp(raw()) > 0


def test_gradients_are_clipped_together(make):
    variables = [tf.Variable([0.0, 0.0]), tf.Variable(0.0)]
    for clip_norm, expected in ((0.0, [3.0, 0.0, 4.0]), (1.0, [0.6, 0.0, 0.8])):
        inner = make(CpvaeExperiment, clip_norm=clip_norm).optimizer().inner_optimizer
        inner.build(variables)
        inner.apply_gradients(zip([tf.constant([3.0, 0.0]), tf.constant(4.0)], variables))
        moments = np.concatenate([np.ravel(m) for m in inner._momentums]) / 0.1  # 1 - beta_1
        np.testing.assert_allclose(moments, expected, rtol=1e-5)


def test_one_level_may_have_any_size(make):
    assert make(VampPriorExperiment, number_components=3).model.latent_dim == 2  # --z2_size is 40


def test_every_epoch_logs_the_use_of_the_categories(make):
    assert make(CpvaeExperiment, disc_size=3).evaluate().keys() == {"categories_used", "category_perplexity"}
    assert make(VampPriorExperiment, number_components=3).evaluate() == {}


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (CpvaeConfig, {"disc_size": 0}, "--disc_size must be >= 1, got 0"),
        (VampPriorConfig, {"number_components": 0}, "--number_components must be >= 1, got 0"),
        (CpvaeConfig, {"prior": "standard"}, "--model_name=cp_vae_z_xc has no --prior=standard; there is"),
        (VampPriorConfig, {"prior": "MoG"}, "--prior must be one of standard, vampprior, got 'MoG'"),
        (VampPriorConfig, {"model_name": "hvae_2level", "z2_size": 3}, "--z2_size=3 must equal --z1_size=2"),
        (VampPriorConfig, {"z2_size": 3}, "--z2_size has no effect without --model_name=hvae_2level"),
        (CpvaeConfig, {"dataset_name": "mnist"}, "--dataset_name must be one of dynamic_mnist, omniglot"),
        (CpvaeConfig, {"fixed_var": True}, "--fixed_var has no effect without --preset=authors_code"),
        (CpvaeConfig, {"start_epochs": 3}, "--start_epochs has no effect without --start=mixture"),
        (CpvaeConfig, {"start": "mixture", "preset": "authors_code"}, "--start has no effect without --preset=paper"),
        (CpvaeConfig, {"estimator": "exact"}, "--estimator must be one of enumerate"),
        (CpvaeConfig, {"data_file": "x.mat"}, "--data_file has no effect without --dataset_name=omniglot"),
        (CpvaeConfig, {"temp_min": 0.0}, "--temp_min must be positive"),
        (
            CpvaeConfig,
            {"temp_min": 0.1, "estimator": "enumerate"},
            "--temp_min has no effect without a --estimator other than enumerate",
        ),
        (
            CpvaeConfig,
            {"model_name": "vae", "prior": "standard", "disc_size": 3},
            "--disc_size has no effect without --prior=conditional or MoG",
        ),
        (
            VampPriorConfig,
            {"pseudoinputs_mean": 0.5, "use_training_data_init": True},
            "--pseudoinputs_mean has no effect without --nouse_training_data_init",
        ),
        (CpvaeConfig, {"clip_norm": float("nan")}, "--clip_norm must be finite, got nan"),
        (CpvaeConfig, {"clip_norm": -1.0}, "--clip_norm must be >= 0, got -1"),
        (CpvaeConfig, {"clip_norm": 1.0, "preset": "authors_code"}, "--clip_norm has no effect without --preset=paper"),
        (CpvaeConfig, {"lr": 0.0}, "--lr must be positive, got 0.0"),
        (CpvaeConfig, {"batch_size": 0}, "--batch_size must be >= 1, got 0"),
        (CpvaeConfig, {"epochs": 0}, "--epochs must be >= 1, got 0"),
    ],
)
def test_bad_flags_are_refused_by_name(kind, given, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        kind(**{**SMALL, **given})


def test_flags_that_are_gone_say_why():
    for kind, argument, reason in (
        (CpvaeExperiment, "--no-cuda", "CUDA_VISIBLE_DEVICES= hides the GPU"),
        (CpvaeExperiment, "--z2_size=40", "no model of this script has a second level"),
        (CpvaeExperiment, "--gamma=1", "capacities are JointVAE's"),
        (VampPriorExperiment, "--MB=100", "importance samples are streamed"),
        (VampPriorExperiment, "--dynamic_binarization", "the data sets imply it"),
        (VampPriorExperiment, "--ram=0.5", "GPU memory"),
    ):
        with pytest.raises(flags.Error, match=f"removed: .*{reason}"):
            parse(kind, [argument])


def test_command_lines_of_the_scripts():
    config, options = parse(CpvaeExperiment, ["--model_name", "vae", "--prior", "MoG", "--disc_size=500"])
    assert config == CpvaeConfig(model_name="vae", prior="MoG", disc_size=500) and options.expid == "cpvae"
    assert CpvaeExperiment(config).folder("a") == "a_mg500_dynamic_mnist"
    config, options = parse(VampPriorExperiment, ["--model_name=hvae_2level", "--prior", "vampprior"])
    assert config == VampPriorConfig(model_name="hvae_2level") and options.expid == "vampprior"
    assert VampPriorExperiment(config).folder("a") == "a_hvp_dynamic_mnist"
    with pytest.raises(ValueError, match="--z2_size has no effect without --model_name=hvae_2level"):
        parse(VampPriorExperiment, ["--model_name=vae", "--z2_size=40"])  # the default, but asked for
    with pytest.raises(flags.Error, match="cp_vae_z_xc"):
        parse(CpvaeExperiment, ["--model_name=hvae_2level"])


def test_more_pseudo_inputs_than_images_are_refused(make):
    with pytest.raises(ValueError, match="images has 20 images; expected at least 21"):
        make(VampPriorExperiment, number_components=21, use_training_data_init=True).build_model()


def test_scores_are_written_for_finished_runs_only(tmp_path):
    assert read_scores(tmp_path) is None
    write_scores(tmp_path, 3, {"test_elbo": np.float32(-1.5)})
    assert read_scores(tmp_path) == {"test_elbo": -1.5}
