"""The published binarizations to the last bit, splits in file order, and the generator's contract."""

import gzip

import numpy as np
import pytest

from gpvae_tf.datasets import binarization, binarized_mnist, mnist


@pytest.fixture
def original(mnist_files, monkeypatch):
    """Both splits as `mnist.load` gives them, read from the files without TFDS, which takes half a minute."""

    def read(name, header):
        return np.frombuffer(gzip.decompress((mnist_files / name).read_bytes()), np.uint8, offset=header)

    data = {}
    for split, (images, labels) in (("train", mnist.FILES[:2]), ("test", mnist.FILES[2:])):
        data[split] = mnist.LabelledImages(read(images, 16).reshape(-1, 28, 28), read(labels, 8))
    monkeypatch.setattr(mnist, "load", lambda split, *, manual_dir, data_dir: data[split])
    return data


def test_the_published_binarizations(original):
    """On-pixels and SHA-256 of validation and test (notes on CP-VAE, section 2.5); train stays grey."""
    splits, (train, test) = binarized_mnist.load(), original.values()
    assert [len(part) for part in splits[:3]] == [50_000, 10_000, 10_000]
    assert splits.validation.images.sum() == 1_012_148 and splits.test.images.sum() == 1_038_341
    assert binarized_mnist.checksum(splits.validation.images).startswith("a5a22bf8d4a175a4")
    assert binarized_mnist.checksum(splits.test.images).startswith("8cc04e23259ba03b")
    np.testing.assert_allclose(255.0 * splits.train.images[[0, -1], ..., 0], train.images[[0, 49_999]], rtol=1e-5)
    np.testing.assert_array_equal(splits.validation.labels, train.labels[50_000:])
    np.testing.assert_array_equal(splits.test.labels, test.labels)


def test_grey_images_for_the_nonparametric_vae(original):
    splits, train = binarized_mnist.load_grey(), original["train"]
    assert [len(part) for part in splits[:3]] == [55_000, 5_000, 10_000]
    np.testing.assert_allclose(255.0 * splits.train.images[0, ..., 0], train.images[5000], rtol=1e-5)
    np.testing.assert_array_equal(splits.validation.labels, train.labels[:5000])
    assert len(np.unique(splits.test.images)) == 256


def test_another_generator_is_noticed(monkeypatch):
    images = np.zeros((60_000, 28, 28), np.uint8)
    tiny = mnist.LabelledImages(images[:10_010], np.zeros(10_010, np.uint8))
    monkeypatch.setattr(mnist, "load", lambda split, **_: tiny)
    with pytest.raises(ValueError, match="the binarized validation images have SHA-256 .*; expected a5a22bf8d4a175a4"):
        binarized_mnist.load()


def test_one_uniform_number_per_pixel(rng):
    """So the test set's draws depend on the number of validation pixels only."""
    test = rng.uniform(size=(5, 28, 28)).astype(np.float32)
    first, second = (rng.uniform(low, high, (3, 28, 28)).astype(np.float32) for low, high in ((0, 0.1), (0.4, 1)))
    draws = [binarization.binarize_once(validation, test) for validation in (first, second)]
    np.testing.assert_array_equal(draws[0][1], draws[1][1])
    assert not np.array_equal(draws[0][0], draws[1][0])
    uniform = np.random.RandomState(777).uniform(size=(8, 28, 28))[3:]
    expected = np.where(test <= 0.5, uniform > 1 - test, uniform <= test)
    np.testing.assert_array_equal(draws[0][1], expected)
