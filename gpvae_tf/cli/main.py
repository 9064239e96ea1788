"""The commands by name, their help, and one sentence for whatever goes wrong."""

import importlib
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Any, NamedTuple, NoReturn

from absl import flags

from gpvae_tf._version import __version__
from gpvae_tf.cli import options as of
from gpvae_tf.flags import signals
from gpvae_tf.flags.checks import check_given, check_values
from gpvae_tf.flags.command_line import define, join_lists, list_names, read
from gpvae_tf.flags.help import asks_for_help, describe
from gpvae_tf.flags.options import options_of


class Command(NamedTuple):
    """A command.

    Attributes:
      arguments: what it takes before its flags, for the help; a name that ends in "..." takes any number.
      summary: a line on what it does.
      options: dataclass of its flags.
      place: module and function that do it, "module:function".
    """

    arguments: str
    summary: str
    options: type
    place: str


COMMANDS = {
    "fit": Command("DATA", "Trains a model on a file or folder of sequences.", of.FitOptions, "fit:fit"),
    "impute": Command("RUN IN", "Fills in what is missing, with intervals.", of.ImputeOptions, "predict:impute"),
    "predict": Command("RUN IN", "Predicts at the times of another file.", of.PredictOptions, "predict:predict"),
    "sample": Command("RUN", "Draws from the prior; writes what is expected.", of.SampleOptions, "sample:sample"),
    "evaluate": Command("RUN IN", "Hides values, fills them in, scores that.", of.EvaluateOptions, "evaluate:evaluate"),
    "export": Command("RUN", "Writes a SavedModel for serving.", of.ExportOptions, "sample:export"),
    "show": Command("RUN", "Says what a run is and how far it came.", of.NoOptions, "show:show"),
    "compare": Command("RUN...", "Lays runs side by side.", of.NoOptions, "show:compare"),
    "launch": Command("COMMAND...", "Runs fit, or a program, as several workers.", of.LaunchOptions, "launch:launch"),
    "list": Command("FOLDER", "Lists the runs in a folder.", of.NoOptions, "show:list_runs"),
}
_PLAIN = (ValueError, TypeError, MemoryError, ImportError, OSError)  # errors that the user can mend, beside a run's
ABOUT = "gpvae COMMAND ... trains models on your own sequences and fills in what they lack.\n"


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Runs a command line and exits: 0, 1 if it failed, 2 if it was not understood, 130 or 143 if it was stopped."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments[0] if arguments else "--help"
    if name in ("--version", "-version"):
        print(version())
        sys.exit(0)
    if asks_for_help([name]):
        print(overview())
        sys.exit(0)
    if name not in COMMANDS:
        _fail(f"unknown command {name!r}; the commands are {', '.join(COMMANDS)}", 2)
    if asks_for_help(arguments[1:]):
        print(usage(name))
        sys.exit(0)
    try:
        rest, chosen = parse(name, arguments[1:])
    except (flags.Error, ValueError) as error:
        _fail(f"gpvae {name}: {error}", 2)
    sys.exit(_run(name, rest, chosen, arguments[1:]))


def parse(name: str, arguments: Sequence[str]) -> tuple[list[str], Any]:
    """The arguments and the options of a command; nothing is read or run.

    Raises:
      ValueError, absl.flags.Error: naming the flag or argument that is wrong.
    """
    command = COMMANDS[name]
    values = flags.FlagValues()
    define(command.options, values)
    lists = list_names(command.options)
    try:
        rest = values([name, *join_lists(arguments, lists)])[1:]
    except flags.UnrecognizedFlagError as error:
        if not command.arguments.startswith("COMMAND") or "--" in arguments:
            raise
        raise ValueError(
            f"{error}: -- goes before a command with flags of its own, gpvae {name} ... -- COMMAND ..."
        ) from error
    chosen = read(command.options, values)
    check_values(chosen)
    check_arguments(command, rest, [each for each in lists if values[each].present])
    check_given(chosen)
    return rest, chosen


def _run(name: str, rest: Sequence[str], chosen: Any, given: Sequence[str]) -> int:
    """Does the work; returns the exit status.

    Args:
      name: of the command.
      rest, chosen: its arguments and options.
      given: its command line.
    """
    module, function = COMMANDS[name].place.split(":")
    again = signals.with_resume(["gpvae", name, *given]) if "resume" in options_of(chosen) else ""
    try:
        with signals.raising():
            work = getattr(importlib.import_module(f"gpvae_tf.cli.{module}"), function)
            try:
                work(*rest, chosen)
            except Exception as error:
                told = str(error)
                if not isinstance(error, _PLAIN):
                    errors = importlib.import_module("gpvae_tf.training.errors")  # which brings TensorFlow
                    if not isinstance(error, errors.EXPECTED_ERRORS):
                        raise
                    told = errors.sentence(error)
                print(f"gpvae {name}: {told}", file=sys.stderr)
                return 1
    except KeyboardInterrupt as stop:
        message, status = signals.describe(stop, again)
        print(f"\ngpvae {name}: {message}", file=sys.stderr)
        return status
    return 0


def check_arguments(command: Command, rest: Sequence[str], lists: Sequence[str] = ()) -> None:
    """Refuses a wrong number of arguments.

    Args:
      command: the command.
      rest: its arguments.
      lists: names of the lists that are given, each of which takes all words up to the next flag.

    Raises:
      ValueError: naming those that are expected.
    """
    names = command.arguments.split()
    many = bool(names) and names[-1].endswith("...")
    if len(rest) < len(names) or (len(rest) > len(names) and not many):
        hint = f"; --{lists[0]} takes all words up to the next flag" if lists and len(rest) < len(names) else ""
        raise ValueError(f"expected {command.arguments}, got {' '.join(rest) or 'nothing'}{hint}")


def version() -> str:
    """The library's version, and those of what its numbers depend on; nothing of that is imported."""
    found = [f"{name} {metadata.version(name)}" for name in ("tensorflow", "tf-keras", "tensorflow-probability")]
    return f"gpvae_tf {__version__} ({', '.join(found)})"


def overview() -> str:
    """All commands."""
    lines = [f"  {name:<9} {command.arguments:<10} {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join([ABOUT, *lines, "", "gpvae COMMAND --help lists its flags; gpvae --version."])


def usage(name: str) -> str:
    """A command and its flags."""
    command, values = COMMANDS[name], flags.FlagValues()
    define(command.options, values)
    reading = [field for field in options_of(of.DataOptions) if field in values]
    own = [field for field in options_of(command.options) if field not in reading]
    about = f"gpvae {name} {command.arguments}\n\n{command.summary}"
    return describe(values, about, {"options": own, "how files are read": reading})


def _fail(message: str, status: int) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(status)
