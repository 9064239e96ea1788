"""The guide to the choice of a model: its Python runs as it stands, and the KL of every channel is what it says."""

from pathlib import Path

import numpy as np

from tests.docs.test_readme import run_python

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "choosing.md").read_text(encoding="utf-8")


def test_the_guide_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run_python(PAGE)
    model, batch = names["model"], names["batch"]
    assert model.num_steps == 100 and len(names["held_out"].observations) == 4
    assert names["per_channel"].shape == (4, 4) and np.all(names["per_channel"] > 0)
    np.testing.assert_allclose(np.sum(names["per_channel"], axis=1), -model.elbo(batch).regularizer)
    assert (tmp_path / "logs").is_dir()
