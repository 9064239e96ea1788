"""The imputation experiment on small sequences: every model trains and is scored; its bound is the authors'."""

import math

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from sklearn.gaussian_process.kernels import Matern

from gpvae_tf.experiments.cp_vae.config import CpvaeConfig
from gpvae_tf.experiments.gp_encoder.config import GPEncoderConfig
from gpvae_tf.experiments.imputation.config import ImputationConfig
from gpvae_tf.experiments.imputation.experiment import ImputationExperiment
from gpvae_tf.experiments.imputation.models import kernel_of
from gpvae_tf.experiments.imputation.pictures import draw_run
from gpvae_tf.experiments.run import parse
from tests.support import sprites_folder
from tests.support.eager import running_eagerly
from tests.support.gappy_sequences import SCORES, imputation_splits

tfd = tfp.distributions
SMALL = "--latent_dim=4 --encoder_sizes=8,8 --decoder_sizes=8 --batch_size=6 --num_steps=2".split()

KERNELS = {"markov": ["--kernel=matern32"]}


def experiment(*flags):
    filters = [] if any(flag.startswith("--data_type") for flag in flags) else ["--cnn_sizes=2"]
    config, _ = parse(ImputationExperiment, [*SMALL, *filters, *flags])
    made = ImputationExperiment(config)
    made.splits = imputation_splits(config.data_type)
    return made


def test_sprites_are_made_of_a_folder_s_characters(tmp_path):
    """Small images are refused; it is the folder's frames that were looked at."""
    places = sprites_folder.write(tmp_path)
    flags = ["--data_type=sprites", f"--sprites_dir={places['sprites_dir']}", f"--cache_dir={tmp_path}"]
    run = ImputationExperiment(parse(ImputationExperiment, [*SMALL, *flags])[0])
    with pytest.raises(ValueError, match=r"--sprites_dir has frames \[8, 8, 3\]; expected \[64, 64, 3\]"):
        assert run.splits
    with pytest.raises(ValueError, match="--sprites_dir has no effect"):
        parse(ImputationExperiment, [*SMALL, "--data_type=frames", "--sprites_dir=a"])


def test_labels_that_cannot_be_scored_are_refused_before_training():
    run, one_class = experiment("--num_scored=2"), experiment("--num_scored=2", "--noauroc")
    assert len(one_class.scored_set) == 2 and len(run.splits["validation"]) > 2
    with pytest.raises(ValueError, match="labels of the sequences to score: both halves .*; --noauroc classifies noth"):
        assert run.train_set


@pytest.mark.parametrize(
    "flags",
    [
        ["--model_type=vae"],
        ["--model_type=hi-vae", "--mask_channel"],
        ["--model_type=gp-vae", "--window_size=3", "--banded_covar", "--kernel_scales=2", "--learn_kernel"],
        ["--model_type=gp-vae", "--window_size=3", "--kernel=matern"],
        ["--model_type=gp-vae", "--window_size=3", "--banded_covar", "--preset=authors_code"],
        ["--model_type=exact", "--kernel=rbf"],
        ["--model_type=markov", "--kernel=matern32", "--learn_kernel"],
        ["--model_type=vecchia", "--kernel=matern52", "--num_neighbours=2"],
        ["--model_type=svgp", "--m=3"],
        ["--model_type=fgp", "--data_type=frames", "--learn_kernel"],
        ["--data_type=frames", "--window_size=3", "--banded_covar"],
        ["--data_type=physionet", "--data_dir=a.npz", "--window_size=3"],
    ],
    ids=" ".join,
)
def test_every_model_trains_is_scored_and_drawn(flags, tmp_path):
    run = experiment(*flags)
    with running_eagerly():
        run.compile()
        run.train(tmp_path, verbose=0)
        numbers = run.score().numbers
        figures = draw_run(tmp_path, run, None)
    assert set(numbers) == SCORES
    assert np.isfinite(list(numbers.values())).all() and "missing entries: NLL" in run.summary(numbers)
    assert len(figures) == (1 if "--data_type=physionet" in flags else 3)


@pytest.mark.parametrize("model", ["hi-vae", "exact", "markov", "vecchia", "svgp", "fgp"])
def test_frames_that_are_left_out_of_training_change_no_bound(model):
    """The KL and the number of frames, which no draw changes; a batch is shorter, and that of gp-vae is not."""
    run = experiment("--data_type=frames", f"--model_type={model}", "--encoder_sizes=8", *KERNELS.get(model, []))
    data = run.train_set
    short, whole = data.seen_batch([0, 1, 2]), data.batch([0, 1, 2])
    assert short["inputs"].shape[1] < whole["inputs"].shape[1]
    found, expected = (run.model.elbo(batch, tf.constant([0, 1])) for batch in (short, whole))
    np.testing.assert_allclose(found.regularizer, expected.regularizer, rtol=1e-5)
    np.testing.assert_array_equal(found.num_points, expected.num_points)
    assert next(iter(run.stream(0)))["inputs"].shape[1] == short["inputs"].shape[1]
    assert next(iter(experiment("--data_type=frames").stream(0)))["inputs"].shape[1] == whole["inputs"].shape[1]


