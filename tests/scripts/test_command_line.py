"""Scripts from the outside: the authors' README commands, and one clear message with a non-zero exit for bad input."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def run(script: str, *flags: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, script, *flags], cwd=SCRIPTS, capture_output=True, text=True)


@pytest.mark.parametrize(
    "flags",
    [
        "--elbo VAE",
        "--elbo GPVAE_Pearce --precision mixed_bfloat16",
        "--elbo SVGPVAE_Hensman --clip_qs --preset authors_code",
    ],
)
def test_readme_commands_train_draw_and_export(flags, tmp_path):
    """Verbatim but for the length of the run and where it goes (and, so that all is tried once, a flag of ours)."""
    small = f"--steps 3 --steps_per_epoch 2 --base_dir {tmp_path} --verbose 0"
    done = run("BALL_experiment.py", *flags.split(), *small.split())
    assert done.returncode == 0, done.stderr
    assert "RMSE per frame" in done.stdout
    folder = tmp_path / f"debug_{flags.split()[1]}"
    left = {path.name for path in folder.iterdir()}
    assert {
        "config.json",
        "metrics.csv",
        "trajectories.png",
        "training_curves.png",
        "saved_model",
        "checkpoints",
    } <= left


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--elbo", "SVGPVAE_Hensman", "--m", "31"], "m = 31 inducing points for 30 inputs"),
        (["--ram", "0.5"], "GPU memory"),
        (["--unknown_flag", "1"], "unknown_flag"),
        (["--elbo", "VAE", "--base_dir", "/dev/null/x"], "cannot write the output folder"),
        (["--strategy", "multi_worker"], "TF_CONFIG"),
        (["--ip_min", "3"], "--ip_min has no effect without --ip_joint"),
        (["leftover"], "leftover"),
    ],
)
def test_bad_input_ends_before_training(flags, message, tmp_path):
    done = run("BALL_experiment.py", f"--base_dir={tmp_path}", *flags)
    assert done.returncode != 0 and message in done.stdout + done.stderr
    assert "Epoch" not in done.stdout and "Traceback" not in done.stderr and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "script, flags, message",
    [
        ("CPVAE_experiment.py", ["--no-cuda"], "gone: CUDA_VISIBLE_DEVICES="),
        ("VampPrior_experiment.py", ["--model_name=vae", "--z2_size=40"], "no effect without --model_name=hvae_2level"),
        ("NPVAE_experiment.py", ["--model=VAE", "--dim_x=3"], "--dim_x has no effect"),
        ("reproduce.py", ["--figures=npvae"], "no complete run of npvae"),
        ("reproduce.py", ["--figures=npvae", "--table=npvae"], "Exactly one"),
    ],
)
def test_other_scripts_say_what_is_wrong(script, flags, message, tmp_path):
    done = run(script, f"--base_dir={tmp_path}", *flags)
    assert done.returncode != 0 and message in done.stdout + done.stderr
    assert "Traceback" not in done.stderr and not list(tmp_path.iterdir())


def test_export_of_what_is_no_run(tmp_path):
    done = run("export_savedmodel.py", f"--run={tmp_path}", f"--out={tmp_path / 'out'}")
    assert done.returncode != 0 and "config.json" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
