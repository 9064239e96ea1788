"""A class name stands for one thing in the package."""

import ast
from collections import defaultdict
from pathlib import Path

import gpvae_tf

ROOT = Path(gpvae_tf.__file__).parent

# Names still defined more than once, by folder; to be emptied, never added to.
ALLOWED = {"experiments": {"Entry", "Kind", "Recipe"}}


def definitions() -> dict[str, list[Path]]:
    """The modules that define each public class."""
    found = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(path.relative_to(ROOT))
    return found


def test_class_names_are_unique():
    allowed = set().union(*ALLOWED.values())
    twice = {name: list(map(str, paths)) for name, paths in definitions().items() if len(paths) > 1}
    assert not {name: paths for name, paths in twice.items() if name not in allowed}


def test_what_is_allowed_is_needed():
    """And only in the folders that are named, save for one definition elsewhere."""
    found = definitions()
    for folder, names in ALLOWED.items():
        for name in names:
            inside = [path for path in found[name] if path.parts[0] == folder]
            assert len(found[name]) > 1 and len(found[name]) - len(inside) <= 1, (name, found[name])


def test_gpvae_is_pearce_s_model_only():
    """No other class bears the bare name; its subclasses and other models have names of their own."""
    assert [str(path) for path in definitions()["GPVAE"]] == ["models/gp_vae.py"]
