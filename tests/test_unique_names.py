"""A class name stands for one thing in the package."""

import ast
from collections import defaultdict
from pathlib import Path

import gpvae_tf

ROOT = Path(gpvae_tf.__file__).parent


def definitions() -> dict[str, list[Path]]:
    """The modules that define each public class."""
    found = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(path.relative_to(ROOT))
    return found


def test_class_names_are_unique():
    assert {name: list(map(str, paths)) for name, paths in definitions().items() if len(paths) > 1} == {}


def test_gpvae_is_pearce_s_model_only():
    """No other class bears the bare name; its subclasses and other models have names of their own."""
    assert [str(path) for path in definitions()["GPVAE"]] == ["models/gp_vae.py"]
