"""The guide to likelihoods: its Python runs as it stands, and its table has every likelihood there is."""

import re
from pathlib import Path

import numpy as np
import pytest

from gpvae_tf import likelihoods
from gpvae_tf.likelihoods import Likelihood
from tests.docs.test_readme import run_python
from tests.support.eager import running_eagerly

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "likelihoods.md").read_text(encoding="utf-8")


def test_the_guide_runs():
    with running_eagerly():
        names = run_python(PAGE)
    assert names["expected_counts"].shape == (20, 12, 3) and np.all(names["expected_counts"] > 0)
    assert names["bound"].shape == (20,) and np.all(np.isfinite(names["bound"]))
    np.testing.assert_allclose(names["probabilities"].sum(axis=-1), np.ones((20, 12, 3)))
    assert set(np.unique(names["drawn"])) <= {0, 1, 2} and names["most_likely"].max() <= 2
    likelihood = names["LogNormalLikelihood"]()
    assert not likelihood.takes_any_value and likelihood.has_density
    with pytest.raises(ValueError, match="LogNormal needs numbers from 1e-06"):
        likelihood.check(np.zeros(1))


def test_its_likelihood_has_about_ten_lines():
    (text,) = re.findall(r"(class LogNormalLikelihood.*?)\n\n\n", PAGE, re.S)
    assert len(text.splitlines()) <= 12


def test_the_table_has_every_likelihood():
    classes = [getattr(likelihoods, name) for name in likelihoods.__all__]
    kinds = {one.__name__ for one in classes if isinstance(one, type) and issubclass(one, Likelihood)}
    assert set(re.findall(r"^\|.*?\| `(\w+)\(", PAGE, re.M)) == kinds - {"Likelihood"}
