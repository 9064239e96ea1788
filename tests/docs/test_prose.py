"""Docstrings and help texts say what a thing is, and do not begin like the rest of a sentence that stands elsewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpvae_tf.experiments import EXPERIMENTS
from gpvae_tf.flags.options import options_of

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for folder in ("gpvae_tf", "scripts") for path in (ROOT / folder).rglob("*.py"))
# "Of the networks.", "As the row shows it.", "At most.", "Adam's."
FRAGMENT = re.compile(r"(?:Of|At|As|From|By|Its|Their|Than|Like|With|Without|In)\b|\w+'s\.$")


def docstrings(path: Path) -> Iterator[tuple[str, str]]:
    """Where a docstring stands, and the docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            text = ast.get_docstring(node)
            if text:
                yield f"{path.relative_to(ROOT)}: {getattr(node, 'name', 'module')}", text


def test_docstrings_begin_with_what_is_meant():
    found = [
        f"{where}: {text.splitlines()[0]}"
        for path in SOURCES
        for where, text in docstrings(path)
        if FRAGMENT.match(text)
    ]
    assert found == []


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_help_texts_are_sentences(name):
    kind = EXPERIMENTS[name]
    for options in (kind.config_class, kind.options_class):
        for flag, (_, about) in options_of(options).items():
            assert not FRAGMENT.match(about.help), f"--{flag}: {about.help}"
            assert about.help.rstrip().endswith((".", ")")), f"--{flag}: {about.help}"


@pytest.mark.parametrize(
    "text", ["Of the networks.", "As the row shows it.", "At most.", "Adam's.", "Its value, if fixed."]
)
def test_fragments_are_found(text):
    assert FRAGMENT.match(text)
