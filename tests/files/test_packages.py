"""The lack of a package is told by name, and packages that are there are not imported."""

import sys

import numpy as np
import pytest

from gpvae_tf import data
from gpvae_tf.experiments.own_data import forecasts
from gpvae_tf.files import MissingPackage, check_installed, packages
from gpvae_tf.training import errors, mixture_start


def test_what_is_there_passes_without_being_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "this", raising=False)
    check_installed("a poem", {"this": "python"})
    assert "this" not in sys.modules


def test_everything_that_is_missing_is_named():
    wanted = {"no_such_module": "no-such-package", "sys": "python", "nor_this": "nor-this"}
    with pytest.raises(
        MissingPackage, match="^a poem needs no-such-package and nor-this: pip install no-such-package nor"
    ):
        check_installed("a poem", wanted)
    with pytest.raises(MissingPackage, match=r"pip install 'gpvae_tf\[x\]'$"):
        check_installed("a poem", wanted, "'gpvae_tf[x]'")
    assert issubclass(MissingPackage, errors.EXPECTED_ERRORS)  # a sentence in every script


@pytest.mark.parametrize(
    "work",
    [
        lambda: mixture_start.fit_mixture(np.zeros((9, 2)), 3),
        lambda: forecasts.gp_per_channel(None, None),
        lambda: data.from_netcdf("there_is_none.nc"),
    ],
)
def test_work_that_needs_one_says_so_first(work, monkeypatch):
    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPackage, match="needs (scikit-learn|xarray and netCDF4): pip install"):
        work()
