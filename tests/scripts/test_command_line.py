"""Scripts from the outside: the authors' README commands, and one clear message with a non-zero exit for bad input."""

import json

import pytest

from gpvae_tf.experiments.cp_vae.experiment import CpvaeExperiment, VampPriorExperiment
from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.experiments.moving_ball.pictures import draw_run
from gpvae_tf.experiments.nonparametric.experiment import NpvaeExperiment
from gpvae_tf.training.run_record import describe
from tests.support.scripts import SCRIPTS, Done, run_file, run_here, run_script

FILES = {"config.json", "metrics.csv", "trajectories.png", "training_curves.png", "saved_model", "checkpoints"}


def check_run(done: Done, folder) -> None:
    assert done.status == 0, done.output
    assert "RMSE per frame" in done.output
    assert {path.name for path in folder.iterdir()} >= FILES


def small(folder) -> list[str]:
    """What makes a run short."""
    return f"--steps 3 --steps_per_epoch 2 --base_dir {folder} --verbose 0".split()


@pytest.mark.parametrize("flags", ["--elbo VAE", "--elbo GPVAE_Pearce --precision mixed_bfloat16"])
def test_readme_commands_train_draw_and_export(flags, tmp_path, capsys, eagerly):
    """Verbatim but for the length of the run and where it goes (and, so that all is tried once, a flag of ours)."""
    done = run_here(BallExperiment, draw_run, capsys, *flags.split(), *small(tmp_path))
    folder, out = tmp_path / f"debug_{flags.split()[1]}", tmp_path / "out.json"
    check_run(done, folder)
    if "mixed" not in flags:  # its newest checkpoint is scored as the run was
        done = run_file("score_run.py", capsys, f"--run={folder}", f"--out={out}")
        assert done.status == 0 and json.loads(out.read_text()) == json.loads((folder / "scores.json").read_text())
        assert out.read_text() in done.output


@pytest.mark.process
def test_a_readme_command_in_its_own_process(tmp_path):
    flags = "--elbo SVGPVAE_Hensman --clip_qs --preset authors_code"
    done = run_script("BALL_experiment.py", *flags.split(), *small(tmp_path))
    check_run(done, tmp_path / "debug_SVGPVAE_Hensman")
    assert done.errors == ""  # nothing of TensorFlow's above our messages


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--elbo", "SVGPVAE_Hensman", "--m", "31"], "m = 31 inducing points for 30 inputs"),
        (["--ram", "0.5"], "GPU memory"),
        (["--unknown_flag", "1"], "unknown_flag"),
        (["--elbo", "VAE", "--base_dir", "/dev/null/x"], "cannot write the output folder"),
        (["--strategy", "multi_worker"], "TF_CONFIG"),
        (["--tmax=20", "--squares_circles"], "--squares_circles with --tmax=20: the square picture needs at least 25"),
        (["--ip_min", "3"], "--ip_min has no effect without --ip_joint"),
        (["leftover"], "leftover"),
    ],
)
def test_bad_input_ends_before_training(flags, message, tmp_path, capsys):
    done = run_here(BallExperiment, draw_run, capsys, f"--base_dir={tmp_path}", *flags)
    assert done.was_refused(message) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("flags, message", [("--unknown_flag=1", "unknown_flag"), ("--m=3", "--m has no effect")])
def test_bad_input_of_a_script(flags, message, tmp_path, capsys):
    done = run_file("BALL_experiment.py", capsys, f"--base_dir={tmp_path}", flags)
    assert done.was_refused(message) and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "kind, flags, message",
    [
        (CpvaeExperiment, ["--no-cuda"], "removed: CUDA_VISIBLE_DEVICES="),
        (VampPriorExperiment, ["--model_name=vae", "--z2_size=40"], "no effect without --model_name=hvae_2level"),
        (NpvaeExperiment, ["--model=VAE", "--dim_x=3"], "--dim_x has no effect"),
    ],
)
def test_other_experiments_say_what_is_wrong(kind, flags, message, tmp_path, capsys):
    done = run_here(kind, draw_run, capsys, f"--base_dir={tmp_path}", *flags)
    assert done.was_refused(message) and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "script, flags, message",
    [
        ("reproduce.py", ["--figures=npvae"], "no complete run of npvae"),
        ("reproduce.py", ["--figures=npvae", "--table=npvae"], "Exactly one"),
    ],
)
def test_other_scripts_say_what_is_wrong(script, flags, message, tmp_path, capsys):
    done = run_file(script, capsys, f"--base_dir={tmp_path}", *flags)
    assert done.was_refused(message) and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("script", "flags"),
    [
        ("SPRITES_experiment.py", ["--[no]resume", "--[no]GECO", "--elbo=VAE|SVGPVAE_Hensman|SVGPVAE_Titsias"]),
        ("reproduce.py", ["--figures=", "--seeds=INTEGER  (default: 1)", "--[no]background  (default: off)"]),
        ("compare_with_original.py", ["--golden=PATH"]),
        ("benchmark.py", ["--suite=ball|", "--[no]memory", "--digits=TEXT"]),
        ("export_savedmodel.py", ["--run=PATH"]),
        ("score_run.py", ["--run=PATH", "--out=PATH"]),
    ],
)
@pytest.mark.parametrize("asked", ["--help", "-helpshort"])
def test_help_lists_the_flags_of_a_script_and_is_no_failure(script, flags, asked, capsys):
    done = run_file(script, capsys, asked)
    assert done.status == 0 and all(flag in done.output for flag in flags)
    assert (
        "--logtostderr" not in done.output
        and "Raises" not in done.output
        and done.output.startswith(_first_words(script))
    )


def _first_words(script: str) -> str:
    text = (SCRIPTS / script).read_text(encoding="utf-8")
    return text.removeprefix("r").removeprefix('"""')[:20]


@pytest.mark.parametrize("script", ["export_savedmodel.py", "score_run.py"])
def test_what_is_no_run_is_refused(script, tmp_path, capsys):
    done = run_file(script, capsys, f"--run={tmp_path}", f"--out={tmp_path / 'out'}")
    assert done.was_refused("config.json") and not (tmp_path / "out").exists()
    (tmp_path / "config.json").write_text(json.dumps(describe("gpvae fit", {}, {})))
    done = run_file(script, capsys, f"--run={tmp_path}", f"--out={tmp_path / 'out'}")
    assert done.was_refused("(runs of `gpvae fit` have `gpvae export` and `gpvae evaluate`)")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--steps=0", "--folder=."], "--steps must be >= 1, got 0"),
        ([], "--folder is not given; it names the folder of BasicMotions' .ts files"),
        (["--folder=."], "folder = . has no file BasicMotions_TRAIN.ts"),
        (["--seeds=a"], "--seeds must be whole numbers from 0, got 'a'"),
        (["--seeds=1,-2"], "--seeds must be whole numbers from 0, got '1,-2'"),
        (["--seeds=1,0,01"], "--seeds must be different, got 1,0,01"),
        (["--data=own_model", "--seeds=0,1"], "--data=own_model takes one seed, got --seeds=0,1"),
        (["--data=own_model", "--rows=linear"], "--rows has no effect without --data=motions or videos"),
    ],
)
def test_own_data_says_what_is_wrong(flags, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run_file("own_data.py", capsys, *flags)
    assert done.status == 1 and done.output == f"own_data.py: error: {message}\n"
