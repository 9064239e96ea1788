"""The one declaration of an option: a dataclass field that knows its help, its bounds and what it needs.

    @dataclasses.dataclass(frozen=True)
    class BallConfig(Config):
        elbo: str = option("VAE", "Model and bound.", choices=("VAE", "SVGPVAE"))
        m: int = option(15, "Inducing points per latent channel.", above=0, needs=needs("elbo", "SVGPVAE"))

`flags.define` makes an absl flag of every field, `check_values` and `check_needs` refuse what is out of bounds and what
would be ignored. Nothing about a flag is said anywhere else, but that a class may have a table `needs_of` of what
options, those of its base classes too, need besides (see `needed_by`).
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
_NOT_FINITE = (math.inf, -math.inf)
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", tuple: "a list of texts"}


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

    def __str__(self) -> str:
        values = " or ".join(map(str, self.values))
        if self.negated:
            return f"a --{self.name} other than {values}" if values else f"--no{self.name}"
        return f"--{self.name}={values}" if values else f"--{self.name}"


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
      choices: allowed values of a string.
      needs: what else must be given for the option to have an effect.
      at_least, above, at_most, below: bounds of a number; numbers must be finite in any case.
      may_change: whether a resumed run may give it another value, because it determines no number that is there.
      is_path: whether it names a file or folder, in which ~ is the home directory.
      formerly: names that choices had in earlier versions, and what they are called now.
    """

    help: str
    choices: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    at_least: float = -math.inf
    above: float = -math.inf
    at_most: float = math.inf
    below: float = math.inf
    may_change: bool = False
    is_path: bool = False
    formerly: Mapping[str, str] = MappingProxyType({})

    def describe(self) -> str:
        """The help, with the allowed numbers and what the option needs."""
        bounded = max(self.at_least, self.above) > -math.inf or min(self.at_most, self.below) < math.inf
        facts = [f"Must {self.describe_range()}."] if bounded else []
        facts += [f"Needs {' and '.join(map(str, self.needs))}."] if self.needs else []
        return " ".join([self.help, *facts])

    def describe_range(self) -> str:
        """The allowed numbers in words."""
        least, most = max(self.at_least, self.above), min(self.at_most, self.below)
        if math.isinf(most):
            strict = "be positive" if self.above == 0 else f"be > {self.above}"
            return strict if self.above > -math.inf else f"be >= {self.at_least}"
        opening, closing = "(" if self.above == least else "[", ")" if self.below == most else "]"
        return f"lie in {opening}{least}, {most}{closing}"

    def contains(self, value: float) -> bool:
        """Whether a number is finite and in range."""
        is_finite = isinstance(value, int) or math.isfinite(value)  # an integer may be too large to be asked
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


def kind_of(hint: Any) -> tuple[type, bool]:
    """The type of a field, bool, int, float, str or tuple, from its annotation, and whether it may be None."""
    if typing.get_origin(hint) is tuple:
        return tuple, False
    kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
    return (kinds[0], True) if kinds else (hint, False)


def check_types(options: Any) -> None:
    """Refuses values of another type than their fields have, which a command line cannot give and a file can.

    Raises:
      ValueError: naming the flag, its type and what came.
    """
    hints = _hints(type(options))  # type: ignore[arg-type]
    for name in options_of(options):
        value, (kind, may_be_none) = getattr(options, name), kind_of(hints[name])
        if not (value is None and may_be_none) and not _is_a(value, kind):
            raise ValueError(f"--{name} must be {_KINDS[kind]}, got {value!r}")


@functools.cache
def _hints(options: type) -> dict[str, Any]:
    return typing.get_type_hints(options)


def _is_a(value: Any, kind: type) -> bool:
    if kind is tuple:
        return isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value)
    wanted = {int: numbers.Integral, float: numbers.Real}.get(kind, kind)  # NumPy's among them
    return isinstance(value, wanted) and (kind is bool or not isinstance(value, bool))


def check_values(options: Any) -> None:
    """Refuses values that are of another type, no choice or out of bounds.

    Raises:
      ValueError: naming the flag, what is allowed and what came.
    """
    check_types(options)
    for name, (field, about) in options_of(options).items():
        value = getattr(options, name)
        if value is None and field.default is None:
            continue
        if about.choices and value not in about.choices:
            raise ValueError(f"--{name} must be one of {', '.join(about.choices)}, got {value!r}")
        if isinstance(value, (int, float)) and not about.contains(value):
            allowed = "be finite" if value in _NOT_FINITE or value != value else about.describe_range()
            raise ValueError(f"--{name} must {allowed}, got {value}")


def check_needs(options: Any, given: Collection[str] | None = None, beside: Any = None) -> None:
    """Refuses options that would be ignored.

    Args:
      options: a dataclass of options.
      given: names that were asked for; those that do not have their default if not given.
      beside: another dataclass whose fields are needed; what needs a field that neither has is not checked.

    Raises:
      ValueError: naming the flag and what it lacks.
    """
    for name, (field, about) in options_of(options).items():
        value = getattr(options, name)
        is_wish = value != field.default if given is None else name in given
        is_wish &= value is not False or field.default is True  # --noNAME of a default is no wish
        lacks = [
            str(need)
            for need in about.needs
            for owner in (options, beside)
            if hasattr(owner, need.name) and not need.is_met(owner)
        ]
        if is_wish and lacks:
            raise ValueError(f"--{name} has no effect without {' and '.join(lacks)}")
