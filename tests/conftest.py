"""Environment and order of the tests; what needs TensorFlow is in `tests.support.fixtures`."""

import os
from pathlib import Path

import pytest

from tests.support import slow

# These have to be there before TensorFlow and NumPy are imported; threads only where several workers share the cores,
# which OpenBLAS's would wait for.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

TESTS, SLOW = Path(__file__).parent, slow.listed()


def pytest_configure(config):
    """Loads the fixtures, except where workers run the tests: that process need not wait for TensorFlow's import."""
    if config.getoption("dist", "no") == "no" or hasattr(config, "workerinput"):
        config.pluginmanager.import_plugin("tests.support.fixtures")


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item):
    """Marks the tests that are listed as slow."""
    if f"{item.path.relative_to(TESTS).as_posix()}::{item.originalname}" in SLOW:
        item.add_marker(pytest.mark.slow)


def pytest_collection_modifyitems(items):
    """Files that start processes come first, and last is what a worker can take over test by test: no fixture is dear.

    The end of the alphabet has files whose tests share a run.
    """
    heavy = {item.path for item in items if item.get_closest_marker("process")}
    items.sort(key=lambda item: (item.path in heavy, item.path), reverse=True)
