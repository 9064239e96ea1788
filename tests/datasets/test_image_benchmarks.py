"""The GP-encoder paper's image sets: splits, centring, every TFDS builder on mock data, and what is refused."""

import hashlib
import socket

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from gpvae_tf.datasets import image_benchmarks, image_benchmarks_tfds, mnist, omniglot, omniglot_tfds
from gpvae_tf.datasets.image_benchmarks import BenchmarkSource
from tests.support import damage
from tests.support.local_data import BESIDE_CHECKOUT


@pytest.fixture(autouse=True)
def hosts_are_known(monkeypatch):
    """TFDS's mock data are there without being prepared."""
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: [])


@pytest.fixture
def colour_file(rng, tmp_path):
    """40 and 6 images of CIFAR10's shape, 8 bit, and the arrays themselves."""
    arrays = {"train_images": rng.integers(0, 256, (40, 32, 32, 3), np.uint8), "train_labels": np.arange(40)}
    arrays |= {"test_images": rng.integers(0, 256, (6, 32, 32, 3), np.uint8), "test_labels": np.arange(6)}
    np.savez(tmp_path / "cifar10.npz", **arrays)
    return tmp_path / "cifar10.npz", arrays


def test_a_tenth_is_held_out_and_the_training_mean_subtracted(colour_file):
    file, arrays = colour_file
    (splits, mean) = image_benchmarks.load("cifar10", BenchmarkSource(data_file=file), seed=3)
    assert [len(part) for part in splits[:3]] == [36, 4, 6]
    assert sorted([*splits.train.labels, *splits.validation.labels]) == list(range(40))
    pixels = arrays["train_images"] / 255.0
    np.testing.assert_allclose(mean, pixels[splits.train.labels].mean(axis=0), rtol=1e-5)  # not of all 40
    np.testing.assert_allclose(splits.train.images.mean(axis=0), 0.0, atol=1e-6)
    test = arrays["test_images"] / 255.0
    for part, source in ((splits.train, pixels), (splits.validation, pixels), (splits.test, test)):
        np.testing.assert_allclose(part.images + mean, source[part.labels], atol=1e-6)
    assert "CIFAR10, cifar10.npz (40 and 6 images), grey values minus the training mean" == splits.description


def test_the_seed_decides_what_is_held_out(colour_file):
    file, _ = colour_file
    source = BenchmarkSource(data_file=file)
    first, again, other = (image_benchmarks.load("svhn", source, seed=seed).splits for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.train.images, again.train.images)
    assert set(first.validation.labels) != set(other.validation.labels)
    fewer = image_benchmarks.load("svhn", source, seed=1, num_train=10).splits
    np.testing.assert_array_equal(fewer.train.labels, first.train.labels[:10])
    np.testing.assert_array_equal(fewer.validation.labels, first.validation.labels)


@pytest.mark.parametrize("size, kept", [(60_000, 54_000), (24_345, 21_911), (50_000, 45_000), (73_257, 65_931)])
def test_sizes_of_the_paper(monkeypatch, size, kept):
    tiny = image_benchmarks.LabelledImages(np.zeros((size, 1, 1, 1), np.uint8))
    raw = image_benchmarks.Raw(tiny, tiny.take(np.arange(3)), "tiny")
    monkeypatch.setattr(image_benchmarks, "BENCHMARKS", {"tiny": lambda source: raw})
    splits = image_benchmarks.load("tiny").splits
    assert [len(part) for part in splits[:3]] == [kept, size - kept, 3]


@pytest.mark.parametrize("name, tfds_name", [("cifar10", "cifar10"), ("svhn", "svhn_cropped")])
def test_coloured_sets_come_from_tfds(name, tfds_name):
    with tfds.testing.mock_data(num_examples=20):
        example = next(iter(tfds.load(tfds_name, split="test")))
        splits, mean = image_benchmarks.load(name)
    assert [len(part) for part in splits[:3]] == [18, 2, 20] and splits.train.images.shape[1:] == (32, 32, 3)
    np.testing.assert_allclose(splits.test.images[0] + mean, example["image"].numpy() / 255.0, atol=1e-6)
    assert splits.test.labels[0] == example["label"]


