"""Two workers that `gpvae launch` starts on the loopback end as one device does, undisturbed or not."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.experiments.rotated_mnist.svgp import SvgpExperiment
from gpvae_tf.training.history import read_history
from tests.support.scripts import SCRIPTS, run_here

pytestmark = pytest.mark.process
FLAGS = "--elbo=SVGPVAE_Hensman --GP_joint --tmax=6 --m=4 --steps=6 --steps_per_epoch=2".split()
FLAGS += "--noexport --nofigures --verbose=0".split()
DISTURBED = Path(__file__).parents[1] / "support" / "disturbed_worker.py"
NAME = "debug_SVGPVAE_Hensman"


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """The folder of a run on one device."""
    folder = tmp_path_factory.mktemp("one")
    assert run_here(BallExperiment, lambda *_: {}, None, *FLAGS, f"--base_dir={folder}").status == 0
    return folder / NAME


def launched(folder, monkeypatch, *more, how="none", script=DISTURBED, flags=FLAGS):
    """Two workers, with a thread each."""
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("DISTURBED", f"{folder}:{how}")
    program = ["python", str(script), *flags, "--strategy=multi_worker", f"--base_dir={folder}", "--resume"]
    command = [sys.executable, "-m", "gpvae_tf", "launch", "--workers=2", *more, "--", *program]
    return subprocess.run(command, capture_output=True, text=True, timeout=200)


def state(folder):
    """Weights and optimizer by name after the last epoch, and the log; not how often what was counted or saved."""
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(folder / "checkpoints")))
    names = [name for name in reader.get_variable_to_shape_map() if name.endswith("VARIABLE_VALUE")]
    values = {name: reader.get_tensor(name) for name in names if not re.match("save_counter|model/trackers", name)}
    assert len(values) > 30
    return values, read_history(folder / "metrics.csv")


def check_equal(folder, one, rtol=1e-4):
    """Both workers ended as one device did."""
    expected, log = state(one)
    for place in (folder / one.name, folder / one.name / "worker_1"):
        values, own = state(place)
        assert values.keys() == expected.keys() and own.keys() == log.keys()
        for name, value in values.items():
            np.testing.assert_allclose(value, expected[name], rtol=rtol, atol=1e-5, err_msg=name)
        for name in log.keys() - {"seconds"}:
            np.testing.assert_allclose(own[name], log[name], rtol=rtol, err_msg=name)


def test_two_workers_are_one_device(one, tmp_path, monkeypatch):
    done = launched(tmp_path, monkeypatch)
    assert done.returncode == 0, done.stderr
    assert all(f"[{index}] debug_SVGPVAE_Hensman after 6 steps: RMSE" in done.stdout for index in range(2))
    check_equal(tmp_path, one)


def test_two_workers_that_were_disturbed_are_one_device(one, tmp_path, monkeypatch):
    """SIGTERM stops both after the same step; one is killed when it has an epoch less than the other."""
    done = launched(tmp_path, monkeypatch, how="stop")
    assert done.returncode == 143 and "Traceback" not in done.stderr, done.stderr
    assert "[1] BALL_experiment.py: stopped by SIGTERM at step 3, which is saved; go on with: python" in done.stderr
    assert "[0] BALL_experiment.py: stopped by SIGTERM of worker 1 at step 3, which is saved" in done.stderr
    done = launched(tmp_path, monkeypatch, "--restarts=1", how="kill")
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    assert "[1] ended with status 137; starting it again" in done.stderr
    assert "[0] BALL_experiment.py: error: worker 0 lost the connection to another one of 2" in done.stderr
    check_equal(tmp_path, one)


def test_weights_of_two_dtypes(monkeypatch):
    """Float32 networks beside a float64 kernel: what workers add up in one go has to be of one dtype."""
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        monkeypatch.setenv(name, "1")
    program = ["python", "-m", "tests.support.replicated", "SVGPVAE"]
    command = [sys.executable, "-m", "gpvae_tf", "launch", "--workers=2", "--", *program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    assert all(f"[{index}] 1 of 1 ok" in done.stdout for index in range(2)) and "float64" in done.stdout


def test_geco_s_state_is_that_of_one_device(rotated_dir, tmp_path, monkeypatch):
    """Its constraint and multiplier, on batches of which the workers have unequal shares."""
    flags = "--elbo=SVGPVAE_Hensman --GECO --GP_joint --ip_joint --ov_joint --PCA --clip_qs --M=3 --L=4".split()
    flags += ["--batch_size=151", "--opt_regime=joint-2", "--eval_every=1", "--noexport", "--nofigures", "--verbose=0"]
    flags.append(f"--data_dir={rotated_dir}")
    assert run_here(SvgpExperiment, lambda *_: {}, None, *flags, f"--base_dir={tmp_path / 'one'}").status == 0
    done = launched(tmp_path, monkeypatch, script=SCRIPTS / "MNIST_experiment.py", flags=flags)
    assert done.returncode == 0, done.stderr
    (one,) = (tmp_path / "one").iterdir()
    assert {"constraint", "log_multiplier"} <= read_history(one / "metrics.csv").keys()
    check_equal(tmp_path, one, rtol=1e-3)  # of Adam's slots, which hold squares of what is rounded
