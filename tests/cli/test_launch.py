"""`gpvae launch` without TensorFlow: what it runs, as whom, and what it refuses."""

import json
import os
import subprocess
import sys

import pytest

from gpvae_tf.cli import launch
from gpvae_tf.cli.main import main, parse
from gpvae_tf.cli.options import STRATEGIES
from gpvae_tf.training import execution


def ended(*arguments):
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    return caught.value.code


def test_strategies_are_those_of_training():
    assert tuple(execution.STRATEGIES) == STRATEGIES


@pytest.mark.parametrize(
    "given, program",
    [
        (["fit", "a.csv"], [sys.executable, "-m", "gpvae_tf", "fit", "--strategy=multi_worker", "a.csv"]),
        (
            ["fit", "--strategy", "multi_worker"],
            [sys.executable, "-m", "gpvae_tf", "fit", "--strategy", "multi_worker"],
        ),
        (["python", "x.py", "--m=3"], [sys.executable, "x.py", "--m=3"]),
        (["./own", "fit"], ["./own", "fit"]),
    ],
)
def test_what_is_run(given, program):
    rest, options = parse("launch", ["--workers=2", "--", *given])
    assert options.workers == 2 and launch.as_program(rest) == program


def test_workers_are_started_here(monkeypatch):
    made = {}

    class Started:
        def __init__(self, command, number, restarts):
            made.update(command=command, number=number, restarts=restarts)

        def run(self):
            return 7

    monkeypatch.setattr(launch, "Workers", Started)
    assert ended("launch", "--workers=3", "--restarts=2", "--", "python", "x.py") == 7
    assert made == {"command": [sys.executable, "x.py"], "number": 3, "restarts": 2}


@pytest.mark.parametrize(
    "flags, environment",
    [
        (
            ["--cluster=slurm", "--port=99"],
            {"SLURM_STEP_NODELIST": "n[1-2]", "SLURM_STEP_TASKS_PER_NODE": "1(x2)", "SLURM_PROCID": "1"},
        ),
        (
            ["--cluster=kubernetes", "--workers=2", "--service=s", "--port=99"],
            {"JOB_COMPLETION_INDEX": "1", "HOSTNAME": "n-1"},
        ),
    ],
)
def test_this_process_becomes_a_worker(flags, environment, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    became = []
    monkeypatch.setattr(os, "execvpe", lambda *arguments: became.append(arguments))
    assert ended("launch", *flags, "--", "own", "--flag") == 0
    ((program, command, variables),) = became
    config = json.loads(variables["TF_CONFIG"])
    assert (program, command, variables["PATH"]) == ("own", ["own", "--flag"], os.environ["PATH"])
    assert config["task"] == {"type": "worker", "index": 1} and config["cluster"]["worker"][1].endswith(":99")


@pytest.mark.parametrize(
    "arguments, status, told",
    [
        (["--workers=2"], 2, "expected COMMAND..., got nothing"),
        (["--", "python", "x.py"], 1, "--workers is not given"),
        (["--workers=0", "--", "own"], 2, "--workers must be >= 1"),
        (["--workers=2", "--", "impute", "run"], 1, "gpvae impute runs in one process"),
        (["--workers=2", "--", "fit", "--strategy=none"], 1, "fit has --strategy=none, with which every worker would"),
        (["--workers=2", "--service=s", "--", "own"], 2, "--service has no effect without --cluster=kubernetes"),
        (["--workers=2", "--port=80", "--", "own"], 2, "--port has no effect without a --cluster other than loopback"),
        (["--cluster=slurm", "--", "own"], 1, "SLURM_STEP_NODELIST and SLURM_STEP_TASKS_PER_NODE and SLURM_PROCID is"),
        (["--cluster=kubernetes", "--workers=2", "--", "own"], 1, "--service is not given"),
        (["--cluster=kubernetes", "--workers=2", "--service=s", "--", "own"], 1, "JOB_COMPLETION_INDEX"),
    ],
)
def test_what_is_refused(arguments, status, told, capsys, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("SLURM_", "JOB_COMPLETION"))]:
        monkeypatch.delenv(name)
    assert ended("launch", *arguments) == status
    error = capsys.readouterr().err
    assert told in error and "Traceback" not in error


@pytest.mark.process
@pytest.mark.parametrize("program, status", [("true", 0), ("false", 1), ("/absent/program", 1)])
def test_the_launcher_needs_no_tensorflow(program, status):
    """Which takes seconds and memory that each worker takes as well."""
    code = (
        "import sys\nfrom gpvae_tf.cli.main import main\ntry:\n"
        f"    main(['launch', '--workers=2', '--', {program!r}])\nexcept SystemExit as end:\n"
        "    assert 'tensorflow' not in sys.modules\n    sys.exit(end.code)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == status


def test_a_program_that_is_not_there(monkeypatch, capsys):
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "0")
    monkeypatch.setenv("HOSTNAME", "n-0")
    flags = ["--cluster=kubernetes", "--workers=2", "--service=s"]
    assert ended("launch", *flags, "--", "/absent/program") == 1
    assert "/absent/program cannot be run" in capsys.readouterr().err
