"""The two rotated-MNIST scripts from the outside: README commands, and one clear message for bad input."""

import json
from pathlib import Path

import numpy as np
import pytest
from absl.flags import Error

from gpvae_tf.experiments import load_experiment
from gpvae_tf.experiments.rotated_mnist import fgp_pictures, svgp_pictures
from gpvae_tf.experiments.rotated_mnist.fgp import FgpExperiment
from gpvae_tf.experiments.rotated_mnist.svgp import SvgpExperiment
from gpvae_tf.experiments.rotated_mnist.svgp_config import ELBO_OPTIONS
from gpvae_tf.experiments.run import parse
from gpvae_tf.training import execution
from gpvae_tf.training.history import read_history
from tests.support.runs import moving_everything
from tests.support.scripts import finished, prepared, run_file, run_here

SMALL = ["--verbose=0", "--batch_size=66", "--eval_every=1", "--L=4"]
COMMANDS = {
    "CVAE": "--elbo CVAE --nr_epochs 2",
    "GPVAE_Casale": "--elbo GPVAE_Casale --GP_joint --ov_joint --clip_qs --opt_regime VAE-1 GP-1 --PCA",
    "SVIGP_Hensman": "--elbo SVIGP_Hensman --ip_joint --GP_joint --ov_joint --clip_qs --PCA --nr_epochs 2",
}


def check_svgp(experiment: SvgpExperiment, folder: Path) -> None:
    """Two epochs were trained and logged, and what they left is finite."""
    assert experiment.model.num_steps == 2 * experiment.steps_per_data_epoch
    history = read_history(folder / "metrics.csv")  # the stages log the same columns, so that no row is lost
    assert history["data_epoch"].tolist() == [1, 2]
    numbers = experiment.evaluate()
    assert {"test_mse", "test_mse_sampled", "validation_mse"} <= numbers.keys()
    assert all(np.isfinite(value) for value in numbers.values()) and numbers["data_epoch"] == 2
    latents, inputs = experiment.train_latents()
    count = len(experiment.data.train)
    assert latents.mean.shape == (count, experiment.config.L) and inputs.shape == (count, 2)


@pytest.mark.parametrize("elbo", COMMANDS)
def test_readme_commands_train_and_draw(elbo, tmp_path, rotated_dir, capsys, eagerly):
    where = [f"--data_dir={rotated_dir}", f"--base_dir={tmp_path}"]
    more = ["--M=3"] if "M" in ELBO_OPTIONS[elbo] else []
    if elbo != "GPVAE_Casale":
        more.append("--noexport")  # tests/serving/test_export.py looks into the SavedModels of the others
    experiment, options = prepared(SvgpExperiment, *COMMANDS[elbo].split(), *more, *SMALL, *where)
    with moving_everything(experiment):
        done = finished(experiment, options, svgp_pictures.draw_run, capsys)
    assert "test MSE per pixel" in done.output
    folder = tmp_path / f"debug_MNIST_{elbo}"
    config = json.loads((folder / "config.json").read_text())["config"]
    assert config["opt_regime"] == (["VAE-1", "GP-1"] if "opt_regime" in COMMANDS[elbo] else ["joint-1000"])
    assert (folder / "generations.png").exists() and (folder / "saved_model").exists() == (elbo == "GPVAE_Casale")
    check_svgp(experiment, folder)


def test_svgp_vae_draws_exports_and_resumes(tmp_path, rotated_dir, capsys):
    flags = "--elbo SVGPVAE_Hensman --ip_joint --GP_joint --ov_joint --clip_qs --GECO --PCA --opt_regime joint-2"
    where = [f"--data_dir={rotated_dir}", f"--base_dir={tmp_path}", *SMALL, "--M=3", "--save_latents"]
    done = run_file("MNIST_experiment.py", capsys, *flags.split(), *where)
    assert done.status == 0, done.output
    folder = tmp_path / "debug_MNIST_SVGPVAE_Hensman"
    left = {path.name for path in folder.iterdir()}
    assert {"generations.png", "rotation.png", "multiplier.png", "saved_model", "latents.npz", "metrics.csv"} <= left
    again = run_here(SvgpExperiment, svgp_pictures.draw_run, capsys, *flags.split(), *where)
    assert again.status == 1 and "already holds a run" in again.output
    experiment = load_experiment(folder)
    assert experiment.model.num_skipped == 0
    check_svgp(experiment, folder)
    execution.prepare(experiment.config.seed)
    start = SvgpExperiment(experiment.config).model.trainable_variables  # what the run started from
    for old, new in zip(start, experiment.model.trainable_variables, strict=True):
        assert np.any(old.numpy() != new.numpy()), new.name