def test_the_bound_is_that_of_the_authors_code():
    """Their loss, - sum over observed pixels of log p + beta KL(q || N(0, K)), with the KL of two dense Gaussians."""
    run = experiment("--window_size=3", "--banded_covar", "--preset=authors_code", "--beta=0.7")
    batch, model = run.scored_set.batch(tf.range(3)), run.model
    seed = tf.constant([1, 2])
    posterior = model.posterior(batch)
    factor = posterior.q.factor()
    covariance = tf.linalg.inv(tf.matmul(factor, factor, transpose_a=True))
    times = np.arange(5.0)
    prior = 1.005 / (1.0 + (times[:, None] - times) ** 2 / 7.0**2) + 0.001 * np.eye(5)
    mvn = tfd.MultivariateNormalFullCovariance
    kl = tfd.kl_divergence(mvn(posterior.q.mean, covariance), mvn(tf.zeros(5, tf.float64), prior))
    bound = model.elbo(batch, seed)
    np.testing.assert_allclose(bound.regularizer, -tf.reduce_sum(kl, axis=-1), rtol=1e-6)
    np.testing.assert_allclose(model.objective(bound), -bound.reconstruction - 0.7 * bound.regularizer)
    assert np.all(factor.numpy() >= 0.0)  # the authors' softplus


def test_kernels_are_the_authors():
    times = tf.constant(np.arange(6.0)[:, None])
    distance = np.abs(np.arange(6.0)[:, None] - np.arange(6.0))
    for flags, expected in (
        (["--kernel=rbf"], np.exp(-(distance**2) / 9.0)),
        (["--kernel=matern"], np.exp(-distance / np.sqrt(3.0))),
        (["--sigma=2"], 2.0 / (1.0 + distance**2 / 9.0)),
    ):
        kernel = kernel_of(experiment("--length_scale=3", "--model_type=exact", *flags).config)
        np.testing.assert_allclose(kernel.matrix(times, times), expected, rtol=1e-10)
    for flag, smoothness in (("matern", 0.5), ("matern32", 1.5), ("matern52", 2.5)):
        length = math.sqrt(3.0) if flag == "matern" else 3.0
        kernel = kernel_of(experiment("--length_scale=3", "--model_type=markov", f"--kernel={flag}").config)
        oracle = Matern(length, nu=smoothness)(times)
        np.testing.assert_allclose(kernel.matrix(times, times), oracle, rtol=1e-10)
    scales = kernel_of(experiment("--kernel=rbf", "--model_type=exact", "--kernel_scales=3", "--latent_dim=7").config)
    np.testing.assert_allclose(scales.length_scale * np.sqrt(2.0), [7, 7, 7, 3.5, 3.5, 3.5, 1.75])


def test_a_vae_takes_missing_pixels_for_zeros():
    run = experiment("--model_type=vae")
    batch = run.scored_set.batch(tf.range(2))
    assert "mask" not in run.shown(batch) and "mask" in experiment("--model_type=hi-vae").shown(batch)


def test_the_rate_of_physionet_is_halved_to_a_tenth():
    run = experiment("--data_type=physionet", "--data_dir=a.npz", "--num_steps=0", "--num_epochs=45")
    rate = run.optimizer().inner_optimizer._learning_rate
    at = [float(rate(epoch * run.steps_per_epoch + 1)) for epoch in (0, 10, 20, 30, 40)]
    np.testing.assert_allclose(at, [1e-3, 5e-4, 2.5e-4, 1.25e-4, 1e-4])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--data_type=sprites"], "--data_type=sprites needs --sprites_dir, .* or --data_dir"),
        (["--encoder_sizes=8,x"], "--encoder_sizes must be whole numbers, got 8,x"),
        (["--encoder_sizes=0"], "--encoder_sizes must have a first layer"),
        (["--kernel_scales=3"], "--kernel_scales=3 leaves none of --latent_dim=4 channels"),
        (["--model_type=vae", "--kernel=rbf"], "--kernel has no effect"),
        (["--K=5"], "removed"),
        (["--preset=authors_code", "--model_type=exact"], "--preset=authors_code has vae, hi-vae, gp-vae, and not"),
        (["--model_type=markov"], "--kernel=cauchy has no state-space form, which --model_type=markov needs; expected"),
        (["--model_type=vecchia", "--num_neighbours=0"], "--num_neighbours must be positive"),
        (["--data_type=frames", "--decoder_sizes=0"], "--decoder_sizes must be one number for --data_type=frames"),
        (["--data_type=frames", "--encoder_sizes=512,256"], "--encoder_sizes must be one number .*, got 512,256"),
        (["--model_type=exact", "--num_neighbours=3"], "--num_neighbours has no effect without --model_type=vecchia"),
    ],
)
def test_bad_flags(flags, message):
    with pytest.raises(Exception, match=message):
        parse(ImputationExperiment, ["--latent_dim=4", *flags])


@pytest.mark.parametrize("data_type, may_change", [("hmnist", True), ("frames", False)])
def test_a_resumed_run_may_not_change_what_it_trains_on(data_type, may_change):
    """Of frames, --testing adds the validation sequences to the training set."""
    config = parse(ImputationExperiment, [f"--data_type={data_type}", "--latent_dim=4"])[0]
    assert ("testing" in config.may_change) == may_change and "num_epochs" in config.may_change


def test_a_file_of_data_may_move_but_not_come_or_go():
    """Without it other data are read; what merely says where the same data lie is no such option."""
    kinds = {ImputationConfig: "data_dir", CpvaeConfig: "data_file", GPEncoderConfig: "data_file"}
    for kind, name in kinds.items():
        config = kind(latent_dim=4) if kind is ImputationConfig else kind()
        assert config.choosing_data == (name,) and {name, "mnist_manual_dir"} < {*config.may_change}


def test_the_authors_names_of_flags():
    _, options = parse(ImputationExperiment, ["--exp_name=a", "--basedir=b"])
    assert (options.expid, options.base_dir) == ("a", "b") and isinstance(ImputationConfig(), ImputationConfig)
