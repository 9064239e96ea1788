"""Scripts run from tests: in a process of their own, or what they do in this one, which saves TensorFlow's import."""

import contextlib
import logging
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest
from absl import flags

from gpvae_tf.experiments.run import execute, one_clear_message, parse

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


class Done(NamedTuple):
    """How a script ended: its exit status, what it printed, and what of that went to stderr in its own process."""

    status: int
    output: str
    errors: str = ""

    def was_refused(self, message: str) -> bool:
        """Whether it ended with this message before training began, and without a traceback."""
        clean = "Epoch" not in self.output and "Traceback" not in self.output
        return self.status != 0 and message in self.output and clean


def run_script(script: str, *arguments: str) -> Done:
    """A script in a process of its own."""
    command = [sys.executable, script, *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}  # as users do
    done = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, env=environment)
    return Done(done.returncode, done.stdout + done.stderr, done.stderr)


def run_file(script: str, capsys: pytest.CaptureFixture[str], *arguments: str) -> Done:
    """A script's file as the main program of this process, in its folder or whichever is the current one."""
    status = 0
    with as_main([str(SCRIPTS / script), *arguments]):
        try:
            runpy.run_path(sys.argv[0], run_name="__main__")
        except SystemExit as end:
            status = int(end.code or 0)
    return Done(status, "".join(capsys.readouterr()) if capsys else "")


@contextlib.contextmanager
def as_main(argv: list[str]) -> Iterator[None]:
    """Takes back what a script leaves behind in absl: its flags, that they were read, and a handler of log messages."""
    before, handlers = set(flags.FLAGS), list(logging.root.handlers)
    with mock.patch.object(sys, "argv", argv):
        try:
            yield
        finally:
            for name in set(flags.FLAGS) - before:
                delattr(flags.FLAGS, name)
            flags.FLAGS.unparse_flags()
            logging.root.handlers[:] = handlers


def prepared(kind: Any, *arguments: str) -> tuple[Any, Any]:
    """The experiment of a command line and the options of its run, for `finished`."""
    config, options = parse(kind, arguments)
    return kind(config), options


def finished(experiment: Any, options: Any, draw: Callable, capsys: pytest.CaptureFixture[str]) -> Done:
    """A script's run in this process, of an experiment that the test looks into as well."""
    execute(experiment, options, draw)
    return Done(0, "".join(capsys.readouterr()))


def run_here(kind: Any, draw: Callable, capsys: pytest.CaptureFixture[str] | None, *arguments: str) -> Done:
    """An experiment script in this process; flags that absl refuses end with status 2; no output without `capsys`."""
    status = 0
    try:
        with one_clear_message(setting_up=True):
            config, options = parse(kind, arguments)
        execute(kind(config), options, draw)
    except flags.Error as error:
        return Done(2, str(error))
    except SystemExit as end:
        status = int(end.code or 0)
    return Done(status, "".join(capsys.readouterr()) if capsys else "")
