"""Plain NumPy arrays in pickles of any protocol, read without unpickling: no file is run, nor what it asks for made.

Unpickling calls whatever a file names. Here the file's operations are listed (`pickletools.genops`) and carried out by
a machine that knows those which arrays, numbers, text and containers need, and no others. What it makes is bounded by
the file's length: a container that a file names again and again is one object, and keys are texts or numbers.
"""

import io
import os
import pickletools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


class PickleError(ValueError):
    """A file is no pickle of plain NumPy arrays."""


class _Array:
    """An array before its state is set."""

    state: Any = None


class _DType:
    """A dtype: a code such as f8, and the byte order of its state."""

    def __init__(self, code: Any, *_: Any):
        self.code, self.state = code, (3, "|")


class _Name(str):
    """What a file asks for by module and name, one of `_NAMES`."""


_UNFINISHED = object()
_NUMPY = ("ndarray", "_reconstruct", "_frombuffer", "dtype")
_NAMES = {("_codecs", "encode"), ("builtins", "bytes"), ("__builtin__", "bytes")}
_PUSHED: tuple[str, ...] = ("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT")
_PUSHED += ("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8")
_PUSHED += ("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8")
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}


def read(path: str | os.PathLike) -> Any:
    """The arrays of a pickle, alone or in dicts, lists and tuples, with strings and numbers beside them.

    Raises:
      PickleError: if it holds, or asks for, anything else.
      OSError: if the file cannot be read.
    """
    content = Path(path).read_bytes()
    try:
        return _Machine().run(content)
    except Exception as error:  # a made-up stream can fail anywhere
        reason = str(error) or type(error).__name__
        raise PickleError(f"{path} is not a pickle of plain NumPy arrays: {reason}") from error


