"""The two rotated-MNIST scripts from the outside: README commands, and one clear message for bad input."""

import json

import pytest

from tests.scripts.test_command_line import run

pytestmark = pytest.mark.process

SMALL = ["--nofigures", "--verbose=0", "--batch_size=66", "--eval_every=1", "--L=4"]
COMMANDS = [
    "--elbo CVAE --nr_epochs 1",
    "--elbo GPVAE_Casale --GP_joint --ov_joint --clip_qs --opt_regime VAE-1 GP-1 --PCA",
    "--elbo SVIGP_Hensman --ip_joint --GP_joint --ov_joint --clip_qs --PCA --nr_epochs 1",
]


@pytest.mark.parametrize("flags", COMMANDS)
def test_readme_commands_are_understood(flags, tmp_path, rotated_dir):
    done = run("MNIST_experiment.py", *flags.split(), *SMALL, f"--data_dir={rotated_dir}", f"--base_dir={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert "test MSE per pixel" in done.stdout
    config = json.loads((tmp_path / f"debug_MNIST_{flags.split()[1]}" / "config.json").read_text())["config"]
    assert config["opt_regime"] == (["VAE-1", "GP-1"] if "opt_regime" in flags else ["joint-1000"])


def test_svgp_vae_draws_exports_and_resumes(tmp_path, rotated_dir):
    flags = "--elbo SVGPVAE_Hensman --ip_joint --GP_joint --ov_joint --clip_qs --GECO --PCA --opt_regime joint-1"
    where = [f"--data_dir={rotated_dir}", f"--base_dir={tmp_path}", "--eval_every=1", "--verbose=0", "--save_latents"]
    done = run("MNIST_experiment.py", *flags.split(), *where)
    assert done.returncode == 0, done.stderr
    left = {path.name for path in (tmp_path / "debug_MNIST_SVGPVAE_Hensman").iterdir()}
    assert {"generations.png", "rotation.png", "multiplier.png", "saved_model", "latents.npz", "metrics.csv"} <= left
    again = run("MNIST_experiment.py", *flags.split(), *where)
    assert again.returncode == 1 and "already holds a run" in again.stderr


def test_fgp_vae_draws_and_exports(tmp_path, rotated_dir):
    flags = "--GECO --kappa_squared 0.020 --extrapolate_experiment --nr_epochs 1 --batch_size 66 --eval_every 1"
    done = run(
        "FGPVAE_experiments.py", *flags.split(), f"--data_dir={rotated_dir}", f"--base_dir={tmp_path}", "--verbose=0"
    )
    assert done.returncode == 0, done.stderr
    left = {path.name for path in (tmp_path / "debug_MNIST_FGPVAE").iterdir()}
    assert {"generations.png", "extrapolation.png", "latent_space.png", "saved_model"} <= left


@pytest.mark.parametrize(
    "script, flags, message",
    [
        ("MNIST_experiment.py", ["--elbo=CVAE", "--beta=0.1"], "--beta has no effect without"),
        ("MNIST_experiment.py", ["--elbo=CVAE", "--opt_regime", "VAE-1", "GP-1"], "--opt_regime has no effect without"),
        ("MNIST_experiment.py", ["--alpha=0.9", "--elbo=SVGPVAE_Hensman"], "--alpha has no effect without --GECO"),
        ("MNIST_experiment.py", ["--elbo=GPVAE_Casale_batch"], "GPVAE_Casale_batch"),
        (
            "MNIST_experiment.py",
            ["--mnist_data_path=/nowhere"],
            "convert_rotated_mnist.py --folder=/nowhere",
        ),
        ("FGPVAE_experiments.py", ["--batch_size=221"], "--batch_size=221 splits an object"),
        (
            "MNIST_experiment.py",
            ["--elbo=SVGPVAE_Hensman", "--GECO", "--beta=0.1"],
            "--beta has no effect without --noGECO",
        ),
        ("MNIST_experiment.py", ["--save_model_weights"], "every run keeps its newest checkpoints"),
        ("FGPVAE_experiments.py", ["--not_shuffled"], "never read by the authors' code"),
        (
            "FGPVAE_experiments.py",
            ["--object_prior_corr", "--extrapolate_experiment"],
            "--extrapolate_experiment needs",
        ),
    ],
)
def test_bad_input_ends_before_training(script, flags, message, tmp_path):
    done = run(script, f"--base_dir={tmp_path}", *flags)
    assert done.returncode != 0 and message in done.stdout + done.stderr
    assert "Epoch" not in done.stdout and "Traceback" not in done.stderr and not list(tmp_path.iterdir())
