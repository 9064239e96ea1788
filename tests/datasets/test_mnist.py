"""MNIST in file order: TFDS's shuffling undone, content checked, and errors that say what is missing."""

import hashlib
import socket
import types
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

from gpvae_tf.datasets import mnist

SIZE = 300


@pytest.fixture(scope="module")
def original():
    draw = np.random.default_rng(0)
    return draw.integers(0, 256, (SIZE, 28, 28), np.uint8), draw.integers(0, 10, SIZE, np.uint8)


@pytest.fixture(scope="module")
def builder(original, tmp_path_factory):
    """The same features and keys as TFDS's MNIST, written by TFDS, with other images."""
    images, labels = original
    features = {"image": tfds.features.Image(shape=(28, 28, 1)), "label": tfds.features.ClassLabel(num_classes=10)}
    examples = [{"image": image[..., None], "label": int(label)} for image, label in zip(images, labels)]
    return tfds.dataset_builders.store_as_tfds_dataset(
        name="tiny_mnist",
        version="1.0.0",
        features=tfds.features.FeaturesDict(features),
        split_datasets={"train": list(enumerate(examples))},
        data_dir=tmp_path_factory.mktemp("tfds"),
    )


def read(monkeypatch, builder, checksum):
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: builder)
    monkeypatch.setitem(mnist.CHECKSUMS, "train", checksum)
    return mnist.load("train")


def test_file_order_comes_back(monkeypatch, builder, original):
    images, labels = original
    stored = np.asarray(builder.as_dataset(split="train", batch_size=-1)["image"])[..., 0]
    assert not np.array_equal(stored, images)  # TFDS does shuffle
    np.testing.assert_array_equal(stored, images[mnist.file_order("train", SIZE)])
    loaded = read(monkeypatch, builder, hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest())
    np.testing.assert_array_equal(loaded.images, images)
    np.testing.assert_array_equal(loaded.labels, labels)
    assert loaded.images.dtype == loaded.labels.dtype == np.uint8
    assert not loaded.images.flags.writeable and not loaded.labels.flags.writeable


def test_other_data_are_refused(monkeypatch, builder):
    with pytest.raises(ValueError, match="the train split that TFDS prepared in .* is not MNIST in the order"):
        read(monkeypatch, builder, mnist.CHECKSUMS["train"])
    with pytest.raises(ValueError, match="split must be one of train, test, got 'validation'"):
        mnist.load("validation")


def unprepared(tmp_path: Path, error: Exception | None = None):
    """A builder with nothing prepared, whose download fails."""

    def download_and_prepare(download_config):
        assert error is not None, "nothing was to be downloaded"
        raise error

    path = tmp_path / "mnist" / "3.0.1"
    return types.SimpleNamespace(is_prepared=lambda: False, data_path=path, download_and_prepare=download_and_prepare)


def raise_error(*_):
    raise socket.gaierror(-2, "Name or service not known")


@pytest.fixture
def no_proxy(monkeypatch):
    monkeypatch.setattr("urllib.request.getproxies", dict)


def test_no_network_and_no_files(monkeypatch, tmp_path, no_proxy):
    """At once, where the host is not known; after TFDS's own attempts, where it is."""
    message = (
        "mnist is not prepared in .*3.0.1 and could not be downloaded .*mnist_manual_dir, a folder with train-images"
    )
    monkeypatch.setattr(socket, "getaddrinfo", raise_error)
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: unprepared(tmp_path))
    with pytest.raises(FileNotFoundError, match=message):
        mnist.load()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: unprepared(tmp_path, ConnectionError("timed out")))
    with pytest.raises(FileNotFoundError, match="ConnectionError: timed out"):
        mnist.load()


def test_missing_and_wrong_files_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: unprepared(tmp_path, RuntimeError("wrong checksum")))
    for name in mnist.FILES[:3]:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(FileNotFoundError, match="mnist_manual_dir = .* lacks t10k-labels-idx1-ubyte.gz$"):
        mnist.load(manual_dir=tmp_path)
    (tmp_path / mnist.FILES[3]).write_bytes(b"")
    with pytest.raises(ValueError, match="does not hold the original files: wrong checksum"):
        mnist.load(manual_dir=tmp_path)
