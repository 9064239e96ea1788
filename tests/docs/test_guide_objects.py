"""The guide to objects in views: its Python runs as it stands, and new objects come out as they are."""

from pathlib import Path

import numpy as np

from tests.docs.test_readme import run_python

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "objects.md").read_text(encoding="utf-8")


def test_the_guide_runs(tmp_path):
    names = run_python(PAGE, epochs=50)
    truth = names["seen"](names["new"][:, None], names["everywhere"][..., 0]).reshape(1, 60, 20)
    assert np.sqrt(np.mean((names["there"].mean - truth) ** 2)) < 0.2 * np.std(truth)
    names["model"].export(tmp_path, batches=names["training"].in_order())
