"""The command line: help, refusals in one sentence, and no TensorFlow before work starts."""

import re
import runpy
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

import gpvae_tf
from gpvae_tf import defaults
from gpvae_tf.cli import options
from gpvae_tf.cli.main import COMMANDS, main, parse


def ended(*arguments):
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return caught.value.code


@pytest.mark.process
def test_help_needs_no_tensorflow():
    code = (
        "import sys; from gpvae_tf.cli.main import usage, overview; overview(); assert 'tensorflow' not in sys.modules"
    )
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True)
    assert time.monotonic() - start < 10.0  # importing TensorFlow alone takes about that


@pytest.mark.parametrize("name", COMMANDS)
def test_help_lists_every_flag(name, capsys):
    assert ended(name, "--help") == 0
    text = capsys.readouterr().out
    assert text.startswith(f"gpvae {name} {COMMANDS[name].arguments}")
    for field in COMMANDS[name].options.__dataclass_fields__:
        assert f"--{field}" in text or f"--[no]{field}" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_flags_that_help_names_are_there(name, capsys):
    """No --noNAME of what takes a value."""
    assert ended(name, "--help") == 0
    text = capsys.readouterr().out
    fields = COMMANDS[name].options.__dataclass_fields__
    for need in re.findall(r"Needs (?:no |a )?--(\w+)", text) + re.findall(r" and (?:no |a )?--(\w+)", text):
        assert need in fields or fields[need.removeprefix("no")].type in (bool, "bool"), need


def test_overview(capsys):
    assert ended() == ended("--help") == 0
    text = capsys.readouterr().out
    assert all(command.summary in text for command in COMMANDS.values())


def test_the_version_is_that_of_the_library_and_of_the_package(capsys, monkeypatch):
    """It stands in one place."""
    assert ended("--version") == 0
    text = capsys.readouterr().out
    assert text.startswith(f"gpvae_tf {gpvae_tf.__version__} (tensorflow {tf.__version__}, tf-keras ")
    packaged = {}
    stub = SimpleNamespace(find_packages=lambda include: include, setup=packaged.update)
    monkeypatch.setitem(sys.modules, "setuptools", stub)
    runpy.run_path(str(Path(gpvae_tf.__file__).parents[1] / "setup.py"))
    assert packaged["version"] == gpvae_tf.__version__ and packaged["name"] == "gpvae_tf"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["train"], 2, "unknown command 'train'; the commands are fit, impute"),
        (["fit"], 2, "gpvae fit: expected DATA, got nothing"),
        (["fit", "a.csv", "b.csv"], 2, "expected DATA, got a.csv b.csv"),
        (
            ["fit", "--values", "x", "a.csv"],
            2,
            "expected DATA, got nothing; --values takes all words up to the next flag",
        ),
        (["launch", "--workers=2", "fit", "a.csv", "--out=x"], 2, "-- goes before a command with flags of its own"),
        (["launch", "--worker=2", "--", "fit", "a.csv"], 2, "Unknown command line flag 'worker'"),
        (["fit", "a.csv", "--latent_dim=0"], 2, "--latent_dim must be >= 1, got 0"),
        (["fit", "a.csv", "--model=gru"], 2, "svgp"),
        (["fit", "a.csv", "--validation=0", "--patience=3"], 2, "--patience has no effect without --validation"),
        (["fit", "a.csv", "--points_per_batch=9", "--batch_size=3"], 2, "no effect with --points_per_batch"),
        (["fit", "a.csv"], 2, "gpvae fit: --out is not given: folder of the run, which is made"),
        (["predict", "run", "a.csv", "--out=b.csv"], 2, "--at is not given: file with the times"),
        (["sample", "run", "--at=a.csv"], 2, "--out is not given: .npz file to write"),
        (["export", "run"], 2, "--out is not given: folder whose next version is written"),
        (["fit", "absent.csv", "--out=x"], 1, "absent.csv is not there"),
        (["impute", "absent", "a.csv", "--out=b.csv"], 1, "absent holds no readable config.json"),
        (["show", "absent"], 1, "absent holds no readable config.json"),
        (["list", "absent"], 1, "absent is no folder"),
    ],
)
def test_what_is_wrong_is_one_sentence(arguments, status, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ended(*arguments) == status
    told = capsys.readouterr().err
    assert message in told and "Traceback" not in told
    assert list(tmp_path.iterdir()) == []  # nothing half-made


def test_options_without_meaning_for_a_file(tmp_path, capsys):
    path = tmp_path / "a.npz"
    np.savez(path, observations=np.zeros((1, 2, 3)), times=np.arange(2.0))
    assert ended("fit", path, f"--out={tmp_path / 'run'}", "--series=station") == 1
    assert f"--series has no meaning for {path}" in capsys.readouterr().err


PAGES = ("README.md", "docs/guide/command_line.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_documents_can_be_read(page):
    text = (Path(__file__).resolve().parents[2] / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```\n(.*?)```", text, re.S)
    commands = [
        line.split() for block in blocks for line in block.splitlines() if re.match(r"gpvae \w+ \w+.*\.\w+", line)
    ]
    assert commands
    for _, name, *arguments in commands:
        parse(name, arguments[: arguments.index("draws")] if "draws" in arguments else arguments)


def test_families_of_kernels_are_those_there_are():
    """The command line lists them without importing TensorFlow."""
    assert tuple(defaults.FAMILIES) == options.KERNELS
