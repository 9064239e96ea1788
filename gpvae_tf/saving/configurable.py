"""How an object was built: the arguments of its constructor, recorded, and the classes that a file may name.

`Configurable` is the base of everything in the library that has parameters. Its classes are known by their names; a
class of anyone else is known once it is registered (`register`). Nothing else is ever built from a file.
"""

import functools
import importlib
import inspect
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, TypeVar

LIBRARY = "gpvae_tf"
SEPARATE_PACKAGES = (
    "as_coded",
)  # packages that the library proper does not import; their name is in front of the class's
_RECORD = "_how_it_was_built"
_NUMBERS = (bool, int, float, str, tuple)  # what a compiled function has in it as it was when it was traced

Known = TypeVar("Known", bound=Callable)


class SavingError(ValueError):
    """A model cannot be written, or a file holds no model that can be read."""


class Built:
    """The arguments of a constructor, and the names of attributes that were assigned after it.

    It is no tuple, in which TensorFlow would look for variables.
    """

    __slots__ = ("args", "kwargs", "assigned")

    def __init__(self, args: tuple, kwargs: dict[str, Any]):
        self.args, self.kwargs, self.assigned = args, kwargs, set[str]()


class Arguments(NamedTuple):
    """A constructor's arguments: those by name, and those by position of a constructor that takes any number."""

    positional: tuple
    named: dict[str, Any]


_KNOWN: dict[str, Callable] = {}
_NAMES: dict[Callable, str] = {}


class Configurable:
    """An object that knows the arguments it was made with, so that `saving.save` can write how to make it again.

    Attributes:
      later_attributes: names of attributes that users may assign after the object is made; if they do, it is written
        too, and assigned again when the object is loaded. Other numbers that the constructor was given cannot change.
    """

    later_attributes: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        package, _, module = cls.__module__.partition(".")
        if package == LIBRARY:
            room = module.partition(".")[0]
            _know(f"{room}.{cls.__name__}" if room in SEPARATE_PACKAGES else cls.__name__, cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        make: Callable = super().__new__
        instance = make(cls) if make is object.__new__ else make(cls, *args, **kwargs)
        _record(instance, args, kwargs)
        return instance

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.later_attributes and (name in vars(self) or hasattr(type(self), name)):
            vars(self)[_RECORD].assigned.add(name)  # the constructor assigns what was not there before
        elif name[0] != "_" and isinstance(before := vars(self).get(name), _NUMBERS) and before is not value:
            self._check_may_change(name)
        super().__setattr__(name, value)

    def _check_may_change(self, name: str) -> None:
        """Refuses another number for one that the constructor was given: what is compiled or saved has the old one.

        Raises:
          AttributeError: naming it, and what to do instead.
        """
        kind = type(self)
        if name in {*inspect.signature(kind.__init__).parameters, *vars(self)[_RECORD].kwargs}:
            raise AttributeError(
                f"{name} of a {kind.__name__} cannot change: neither compiled functions nor saved files would have the "
                f"new one. Make another {kind.__name__}({name}=...) in its place"
            )


def register(name: str | type | Callable) -> Any:
    """Makes a class or function of one's own known, so that a model with it can be saved and loaded.

        @gpvae_tf.saving.register("my_lab.SkewedLikelihood")
        class SkewedLikelihood(gpvae_tf.likelihoods.Likelihood): ...

    The name is what the file has, so it must be the same in the process that loads, where the decorated class must have
    been defined or imported before. Without a name, `@register`, it is that of the class. The arguments of the
    constructor are written, and must themselves be numbers, strings, arrays, containers of those, or known objects.

    Raises:
      ValueError: if another class has the name.
    """
    if not isinstance(name, str):
        return register(name.__name__)(name)
    text = name

    def know(known: Known) -> Known:
        if isinstance(known, type) and not issubclass(known, Configurable):
            _record_calls(known)
        _know(text, known)
        return known

    return know


def name_of(known: Callable) -> str | None:
    """The name under which a class or function is known, None if it is not."""
    try:
        return _NAMES.get(known)
    except TypeError:  # not hashable
        return None


def known_as(name: str) -> Callable:
    """The class or function of a name.

    Raises:
      SavingError: if there is none.
    """
    room, _, rest = name.partition(".")
    if name not in _KNOWN and rest and room in SEPARATE_PACKAGES:
        import_package(room)
    if name not in _KNOWN:
        raise SavingError(
            f"{name!r} is not known here; if it is a class of your own, import the module that registers it "
            "(gpvae_tf.saving.register) first"
        )
    return _KNOWN[name]


def import_package(name: str) -> None:
    """Imports a package of the library that is above the one that asks, so that it makes its classes known there.

    tests/test_imports.py lists who asks for which: the names are the caller's, never those of a file.
    """
    importlib.import_module(f"{LIBRARY}.{name}")


def is_recorded(value: object) -> bool:
    """Whether the object is of a known class and has its arguments with it."""
    return name_of(type(value)) is not None and _RECORD in getattr(value, "__dict__", {})


def forget(instance: object, name: str) -> None:
    """Leaves a keyword argument out of what is written, for one that only variables were made of."""
    vars(instance)[_RECORD].kwargs.pop(name, None)


def arguments_of(value: Any) -> Arguments:
    """The arguments that the object was made with."""
    built = vars(value)[_RECORD]
    signature = inspect.signature(type(value).__init__)
    bound = signature.bind(value, *built.args, **built.kwargs)
    several = any(p.kind is p.VAR_POSITIONAL and bound.arguments.get(n) for n, p in signature.parameters.items())
    if several:
        positional, named = bound.args[1:], dict(bound.kwargs)
    else:
        kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}
        positional, named = (), {}
        for name, argument in list(bound.arguments.items())[1:]:
            named |= argument if kinds[name] is inspect.Parameter.VAR_KEYWORD else {name: argument}
    return Arguments(tuple(positional), named)


def attributes_of(value: Any) -> dict[str, Any]:
    """Attributes that were assigned after the object was made (`Configurable.later_attributes`)."""
    return {name: getattr(value, name) for name in sorted(vars(value)[_RECORD].assigned)}


def _know(name: str, known: Callable) -> None:
    before = _KNOWN.get(name)
    place = lambda other: (other.__module__, other.__qualname__)
    if before is not None and place(before) != place(known):  # else a cell was run again
        raise ValueError(f"{name!r} is the name of {'.'.join(place(before))} already; register({name!r}) needs another")
    _KNOWN[name], _NAMES[known] = known, name


def _record(instance: object, args: tuple, kwargs: dict[str, Any]) -> None:
    """Keeps the arguments where neither TensorFlow nor Keras looks for variables and layers."""
    object.__setattr__(instance, _RECORD, Built(args, kwargs))


def _record_calls(cls: type) -> None:
    """Makes a user's class record the arguments of its constructor; of nested constructors the outermost counts."""
    initialise = cls.__init__  # type: ignore[misc]

    @functools.wraps(initialise)
    def recording(self: Any, *args: Any, **kwargs: Any) -> None:
        if type(self) is cls:
            _record(self, args, kwargs)
        initialise(self, *args, **kwargs)

    cls.__init__ = recording  # type: ignore[misc]