@pytest.mark.parametrize("more", ["--extrapolate_experiment", "--object_prior_corr --ov_joint"])
def test_fgp_vae_trains_draws_and_exports(more, tmp_path, rotated_dir, capsys, request):
    """The first command as it is compiled, with its SavedModel; the second eagerly, without."""
    flags = f"--GECO --kappa_squared 0.020 --nr_epochs 2 --L_w=2 {more}".split()
    where = [f"--data_dir={rotated_dir}", f"--base_dir={tmp_path}", *SMALL]
    if "--object_prior_corr" in flags:
        request.getfixturevalue("eagerly")
        where.append("--noexport")
    experiment, options = prepared(FgpExperiment, *flags, *where)
    with moving_everything(experiment):
        finished(experiment, options, fgp_pictures.draw_run, capsys)
    assert experiment.model.num_steps == 2 * 3  # 18 objects, 6 a batch
    numbers, extrapolates = experiment.evaluate(), experiment.config.extrapolate_experiment
    tasks = {"test", "validation"} | ({"extrapolation"} if extrapolates else set())
    assert {f"{task}_mse" for task in tasks} <= numbers.keys() and set(experiment.tasks) == tasks
    assert all(np.isfinite(value) for value in numbers.values())
    left = {path.name for path in (tmp_path / "debug_MNIST_FGPVAE").iterdir()}
    assert {"generations.png", "latent_space.png"} <= left
    assert ("extrapolation.png" in left) == ("saved_model" in left) == extrapolates  # unseen digits have no vectors
    latents, inputs = experiment.train_latents()
    assert latents.mean.shape == (18 * 11, 4) and inputs.shape == (18 * 11, 2)


def test_numbers_asked_for_are_written_without_pictures(tmp_path, rotated_dir, capsys, eagerly):
    flags = ["--nr_epochs=1", "--save_latents", *SMALL, "--nofigures", "--L_w=2", "--noexport"]
    where = [f"--data_dir={rotated_dir}", f"--base_dir={tmp_path}"]
    done = run_here(FgpExperiment, fgp_pictures.draw_run, capsys, *flags, *where)
    assert done.status == 0, done.output
    left = {path.name for path in (tmp_path / "debug_MNIST_FGPVAE").iterdir()}
    assert {"latents.npz", "scores.json"} <= left and not any(name.endswith(".png") for name in left)


@pytest.mark.parametrize(
    "kind, flags, message",
    [
        (SvgpExperiment, ["--elbo=CVAE", "--opt_regime", "VAE-1", "GP-1"], "--opt_regime has no effect without"),
        (SvgpExperiment, ["--mnist_data_path=/nowhere"], "convert_rotated_mnist.py --folder=/nowhere"),
        (SvgpExperiment, ["--save_model_weights"], "every run keeps its newest checkpoints"),
        (FgpExperiment, ["--batch_size=221"], "--batch_size=221 splits an object"),
    ],
)
def test_bad_input_ends_before_training(kind, flags, message, tmp_path, rotated_dir, capsys):
    done = run_here(kind, None, capsys, f"--base_dir={tmp_path}", f"--data_dir={rotated_dir}", *flags)
    assert done.was_refused(message) and not list(tmp_path.iterdir())


SVGP = "--elbo=SVGPVAE_Hensman"
OF_STAGES = "--elbo=SVGPVAE_Hensman or SVGPVAE_Titsias or GPVAE_Casale"


@pytest.mark.parametrize(
    "kind, flags, message",
    [
        (SvgpExperiment, "--elbo=CVAE --beta=0.1", "--beta has no effect without --elbo=SVGPVAE_Hensman or "),
        (SvgpExperiment, "--elbo=CVAE --opt_regime VAE-1 GP-1", f"--opt_regime has no effect without {OF_STAGES}"),
        (SvgpExperiment, f"{SVGP} --nr_epochs=10", "--nr_epochs has no effect without --elbo=VAE or CVAE or GPVAE_V"),
        (SvgpExperiment, "--elbo=CVAE --view_length_scale=3", "--view_length_scale has no effect without --elbo=SVGP"),
        (SvgpExperiment, "--elbo=VAE --object_offset=4", "--object_offset has no effect without --elbo=SVGPVAE"),
        (SvgpExperiment, f"--alpha=0.9 {SVGP}", "--alpha has no effect without --GECO"),
        (SvgpExperiment, f"--GECO --beta=0.1 {SVGP}", "--beta has no effect without --noGECO"),
        (SvgpExperiment, "--elbo=GPVAE_Casale_batch", "GPVAE_Casale_batch"),
        (SvgpExperiment, "--opt_regime joint-0 --elbo=GPVAE_Casale", "--opt_regime must list VAE-N, GP-N or joint-N"),
        (SvgpExperiment, f"--bias_analysis --nosave {SVGP}", "--bias_analysis has no effect without --save"),
        (SvgpExperiment, "--bias_analysis --elbo=CVAE", "--bias_analysis has no effect without --elbo=SVGPVAE_H"),
        (SvgpExperiment, "--test_set_metrics", "test metrics are part of every log row"),
        (FgpExperiment, "--save_latents --nosave", "--save_latents has no effect without --save"),
        (FgpExperiment, "--GECO --beta=0.1", "--beta has no effect without --noGECO"),
        (FgpExperiment, "--nr_inducing_points=9", "--nr_inducing_points has no effect without --sparse"),
        (FgpExperiment, "--not_shuffled", "never read by the authors' code"),
        (FgpExperiment, "--mnist_data_path=x", "never published"),
        (FgpExperiment, "--object_prior_corr --extrapolate_experiment", "--extrapolate_experiment needs"),
    ],
)
def test_what_would_be_ignored_or_contradicts_itself_is_refused(kind, flags, message):
    with pytest.raises((ValueError, Error)) as refusal:
        parse(kind, flags.split())
    assert message in str(refusal.value)
