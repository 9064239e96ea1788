"""Our side of the cases for metodj/FGP-VAE, without its clone."""

import pathlib
import re

import numpy as np
import pytest

from gpvae_tf.comparison import registry
from gpvae_tf.comparison.case import FGP_VAE

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("looks_like_a_clone")
    for name in FGP_VAE.files:
        (folder / name).touch()
    return {case.name: case.ours(case.inputs()) for case in registry.find_cases(folder)}


def test_our_side_of_every_case_is_finite(results):
    assert set(results) == {"fgp_local_global", "fgp_correlated_objects", "fgp_forward_geco", "fgp_forward_beta"}
    for name, values in results.items():
        assert values and all(np.all(np.isfinite(one.value)) for one in values), name


def test_every_deviation_is_in_the_document(results):
    known = re.findall(r"\*\*(F\d+)\.", (ROOT / "docs" / "deviations.md").read_text())
    used = {one.deviation for values in results.values() for one in values} - {None}
    assert used == {"F1", "F3", "F8"} and used <= set(known) and len(known) == len(set(known))
