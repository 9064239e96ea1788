"""Values of options that are refused: of another type, out of bounds, or without an effect."""

import math
import numbers
from collections.abc import Collection
from typing import Any

from gpvae_tf.flags.options import kinds_of, options_of

_NOT_FINITE = (math.inf, -math.inf)
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", tuple: "a list of texts"}


def check_types(options: Any) -> None:
    """Refuses values of another type than their fields have, which a command line cannot give and a file can.

    Raises:
      ValueError: naming the flag, its type and what came.
    """
    for name, (kind, may_be_none) in kinds_of(type(options)).items():  # type: ignore[arg-type]
        value = getattr(options, name)
        if not (value is None and may_be_none) and not _is_a(value, kind):
            raise ValueError(f"--{name} must be {_KINDS[kind]}, got {value!r}")


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
        if about.choices and isinstance(value, (list, tuple)):
            if not set(value) <= set(about.choices) or len(set(value)) < len(value):
                allowed = ", ".join(about.choices)
                raise ValueError(f"--{name} must be some of {allowed}, each once, got {','.join(value)!r}")
        elif about.choices and value not in about.choices:
            raise ValueError(f"--{name} must be one of {', '.join(about.choices)}, got {value!r}")
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if is_number and not about.contains(value):
            allowed = "be finite" if value in _NOT_FINITE or value != value else about.describe_range()
            raise ValueError(f"--{name} must {allowed}, got {value}")


def check_given(options: Any) -> None:
    """Refuses options of which one that is required is not there.

    Raises:
      ValueError: naming the flag and what it is.
    """
    for name, (_, about) in options_of(options).items():
        if about.required and not getattr(options, name):
            raise ValueError(f"--{name} is not given: {about.help[0].lower()}{about.help[1:].rstrip('.')}")


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
            need.told(owner)
            for need in about.needs
            for owner in (options, beside)
            if hasattr(owner, need.name) and not need.is_met(owner)
        ]
        if is_wish and lacks:
            raise ValueError(f"--{name} has no effect {_beside(lacks)}")


def _beside(lacks: Collection[str]) -> str:
    """What is missing, and what is there that must not be ("no --NAME")."""
    missing = [each for each in lacks if not each.startswith("no --")]
    there = [each.removeprefix("no ") for each in lacks if each not in missing]
    parts = [f"{word} {' and '.join(which)}" for word, which in (("without", missing), ("with", there)) if which]
    return " and ".join(parts)
