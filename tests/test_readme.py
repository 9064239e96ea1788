"""README: its Python example runs as it stands (with fewer steps), and the files it names exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs():
    code = re.search(r"```python\n(.*?)```", README, re.S).group(1)
    short = code.replace("steps_per_epoch=1000, epochs=5", "steps_per_epoch=2, epochs=1, verbose=0")
    assert short != code
    names: dict = {}
    exec(compile(short, "README.md", "exec"), names)
    assert names["mean"].shape == (35, 30, 2)


def test_named_files_exist():
    links = re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(r"(?:python )(scripts/\w+\.py)", README)
    assert len(links) > 3
    missing = [name for name in links if not (ROOT / name).exists()]
    assert not missing