def test_celeba_is_pooled_cropped_and_split_anew():
    with tfds.testing.mock_data(num_examples=4):
        photograph = next(iter(tfds.load("celeb_a", split="train")))["image"].numpy()
        pooled = image_benchmarks_tfds.read_celeba(128)
        splits, mean = image_benchmarks.load("celeba", BenchmarkSource(celeba_crop=128))
    assert photograph.shape == (218, 178, 3) and pooled.shape == (12, 64, 64, 3)
    pairs = photograph[45:173, 25:153].astype(float)  # a side of 128 is halved
    assert np.abs(pooled[0] - tf.image.resize(pairs, (64, 64), antialias=True)).max() <= 0.5001
    assert [len(part) for part in splits[:3]] == [10, 1, 1] and "centre 128 x 128" in splits.description
    again = np.concatenate([part.images + mean for part in splits[:3]])
    order = lambda images: np.sort(np.round(255 * images).astype(int).reshape(12, -1)[:, :50].sum(axis=1))
    np.testing.assert_array_equal(order(again), order(pooled / 255.0))  # each photograph once


def test_mnist_comes_from_tfds(monkeypatch, rng, tmp_path):
    """Written by TFDS with its features and keys; the checksum is that of other images."""
    sizes = {"train": 20, "test": 5}
    pixels = {split: rng.integers(0, 256, (size, 28, 28, 1), np.uint8) for split, size in sizes.items()}
    examples = {s: [(i, {"image": image, "label": i % 10}) for i, image in enumerate(pixels[s])] for s in sizes}
    features = {"image": tfds.features.Image(shape=(28, 28, 1)), "label": tfds.features.ClassLabel(num_classes=10)}
    features = tfds.features.FeaturesDict(features)
    options = dict(version="1.0.0", features=features, split_datasets=examples, data_dir=tmp_path)
    builder = tfds.dataset_builders.store_as_tfds_dataset(name="tiny_mnist", **options)
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: builder)
    for split, size in sizes.items():
        labels = (np.arange(size) % 10).astype(np.uint8)
        digest = hashlib.sha256(pixels[split].tobytes() + labels.tobytes()).hexdigest()
        monkeypatch.setitem(mnist.CHECKSUMS, split, digest)
    splits, mean = image_benchmarks.load("mnist")
    assert [len(part) for part in splits[:3]] == [18, 2, 5] and mean.shape == (28, 28, 1)
    np.testing.assert_allclose(splits.test.images + mean, pixels["test"] / 255.0, atol=1e-6)


def test_omniglot_comes_from_tfds_and_stays_grey(monkeypatch):
    """Which drawer made an image follows from a hash of the file's name, which mock data cannot have."""
    names = [("Alpha", 1, drawer) for drawer in range(1, 21)]
    monkeypatch.setattr(omniglot_tfds, "_file_names", lambda builder, split: names)
    with tfds.testing.mock_data(num_examples=20):
        drawings = list(tfds.load("omniglot", split="train").as_numpy_iterator())
        splits, mean = image_benchmarks.load("omniglot")
    assert [len(part) for part in splits[:3]] == [27, 3, 10]  # 15 drawers of 20 are for training, in both TFDS splits
    ink = omniglot_tfds.resize(np.stack([d["image"][..., 0] for d in drawings[15:]])) / 255.0
    grey = (splits.test.images + mean)[..., 0]
    assert min(np.abs(grey - image).max(axis=(1, 2)).min() for image in ink) < 1e-6
    assert len(np.unique(np.round(255 * grey))) > 2


def test_the_real_subset_of_cifar10():
    file = BESIDE_CHECKOUT / "cifar10" / "cifar10_subset.npz"
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    splits, mean = image_benchmarks.load("cifar10", BenchmarkSource(data_file=file))
    assert [len(part) for part in splits[:3]] == [3_600, 400, 1_000] and 0.4 < mean.mean() < 0.55


