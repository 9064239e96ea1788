"""CONTRIBUTING names every room of the package, and no file or folder that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "gpvae_tf"
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([\w/<>.-]+(?:/|\.py))`", TEXT))


def test_every_room_is_named():
    packages = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    papers = {f"{path.parent.name}/" for path in (PACKAGE / "experiments").glob("*/__init__.py")}
    modules = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py"}
    assert packages | papers | modules <= NAMED
    assert len(modules) <= 10


def test_every_named_place_is_there():
    """<paper> and <name> stand for any; a name alone lies in the package, in experiments/ or in a paper's folder."""
    for name in NAMED:
        pattern = re.sub(r"<\w+>", "*", name.rstrip("/"))
        roots = (ROOT, PACKAGE, PACKAGE / "experiments", *(PACKAGE / "experiments").glob("*/"))
        assert any(list(root.glob(pattern)) for root in roots), name


def test_the_commands_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"`make ([\w-]+)`", TEXT)) <= targets
