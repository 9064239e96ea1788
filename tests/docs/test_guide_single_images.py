"""The guide to models of single images: its Python runs as it stands."""

from pathlib import Path

import numpy as np

from tests.docs.test_readme import run_python
from tests.support.eager import running_eagerly

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "single_images.md").read_text(encoding="utf-8")


def test_the_guide_runs():
    with running_eagerly():
        names = run_python(PAGE)
    assert names["new"].shape == (4, 16, 16, 3) and names["again"].shape == (8, 16, 16, 3)
    assert names["codes"].shape == (8, 8) and names["locations"].shape == (64, 2)
    filled, seen = names["filled"], names["seen"]
    np.testing.assert_array_equal(filled.filled.numpy()[seen], names["images"][:8][seen])
    np.testing.assert_allclose(np.sum(names["which"], axis=-1), np.ones(8), rtol=1e-5)
    assert names["of_third"].shape == (4, 16, 16, 3) and names["levels"].latent_dim == 12
    assert [names[name].num_steps for name in ("model", "clusters", "levels", "plane")] == [4, 2, 2, 2]