def test_what_is_no_image_data_is_refused(colour_file, tmp_path):
    file, arrays = colour_file
    source = BenchmarkSource(data_file=file)
    load = lambda **changed: (np.savez(file, **arrays | changed), image_benchmarks.load("cifar10", source))
    with pytest.raises(ValueError, match=r"train images have values from 0 to 2; expected pixels in \[0, 1\]"):
        load(train_images=np.linspace(0.0, 2.0, 40 * 27).reshape(40, 3, 3, 3))
    with pytest.raises(ValueError, match=r"test images have values from nan to nan"):
        load(test_images=np.full((6, 32, 32, 3), np.nan))
    with pytest.raises(ValueError, match="train images are int64; expected uint8, or floating"):
        load(train_images=arrays["train_images"].astype(np.int64))
    with pytest.raises(ValueError, match=r"test images have shape \(6, 32, 32\)"):
        load(test_images=arrays["test_images"][..., 0])
    with pytest.raises(ValueError, match=r"test images have shape \(32, 31, 3\), training images \(32, 32, 3\)"):
        load(test_images=arrays["test_images"][:, :, :31])
    with pytest.raises(ValueError, match="too few to hold out a tenth"):
        load(train_images=arrays["train_images"][:4], train_labels=np.arange(4))
    np.savez(file, train=arrays["train_images"])
    with pytest.raises(ValueError, match="has no train_images, test_images; it has train"):
        image_benchmarks.load("cifar10", source)
    with pytest.raises(FileNotFoundError, match="absent.npz must be an .npz file that is there"):
        image_benchmarks.load("svhn", BenchmarkSource(data_file=tmp_path / "absent.npz"))


def test_options_out_of_range(colour_file):
    with pytest.raises(ValueError, match="dataset must be one of mnist, .*, got 'faces'"):
        image_benchmarks.load("faces")
    with pytest.raises(ValueError, match="num_train must be >= 0, got -1"):
        image_benchmarks.load("cifar10", BenchmarkSource(data_file=colour_file[0]), num_train=-1)
    for crop in (63, 179):
        with pytest.raises(ValueError, match=f"celeba_crop must lie in 64, ..., 178, got {crop}"):
            image_benchmarks.load("celeba", BenchmarkSource(celeba_crop=crop))


def test_without_network_the_error_says_so(no_network):
    with pytest.raises(FileNotFoundError, match="celeb_a is not prepared in .* .OSError: no network"):
        image_benchmarks.load("celeba")


def test_grey_omniglot_is_not_binarized(rng, tmp_path):
    sizes = {"train": 20, "test": 4}
    arrays = {split: rng.integers(0, 256, (size, 28, 28), np.uint8) for split, size in sizes.items()}
    arrays |= {f"{split}_alphabet": np.arange(size) for split, size in sizes.items()}
    np.savez(tmp_path / "omniglot.npz", **arrays)
    splits, mean = image_benchmarks.load("omniglot", BenchmarkSource(data_file=tmp_path / "omniglot.npz"))
    np.testing.assert_allclose((splits.test.images + mean)[..., 0], arrays["test"] / 255.0, atol=1e-6)
    train, _, description = omniglot.load_grey(tmp_path / "omniglot.npz")
    assert len(train.images) == 20 and splits.description.startswith(description)


@pytest.mark.parametrize("name", ["svhn", "cifar10", "celeba", "omniglot"])
def test_a_host_without_address_is_told_at_once(monkeypatch, tmp_path, no_network, name):
    def unknown(*_):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("urllib.request.getproxies", dict)
    monkeypatch.setattr("socket.getaddrinfo", unknown)
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded \([a-z.]+ is not known here\)\. "):
        image_benchmarks.load(name)


def test_damaged_files_are_named(colour_file, tmp_path):
    for content in damage.cuts(colour_file[0].read_bytes()):
        (tmp_path / "cut.npz").write_bytes(content)
        with pytest.raises(ValueError, match="cut.npz cannot be read as an .npz of plain arrays: "):
            image_benchmarks.load("svhn", BenchmarkSource(data_file=tmp_path / "cut.npz"))
    np.savez(tmp_path / "first.npz", **{f"{s}_images": np.zeros((20, 3, 32, 32)) for s in ("train", "test")})
    with pytest.raises(ValueError, match=r"train images have shape \(18, 3, 32, 32\); expected .* on the last axis"):
        image_benchmarks.load("cifar10", BenchmarkSource(data_file=tmp_path / "first.npz"))
