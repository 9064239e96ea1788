"""The guide to saving: its Python runs as it stands, and what it loads is what it saved."""

from pathlib import Path

import numpy as np

from tests.docs.test_readme import run_python

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "saving.md").read_text(encoding="utf-8")


def test_the_guide_runs(tmp_path, monkeypatch, eagerly):
    monkeypatch.chdir(tmp_path)
    names = run_python(PAGE)
    assert {path.name for path in tmp_path.iterdir()} == {"my_model", "best", "served"}
    assert names["own"].likelihood.scale == 0.5 and names["own"].num_steps == names["model"].num_steps == 4
    assert names["best"].num_steps == 4 and names["best"].optimizer.iterations == 4
    np.testing.assert_allclose(
        names["latents"]["mean"], names["own"].encode(names["observations"][:2]).mean, rtol=1e-4, atol=1e-6
    )
