"""Shared fixtures, fixed seeds, four logical CPUs, and the rule that only tests marked `process` start a Python.

A plugin of the processes that run tests, which tests/conftest.py loads: it imports TensorFlow.
"""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from gpvae_tf.serving import warm_up
from gpvae_tf.training.memory import free_graphs
from tests.support import replicas, rotated_data, tiny
from tests.support.eager import running_eagerly
from tests.support.local_data import BESIDE_CHECKOUT
from tests.support.seeds import keeping_kernels, seed_networks

_running: list[pytest.Item] = []


def pytest_configure():
    """Splits the CPU into logical devices, so that tests of replicas need no process of their own."""
    parts = [tf.config.LogicalDeviceConfiguration()] * replicas.MOST
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)
    sys.addaudithook(_refuse_unmarked_process)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """Notes which test is running, module-scoped fixtures included."""
    _running[:] = [item]
    yield
    _running.clear()


def _refuse_unmarked_process(event: str, arguments: tuple) -> None:
    if event != "subprocess.Popen" or not _running or _running[0].get_closest_marker("process"):
        return
    command = arguments[1]
    first = command if isinstance(command, (str, bytes, os.PathLike)) else command[0]
    if os.fsdecode(first) == sys.executable:
        raise RuntimeError(f"{_running[0].nodeid} starts a Python process: mark it with pytest.mark.process")


@pytest.fixture(autouse=True, scope="module")
def _freed_graphs():
    """What a file has traced is gone with it."""
    yield
    free_graphs()


@pytest.fixture(autouse=True)
def _no_warm_up(request, monkeypatch):
    """Exports in tests of other things write no warm-up requests, for which every function would run once."""
    if request.path.parent.name != "serving":
        monkeypatch.setattr(warm_up, "possible", lambda: False)


@pytest.fixture(autouse=True)
def _seeds():
    """What a test builds does not depend on the tests before it."""
    seed_networks()
    with keeping_kernels():  # scripts that run in this process seed it as well
        yield


@pytest.fixture
def rng() -> np.random.Generator:
    """Random inputs of a test."""
    return np.random.default_rng(0)


@pytest.fixture
def tiny_networks():
    """A function that builds a new pair (encoder, decoder), see `tests.support.tiny`."""
    return tiny.build_networks


@pytest.fixture
def batch(rng) -> dict[str, tf.Tensor]:
    """3 videos of 7 random binary frames at times 1, ..., 7."""
    return tiny.videos(rng)


@pytest.fixture(scope="session")
def rotated_dir(tmp_path_factory) -> str:
    """A data folder with small rotated images, for --data_dir."""
    return str(rotated_data.write(tmp_path_factory.mktemp("rotated")))


@pytest.fixture
def eagerly():
    """Functions run without tracing, see `tests.support.eager`."""
    with running_eagerly():
        yield


@pytest.fixture(scope="session")
def mnist_files() -> Path:
    """The folder of the four .gz files: GPVAE_TF_MNIST, or ../shared/data/mnist beside the checkout."""
    folder = Path(os.environ.get("GPVAE_TF_MNIST", BESIDE_CHECKOUT / "mnist"))
    if not folder.is_dir():
        pytest.skip(f"the comparison with all of MNIST needs its files: {folder} is not there; set GPVAE_TF_MNIST")
    return folder


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """TFDS has nothing prepared, and cannot download, though hosts are known."""

    class Absent:
        data_path = tmp_path

        def is_prepared(self):
            return False

        def download_and_prepare(self, download_config):
            raise OSError("no network")

    monkeypatch.setattr("socket.getaddrinfo", lambda *_: [])
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: Absent())