class _Machine:
    """The stack and the memory of a pickle's operations."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memory: dict[int, Any] = {}
        self._marks: list[int] = []  # lengths of the stack
        self._encoded: dict[int, tuple[str, bytes]] = {}  # by the text's identity, so that none is made twice
        self._plain: dict[int, Any] = {}
        self._operations: dict[str, Callable[[Any], Any]] = {
            **dict.fromkeys(("PROTO", "FRAME"), lambda _: None),
            **dict.fromkeys(_PUSHED, self.stack.append),
            **{name: self._constant(value) for name, value in _CONSTANTS.items()},
            "EMPTY_LIST": lambda _: self.stack.append([]),
            "EMPTY_DICT": lambda _: self.stack.append({}),
            "MARK": lambda _: self._marks.append(len(self.stack)),
            "LIST": lambda _: self.stack.append(self._to_mark()),
            "DICT": lambda _: self.stack.append(_pairs({}, self._to_mark())),
            "TUPLE": lambda _: self.stack.append(tuple(self._to_mark())),
            "TUPLE1": lambda _: self.stack.append(tuple(self._pop(1))),
            "TUPLE2": lambda _: self.stack.append(tuple(self._pop(2))),
            "TUPLE3": lambda _: self.stack.append(tuple(self._pop(3))),
            "APPEND": lambda _: self._extend(self._pop(1)),
            "APPENDS": lambda _: self._extend(self._to_mark()),
            "SETITEM": lambda _: self._set(self._pop(2)),
            "SETITEMS": lambda _: self._set(self._to_mark()),
            "POP": lambda _: self._pop(1),
            "POP_UNFINISHED": lambda _: self._to_mark(),
            "DUP": lambda _: self.stack.append(self.stack[-1]),
            **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), lambda at: self.memory.update({at: self.stack[-1]})),
            "MEMOIZE": lambda _: self.memory.update({len(self.memory): self.stack[-1]}),
            **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), self._again),
            "GLOBAL": lambda text: self.stack.append(_name(*text.split(" ", 1))),
            "STACK_GLOBAL": lambda _: self.stack.append(_name(*self._pop(2))),
            "REDUCE": lambda _: self._call(*self._pop(2)),
            "BUILD": lambda _: self._build(self._pop(1)[0]),
        }

    def run(self, content: bytes) -> Any:
        """What the operations leave on the stack, with arrays in the places of what stands for them."""
        for operation, argument, _ in pickletools.genops(io.BytesIO(content)):
            if operation.name == "STOP":
                break
            if operation.name not in self._operations:
                raise PickleError(f"it has the operation {operation.name}, which arrays do not need")
            self._operations[operation.name](argument)
        (value,) = self.stack
        return self._made_plain(value)

    def _constant(self, value: Any) -> Callable[[Any], None]:
        return lambda _: self.stack.append(value)

    def _again(self, place: Any) -> None:
        if place not in self.memory:
            raise PickleError(f"it names an object again, number {place}, that was not there")
        self.stack.append(self.memory[place])

    def _pop(self, number: int) -> list[Any]:
        if len(self.stack) < number:
            raise PickleError("it takes more than there is")
        taken = self.stack[-number:]
        del self.stack[-number:]
        return taken

    def _to_mark(self) -> list[Any]:
        place = self._marks.pop()
        taken = self.stack[place:]
        del self.stack[place:]
        return taken

    def _extend(self, values: list[Any]) -> None:
        if type(self.stack[-1]) is not list:
            raise PickleError("it appends to what is no list")
        self.stack[-1].extend(values)

    def _set(self, values: list[Any]) -> None:
        if type(self.stack[-1]) is not dict:
            raise PickleError("it sets entries of what is no dict")
        _pairs(self.stack[-1], values)

    def _call(self, name: Any, arguments: Any) -> None:
        if not isinstance(name, _Name) or type(arguments) is not tuple:
            raise PickleError("it calls what is no function")
        made: Any
        if name == "encode":
            made = self._encode(*arguments)
        elif name == "bytes" and not arguments:
            made = b""
        elif name == "_frombuffer":
            made = self._array(*arguments)
        elif name == "dtype":
            made = _DType(*arguments)
        elif name == "_reconstruct":
            made = _Array()
        else:
            raise PickleError(f"it calls {name}, which makes no array of numbers")
        self.stack.append(made)

    def _encode(self, text: Any, encoding: Any) -> bytes:
        """How protocols 0 to 2 have bytes."""
        if type(text) is not str or encoding != "latin1":
            raise PickleError("it encodes what is no text of bytes")
        if id(text) not in self._encoded:
            self._encoded[id(text)] = text, text.encode("latin-1")
        return self._encoded[id(text)][1]

    def _array(self, data: Any, dtype: _DType, shape: tuple[int, ...], order: Any) -> np.ndarray:
        """The array of bytes; what a made-up file gives instead of them fails here and is refused by `read`."""
        code, byte_order = dtype.code, dtype.state[1]
        if not re.fullmatch(r"[biufc]\d{1,2}", code) or byte_order not in ("<", ">", "|", "="):
            raise PickleError(f"an array of dtype {code!r}, byte order {byte_order!r}; numbers and booleans only")
        if type(data) is str:  # the bytes of Python 2
            data = self._encode(data, "latin1")
        if not isinstance(data, bytes | bytearray):
            raise PickleError("an array that is not made of bytes")
        return np.frombuffer(data, np.dtype(code).newbyteorder(byte_order)).reshape(shape, order=order)

    def _build(self, state: Any) -> None:
        if not isinstance(self.stack[-1], (_Array, _DType)) or type(state) is not tuple:
            raise PickleError("it sets the state of what is no array")
        self.stack[-1].state = state

    def _made_plain(self, value: Any) -> Any:
        """A value with arrays where their stand-ins are; each object is looked at once, however often it is named."""
        if type(value) in (str, int, float, bool, bytes, type(None), np.ndarray):
            return value
        if id(value) in self._plain:
            if self._plain[id(value)] is _UNFINISHED:
                raise PickleError("it holds a container that contains itself")
            return self._plain[id(value)]
        self._plain[id(value)] = _UNFINISHED
        made: Any
        if type(value) is _Array:
            _, shape, dtype, is_fortran, data = value.state
            made = self._array(data, dtype, shape, "F" if is_fortran else "C")
        elif type(value) is dict:
            made = {key: self._made_plain(entry) for key, entry in value.items()}
        elif type(value) in (list, tuple):
            made = type(value)(map(self._made_plain, value))
        else:
            raise PickleError(f"it holds a {type(value).__name__.lstrip('_')}")
        self._plain[id(value)] = made
        return made


def _name(module: Any, name: Any) -> _Name:
    module, name = str(module), str(name)
    if (module, name) not in _NAMES and (module.partition(".")[0] != "numpy" or name not in _NUMPY):
        raise PickleError(f"it asks for {module}.{name}, which does not belong to an array")
    return _Name(name)


def _pairs(into: dict, values: list[Any]) -> dict:
    """A dict with further entries, whose keys take no time to be compared."""
    keys, entries = values[::2], values[1::2]
    for key, entry in zip(keys, entries, strict=True):
        if type(key) not in (str, int, float, bool, bytes, type(None)):
            raise PickleError(f"it holds a dict with a {type(key).__name__} for a key")
        into[key] = entry
    return into
