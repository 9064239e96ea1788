"""The one declaration of an option: a dataclass field that knows its help, its bounds and what it needs.

    @dataclasses.dataclass(frozen=True)
    class BallConfig(Config):
        elbo: str = option("VAE", "Model and bound.", choices=("VAE", "SVGPVAE"))
        m: int = option(15, "Inducing points per latent channel.", above=0, needs=needs("elbo", "SVGPVAE"))

`flags.define` makes an absl flag of every field, `flags.checks` refuses what is out of bounds or would be ignored.
Nothing about a flag is said anywhere else, but that a class may have a table `needs_of` of what options, those of its
base classes too, need besides (see `needed_by`).
"""

import dataclasses
import functools
import math
import numbers
import typing
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

_KEY = "option"


class Need(NamedTuple):
    """What another option must be for this one to have an effect.

    Attributes:
      name: field that is looked at.
      values: values of it that will do; empty for any value that is true.
      negated: whether the values are those that will not do.
    """

    name: str
    values: tuple[Any, ...] = ()
    negated: bool = False

    def is_met(self, options: Any) -> bool:
        """Whether a dataclass of options has it."""
        value = getattr(options, self.name)
        return (value in self.values if self.values else bool(value)) != self.negated

    def told(self, options: Any) -> str:
        """The need in the words of `--help`.

        Args:
          options: a dataclass, or an instance of one, that has the field; where it stands in another one beside, its
            type is not known.
        """
        values = " or ".join(map(str, self.values))
        if not self.negated:
            return f"--{self.name}={values}" if values else f"--{self.name}"
        if values:
            return f"a --{self.name} other than {values}"
        kind, _ = kinds_of(options if isinstance(options, type) else type(options)).get(self.name, (None, False))
        return f"--no{self.name}" if kind is bool else f"no --{self.name}"


def needs(name: str, *values: Any) -> Need:
    """The need that field `name` is true, or that it has one of `values`."""
    return Need(name, values)


def needs_not(name: str, *values: Any) -> Need:
    """The need that field `name` is false, or that it has none of `values`."""
    return Need(name, values, negated=True)


def needed_by(name: str, used: Mapping[Any, Collection[str]]) -> dict[str, Need]:
    """A table `needs_of`, of options that have an effect with some values of field `name` only.

    Args:
      name: of the field.
      used: its values, each with the options that have an effect with it.
    """
    options = {option for names in used.values() for option in names}
    return {each: needs(name, *(value for value, names in used.items() if each in names)) for each in options}


class Option(NamedTuple):
    """What a field's metadata hold.

    Attributes:
      help: what `--help` says.
      choices: allowed values of a string, or of those in a list, each once.
      needs: what else must be given for the option to have an effect.
      required: whether it must be given; its default, "", is what it has until then.
      at_least, above, at_most, below: bounds of a number; numbers must be finite in any case.
      may_change: whether a resumed run may give it another value, because it determines no number that is there.
      is_path: whether it names a file or folder, in which ~ is the home directory.
      chooses_data: whether other data are read where it is not given, and not the same ones from elsewhere.
      formerly: names that choices had in earlier versions, and what they are called now.
    """

    help: str
    choices: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    required: bool = False
    at_least: float = -math.inf
    above: float = -math.inf
    at_most: float = math.inf
    below: float = math.inf
    may_change: bool = False
    is_path: bool = False
    chooses_data: bool = False
    formerly: Mapping[str, str] = MappingProxyType({})

    def describe(self, options: type) -> str:
        """The help, with the allowed numbers and what the option needs.

        Args:
          options: the dataclass that the option is a field of.
        """
        bounded = max(self.at_least, self.above) > -math.inf or min(self.at_most, self.below) < math.inf
        facts = [f"Must {self.describe_range()}."] if bounded else []
        facts += [f"Needs {' and '.join(need.told(options) for need in self.needs)}."] if self.needs else []
        facts += ["Required."] if self.required else []
        return " ".join([self.help, *facts])

    def describe_range(self) -> str:
        """The allowed numbers in words."""
        least, most = max(self.at_least, self.above), min(self.at_most, self.below)
        if math.isinf(most):
            strict = "be positive" if self.above == 0 else f"be > {self.above}"
            return strict if self.above > -math.inf else f"be >= {self.at_least}"
        opening, closing = "(" if self.above == least else "[", ")" if self.below == most else "]"
        return f"lie in {opening}{least}, {most}{closing}"

    def contains(self, value: Any) -> bool:
        """Whether a number is finite and in range."""
        is_finite = isinstance(value, numbers.Integral) or math.isfinite(value)  # an int may be too large to be asked
        return is_finite and self.at_least <= value <= self.at_most and self.above < value < self.below


def option(
    default: Any, help: str, *, choices: Collection[str] = (), needs: Need | Sequence[Need] = (), **about: Any
) -> Any:
    """A dataclass field that is a flag of the same name.

    Args:
      default: value without the flag; None where the flag need not have a value.
      help, choices, needs, about: see `Option`; a need may stand for itself.
    """
    required = (needs,) if isinstance(needs, Need) else tuple(needs)
    return dataclasses.field(default=default, metadata={_KEY: Option(help, tuple(choices), required, **about)})


def inherited(base: type, name: str, default: Any, *, needs: Need | None = None) -> Any:
    """The option `name` of a base class, with another default, or with something that it needs besides."""
    about: Option = options_of(base)[name][0].metadata[_KEY]
    more = () if needs is None else (needs,)
    return dataclasses.field(default=default, metadata={_KEY: about._replace(needs=(*about.needs, *more))})


def options_of(options: Any) -> dict[str, tuple[dataclasses.Field, Option]]:
    """Field and declaration, `needs_of` included, of every option of a dataclass or an instance of one, by name."""
    declared = {field.name: (field, field.metadata[_KEY]) for field in dataclasses.fields(options)}
    for name, need in getattr(options, "needs_of", {}).items():
        field, about = declared[name]
        declared[name] = field, about._replace(needs=(*about.needs, need))
    return declared


def may_change(options: Any) -> tuple[str, ...]:
    """Names of the options that a resumed run may give other values, see `Option`."""
    return tuple(name for name, (_, about) in options_of(options).items() if about.may_change)


def choosing_data(options: Any) -> tuple[str, ...]:
    """Names of the options that a resumed run must be given if the first one was, and only then, see `Option`."""
    return tuple(name for name, (_, about) in options_of(options).items() if about.chooses_data)


@functools.cache
def kinds_of(options: type) -> dict[str, tuple[type, bool]]:
    """Type of every field of a dataclass, bool, int, float, str or tuple, and whether it may be None, by name."""
    hints = typing.get_type_hints(options)
    return {field.name: _kind(hints[field.name]) for field in dataclasses.fields(options)}


def _kind(hint: Any) -> tuple[type, bool]:
    if typing.get_origin(hint) is tuple:
        return tuple, False
    kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
    return (kinds[0], True) if kinds else (hint, False)
