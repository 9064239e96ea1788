"""Command lines and configurations: every option is an absl flag of its name, and the other way round."""

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from absl import flags

from gpvae_tf.files import expanded
from gpvae_tf.flags.checks import check_needs
from gpvae_tf.flags.options import kinds_of, options_of

_DEFINITIONS: dict[type, Callable] = {
    bool: flags.DEFINE_bool,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    str: flags.DEFINE_string,
    tuple: flags.DEFINE_list,
}


class PathParser(flags.ArgumentParser):
    """What absl asks for the value of a flag that names a file or folder: ~ is the home directory."""

    def parse(self, argument: str) -> str:
        """The path as it is opened.

        Raises:
          ValueError: if there is no home directory.
        """
        try:
            return os.fspath(expanded(argument)) if argument.startswith("~") else argument
        except FileNotFoundError as error:
            raise ValueError(str(error)) from error

    def flag_type(self) -> str:
        """What `--help` calls it."""
        return "path"


def define_path(
    name: str, default: str | None, help: str, flag_values: flags.FlagValues = flags.FLAGS, **options: Any
) -> flags.FlagHolder:
    """absl's DEFINE_string for the path of a file or folder."""
    return flags.DEFINE(PathParser(), name, default, help, flag_values, flags.ArgumentSerializer(), **options)


class RemovedFlag(NamedTuple):
    """A flag of the authors' that has no meaning here.

    Attributes:
      reason: what is said to who uses it.
      switch: whether it takes no value.
    """

    reason: str
    switch: bool = False


def define(options: type, values: flags.FlagValues = flags.FLAGS, defaults: Mapping[str, Any] | None = None) -> None:
    """Defines a flag for every option of a dataclass.

    Args:
      options: dataclass whose fields are declared with `option`.
      values: where the flags are kept.
      defaults: other defaults than the dataclass has.
    """
    for name, (field, about) in options_of(options).items():
        default = (defaults or {}).get(name, field.default)
        if isinstance(default, tuple):
            default = list(default)  # what absl takes for a list
        text = about.describe(options)
        kind, _ = kinds_of(options)[name]
        if about.choices and kind is not tuple:
            flags.DEFINE_enum(name, default, (*about.choices, *about.formerly), text, flag_values=values)
        elif about.is_path:
            define_path(name, default, text, values)
        else:
            _DEFINITIONS[kind](name, default, text, flag_values=values)


def define_removed(removed: Mapping[str, RemovedFlag], values: flags.FlagValues = flags.FLAGS) -> None:
    """Defines flags whose use ends with the reason why they are removed."""

    def refuse(reason: str) -> Callable[[Any], bool]:
        def check(value: Any) -> bool:
            if value is not None:
                raise flags.ValidationError(f"removed: {reason}")
            return True

        return check

    for name, (reason, switch) in removed.items():
        definition = flags.DEFINE_bool if switch else flags.DEFINE_string
        definition(name, None, f"Removed: {reason}", flag_values=values)
        flags.register_validator(name, refuse(reason), flag_values=values)


def read(options: type, values: flags.FlagValues = flags.FLAGS, *, beside: Any = None) -> Any:
    """The dataclass that the flags stand for.

    Args:
      options: the dataclass.
      values: where the flags are kept.
      beside: another dataclass of options that they may need.

    Raises:
      ValueError: naming a flag that is out of bounds or would be ignored.
    """
    names = [field.name for field in dataclasses.fields(options)]
    made = options(**{name: values[name].value for name in names})
    check_needs(made, {name for name in names if values[name].present}, beside)
    return made


def join_lists(argv: Sequence[str], names: Sequence[str]) -> list[str]:
    """The command line with lists as absl takes them: --name A B C, as argparse has it, becomes --name=A,B,C.

    Args:
      argv: the command line.
      names: flags that take lists.
    """
    joined: list[str] = []
    takes = False  # whether what comes belongs to a list
    for argument in argv:
        is_flag = argument.startswith("-")
        if takes and not is_flag:
            joined[-1] += ("" if joined[-1].endswith("=") else ",") + argument
            continue
        takes = is_flag and argument.lstrip("-").partition("=")[0] in names
        joined.append(argument if not takes or "=" in argument else f"{argument}=")
    return joined


def list_names(options: type) -> list[str]:
    """Names of the options that take lists."""
    return [name for name, (kind, _) in kinds_of(options).items() if kind is tuple]
