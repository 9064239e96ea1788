"""What `--help` of a script prints: all its own flags by groups, with values, defaults and what they need."""

import functools
import sys
import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from absl import app, flags

_ASKED = ("help", "helpshort", "helpfull", "?")
_FOREIGN = ("absl.", "tensorflow.")  # modules whose flags are not the script's
_REST = "flags"  # heading of what no group has
_WIDTH, _INDENT = 100, 6


def run_main(
    main: Callable[..., Any],
    groups: Mapping[str, Collection[str]] | None = None,
    arrange: Callable[[Sequence[str]], list[str]] = list,
    *,
    takes_arguments: bool = False,
) -> None:
    """`absl.app.run` of a script whose help flags list all its own flags and exit with status 0.

    Args:
      main: what the script does.
      groups: heading -> names of flags; those of no group come last.
      arrange: brings the command line into the form that absl reads.
      takes_arguments: whether `main` gets the script's name and the arguments that are no flags; or else there must be
        none.
    """

    def flags_only(argv: list[str]) -> Any:
        if len(argv) > 1:
            raise app.UsageError(f"unexpected arguments {argv[1:]}; every option is a --flag")
        return main()

    app.run(main if takes_arguments else flags_only, flags_parser=functools.partial(_parse, groups or {}, arrange))


def _parse(
    groups: Mapping[str, Collection[str]], arrange: Callable[[Sequence[str]], list[str]], argv: Sequence[str]
) -> list[str]:
    if asks_for_help(argv[1:]):
        print(describe(flags.FLAGS, sys.modules["__main__"].__doc__ or "", groups))
        sys.exit(0)
    return app.parse_flags_with_usage(arrange(argv))


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Whether a command line has --help, --helpshort, --helpfull or -? before a lone --."""
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return any(argument.startswith("-") and argument.lstrip("-") in _ASKED for argument in before)


def describe(values: flags.FlagValues, about: str, groups: Mapping[str, Collection[str]]) -> str:
    """The docstring of a script, and its flags by groups.

    Args:
      values: all flags; those that absl and TensorFlow define for themselves are left out.
      about: the docstring.
      groups: heading -> names of flags, in the order in which they are shown; names that are no flags are ignored.
    """
    own = {
        flag.name: flag
        for module, found in values.flags_by_module_dict().items()
        if not module.startswith(_FOREIGN)
        for flag in found
    }
    placed = {name for names in groups.values() for name in names}
    rooms = {**groups, _REST: sorted(own.keys() - placed)}
    blocks = {title: [_entry(own[name]) for name in names if name in own] for title, names in rooms.items()}
    sections = ["\n".join([f"{title}:", *entries]) for title, entries in blocks.items() if entries]
    return "\n\n".join([textwrap.dedent(about).strip(), *sections])


def _entry(flag: flags.Flag) -> str:
    """A flag with its values and default, and what it does."""
    values = "" if flag.boolean else f"={_kind(flag)}"
    default = "" if flag.default in (None, "", []) else f"  (default: {_shown(flag)})"
    about = (flag.help or "").removeprefix(f"<{'|'.join(_choices(flag))}>: ")  # which absl puts before it
    text = textwrap.fill(" ".join(about.split()), _WIDTH - _INDENT)
    return f"  --{'[no]' if flag.boolean else ''}{flag.name}{values}{default}\n{textwrap.indent(text, _INDENT * ' ')}"


def _choices(flag: flags.Flag) -> Sequence[str]:
    return getattr(flag.parser, "enum_values", ())


def _kind(flag: flags.Flag) -> str:
    if _choices(flag):
        return "|".join(_choices(flag))
    kind = flag.flag_type()
    return {"path": "PATH", "int": "INTEGER", "float": "NUMBER", "comma separated list of strings": "A,B,..."}.get(
        kind, "TEXT"
    )


def _shown(flag: flags.Flag) -> str:
    if flag.boolean:
        return "on" if flag.default else "off"
    return ",".join(map(str, flag.default)) if isinstance(flag.default, list) else str(flag.default)
