"""Flags that name files and folders: ~ is the home directory in all of them, and its lack is a sentence."""

import importlib
import os
import pwd
import re

import pytest
from absl import flags

from gpvae_tf.cli import options as cli_options
from gpvae_tf.cli.main import COMMANDS
from gpvae_tf.datasets import cache, tfds_builder
from gpvae_tf.experiments.registry import EXPERIMENTS
from gpvae_tf.files import expanded
from gpvae_tf.flags import command_line
from gpvae_tf.flags.options import options_of
from tests.support.commands import SCRIPTS, flags_of

A_PATH = re.compile(r"\b([Ff]older|[Ff]ile|CSV of|Cache|JSON file|Where TFDS|chardata\.mat|SavedModel)\b")
NO_PATH = {"resume", "save", "export", "expid", "write", "digits"}  # though their help speaks of folders and files


@pytest.fixture
def no_home(monkeypatch):
    """A user without an entry in the system's list, as in many containers."""

    def unknown(_):
        raise KeyError("uid not found")

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv(cache.FOLDER_VARIABLE, raising=False)
    monkeypatch.delenv(tfds_builder.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


def declared():
    """Every option of a script or command: (class, name, declaration)."""
    classes = [command.options for command in COMMANDS.values()]
    classes += [
        kind for experiment in EXPERIMENTS.values() for kind in (experiment.config_class, experiment.options_class)
    ]
    for module in ("sprites", "rotated_mnist"):
        found = vars(importlib.import_module(f"gpvae_tf.benchmarks.{module}"))
        classes += [each for each in found.values() if isinstance(each, type) and each.__module__.endswith(module)]
    for options in {each for each in classes if hasattr(each, "__dataclass_fields__")}:
        try:
            yield from ((options, name, field, about) for name, (field, about) in options_of(options).items())
        except KeyError:  # a dataclass without options
            continue


def test_every_path_is_declared_as_one():
    for options, name, field, about in declared():
        looks = (
            bool(A_PATH.search(about.help)) and not about.choices and "str" in str(field.type) and name not in NO_PATH
        )
        assert about.is_path == looks, f"{options.__name__}.{name}: {about.help}"


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.py")))
def test_scripts_expand_the_home_directory(monkeypatch, tmp_path, script):
    monkeypatch.setenv("HOME", str(tmp_path))
    with flags_of(script) as values:
        for name in values:
            help_text = values[name].help or ""
            if A_PATH.search(help_text) and values[name].flag_type() in ("string", "path") and name not in NO_PATH:
                values[name].parse("~/x")
                assert values[name].value == f"{tmp_path}/x", name


def test_a_flag_expands_and_says_where_there_is_no_home(monkeypatch, tmp_path, no_home):
    values = flags.FlagValues()
    command_line.define(cli_options.FitOptions, values)
    with pytest.raises(flags.IllegalFlagValueError, match="~/runs lies in a home directory, and there is none"):
        values(["fit", "--out=~/runs"])
    monkeypatch.setenv("HOME", str(tmp_path))
    values(["fit", "--out=~/runs"])
    assert command_line.read(cli_options.FitOptions, values).out == f"{tmp_path}/runs"
    values(["fit", "--out=plain"])
    assert values["out"].value == "plain"


def test_folders_below_a_home_that_is_not_there(no_home):
    with pytest.raises(FileNotFoundError, match="there is none: name another folder, by data_dir or GPVAE_TF_DATA"):
        cache.folder()
    with pytest.raises(FileNotFoundError, match="there is none: name another folder, by data_dir or TFDS_DATA_DIR"):
        tfds_builder.make("cifar10", None)
    with pytest.raises(FileNotFoundError, match="~/x lies in a home directory"):
        expanded("~/x")
    assert expanded("x") == expanded(os.path.join("x", ""))
