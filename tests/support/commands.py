"""The commands that pages, docstrings of scripts and the Makefile show, and their flags without a process."""

import ast
import contextlib
import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from absl import flags

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
_GENERATED = re.compile(r"<!-- results:\S+ -->.*?<!-- /results -->", re.S)
_COMMAND = re.compile(r"(?:\bpython|\$\(PY\)) ((?:scripts/)?\w+\.py)((?:[ \t]+(?:\\\n\s*)?[^\s`#|)\]]+\]?)*)")


class Command(NamedTuple):
    """A command line of one of our scripts.

    Attributes:
      source: the file that shows it.
      script: file name in scripts/.
      arguments: what follows.
    """

    source: str
    script: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.source}: {shlex.join([self.script, *self.arguments])}"


def shown() -> list[Command]:
    """Every different command of pages, scripts and Makefile, generated tables (commands of their time) excepted."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    texts = {page: _GENERATED.sub("", page.read_text(encoding="utf-8")) for page in pages}
    texts |= {
        path: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "" for path in SCRIPTS.glob("*.py")
    }
    texts[ROOT / "Makefile"] = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = {}
    for path, text in sorted(texts.items()):
        for match in _COMMAND.finditer(text):
            arguments = tuple(word for word in _words(match[2]) if word != "...")
            command = Command(path.relative_to(ROOT).as_posix(), Path(match[1]).name, arguments)
            found.setdefault(command[1:], command)
    return list(found.values())


def _words(text: str) -> list[str]:
    """Words of a command line; what stands in brackets may be left out, so it is tried."""
    return shlex.split(re.sub(r"\\\n|[\[\]]", " ", text))


@contextlib.contextmanager
def flags_of(script: str) -> Iterator[flags.FlagValues]:
    """The flags that a script defines for itself, apart from those of the process."""
    before = set(flags.FLAGS)
    name = f"script_{Path(script).stem}"
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / script)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    sys.path.insert(0, str(SCRIPTS))
    values = flags.FlagValues()
    try:
        spec.loader.exec_module(module)
        getattr(module, "define_flags", lambda: None)()
        for flag in set(flags.FLAGS) - before:
            values[flag] = flags.FLAGS[flag]
        yield values
    finally:
        sys.path.remove(str(SCRIPTS))
        for flag in set(flags.FLAGS) - before:
            delattr(flags.FLAGS, flag)
        del sys.modules[name]
