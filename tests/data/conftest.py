"""The real MNIST, where the machine has its files."""

import os
from pathlib import Path

import pytest
import tensorflow_datasets as tfds

BESIDE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def mnist_files() -> Path:
    """The folder of the four .gz files: GPVAE_TF_MNIST, or ../shared/data/mnist beside the checkout."""
    folder = Path(os.environ.get("GPVAE_TF_MNIST", BESIDE_CHECKOUT / "mnist"))
    if not folder.is_dir():
        pytest.skip(f"the comparison with all of MNIST needs its files: {folder} is not there; set GPVAE_TF_MNIST")
    return folder


@pytest.fixture(scope="session")
def prepared_mnist(mnist_files, tmp_path_factory) -> Path:
    """A data folder in which TFDS has prepared MNIST from the files, without network; takes 20 seconds."""
    from gpvae_tf.data import mnist

    folder = tmp_path_factory.mktemp("data")
    mnist.load("test", manual_dir=mnist_files, data_dir=folder / "tensorflow_datasets")
    return folder


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """TFDS has nothing prepared, and cannot download."""

    class Absent:
        data_path = tmp_path

        def is_prepared(self):
            return False

        def download_and_prepare(self):
            raise OSError("no network")

    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: Absent())
