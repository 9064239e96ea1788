"""A script and `gpvae fit` as workers that cannot begin: one sentence before TensorFlow connects anybody."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gpvae_tf.cli.main import main
from gpvae_tf.cluster import ClusterError, agree, loopback
from gpvae_tf.experiments.moving_ball.config import BallConfig
from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.training import execution
from tests.support.scripts import run_here

WORKER = "--strategy=multi_worker"
WRONG = [
    ('{"cluster": ', "TF_CONFIG is no JSON"),
    ('{"task": {"type": "worker", "index": 0}}', "TF_CONFIG has no cluster"),
    ('{"cluster": {"worker": ["a:1"]}}', "TF_CONFIG has no task"),
    ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', "the task index 1"),
]


@pytest.fixture(autouse=True)
def _not_connected(monkeypatch):
    """Whoever comes as far as TensorFlow's cluster has not been refused."""
    monkeypatch.setitem(execution.STRATEGIES, "multi_worker", lambda: pytest.fail("the strategy was made"))


def script(folder, capsys, *flags):
    return run_here(BallExperiment, lambda *_: {}, capsys, WORKER, f"--base_dir={folder}", "--elbo=VAE", *flags)


@pytest.mark.parametrize("config, told", WRONG)
def test_a_wrong_cluster(config, told, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config)
    done = script(tmp_path, capsys)
    assert done.was_refused(told) and len(done.output.splitlines()) == 1 and not list(tmp_path.iterdir())
    path = tmp_path / "a.npz"
    np.savez(path, observations=np.zeros((2, 3, 1)), times=np.arange(3.0))
    with pytest.raises(SystemExit) as ended:
        main(["fit", str(path), f"--out={tmp_path / 'run'}", WORKER])
    assert ended.value.code == 1 and told in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.fixture
def beside(monkeypatch):
    """A function that does something as worker 0 while a thread agrees as worker 1, and gives what both say."""

    def both(work, settings, refusal=""):
        clusters = loopback(2)
        monkeypatch.setenv("TF_CONFIG", clusters[0].environment()["TF_CONFIG"])
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(agree, clusters[1], settings, refusal=refusal, seconds=60.0)
            done = work()
            return done, other.exception()

    return both


SETTINGS = (
    dataclasses.asdict(BallConfig(elbo="VAE"))
    | {"resume": False, "save": True, "jit": "auto"}
    | {"steps_per_execution": 1}
)


@pytest.mark.parametrize(
    "settings, refusal, told",
    [
        (SETTINGS | {"seed": 3}, "", "workers 0 and 1 have different configurations: --seed is 0 and 3"),
        (SETTINGS | {"steps_per_execution": 4}, "", "--steps_per_execution is 1 and 4"),
        (SETTINGS | {"resume": True}, "", "--resume is False and True"),
        (SETTINGS, "the folder is not ours", "worker 1: the folder is not ours"),
    ],
)
def test_workers_that_differ(settings, refusal, told, beside, tmp_path, capsys):
    done, other = beside(lambda: script(tmp_path, capsys), settings, refusal)
    assert done.was_refused(told) and len(done.output.splitlines()) == 1 and not list(tmp_path.iterdir())
    assert isinstance(other, ClusterError) and told in str(other)


def test_a_folder_that_is_taken_on_one_worker_is_told_to_all(beside, tmp_path, capsys):
    (tmp_path / "debug_VAE").mkdir()
    (tmp_path / "debug_VAE" / "config.json").write_text("{}")
    done, other = beside(lambda: script(tmp_path, capsys), SETTINGS)
    told = "already holds a run: continue it with --resume"
    assert done.was_refused(told) and told in str(other) and str(other).startswith("worker 0: ")


def test_a_worker_that_is_missing(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", loopback(2)[0].environment()["TF_CONFIG"])
    done = script(tmp_path, capsys, "--wait_for_workers=0.2")
    assert done.was_refused("did not come within 0.2 seconds") and not list(tmp_path.iterdir())
