"""OMNIGLOT from each of its three sources, on tiny files; the rebuilt one where the machine has it."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
import tensorflow_datasets as tfds

from gpvae_tf.datasets import omniglot, omniglot_tfds
from tests.support import damage
from tests.support.local_data import BESIDE_CHECKOUT

ALPHABETS = {"train": ["Alpha", "Beta"], "test": ["Aleph"]}  # background and evaluation, each sorted
CHARACTERS = 2


@pytest.fixture
def chardata(rng, tmp_path):
    """10 and 4 images in chardata.mat's arrangement, and the images themselves."""
    images = {"data": rng.uniform(size=(10, 28, 28)), "testdata": rng.uniform(size=(4, 28, 28))}
    content = {name: array.transpose(0, 2, 1).reshape(len(array), 784).T for name, array in images.items()}
    alphabets = {"target": np.arange(10) % 3, "testtarget": np.array([2, 0, 1, 1])}
    content |= {name: np.eye(3)[numbers].T for name, numbers in alphabets.items()}
    scipy.io.savemat(tmp_path / "chardata.mat", content)
    return tmp_path / "chardata.mat", images, alphabets


def test_chardata_is_upright_and_split_by_seed(chardata):
    file, images, alphabets = chardata
    splits = omniglot.load(file, num_validation=3, seed=1)
    assert [len(part) for part in splits[:3]] == [7, 3, 4] and splits.description == "OMNIGLOT 28x28, chardata.mat"
    rows = [int(np.argmin(np.abs(images["data"] - image[..., 0]).sum(axis=(1, 2)))) for image in splits.train.images]
    assert rows == sorted(set(rows))
    np.testing.assert_allclose(splits.train.images[..., 0], images["data"][rows], rtol=1e-6)
    np.testing.assert_array_equal(splits.train.labels, alphabets["target"][rows])
    np.testing.assert_array_equal(splits.test.labels, alphabets["testtarget"])
    assert set(np.unique(splits.validation.images)) == set(np.unique(splits.test.images)) == {0.0, 1.0}
    uniform = np.random.RandomState(777).uniform(size=(7, 28, 28))[3:]
    test = images["testdata"].astype(np.float32)
    np.testing.assert_array_equal(
        splits.test.images[..., 0], np.where(test <= 0.5, uniform > 1 - test, uniform <= test)
    )
    again, other = (omniglot.load(file, num_validation=3, seed=seed) for seed in (1, 2))
    np.testing.assert_array_equal(again.train.images, splits.train.images)
    assert not np.array_equal(other.train.images, splits.train.images)
    np.testing.assert_array_equal(other.test.images, splits.test.images)


def test_the_rebuilt_file_says_so(rng, tmp_path):
    arrays = {"train": rng.integers(0, 256, (9, 28, 28), np.uint8), "test": rng.integers(0, 256, (4, 28, 28), np.uint8)}
    arrays |= {"train_alphabet": np.arange(9, dtype=np.uint8), "test_alphabet": np.arange(4, dtype=np.uint8)}
    np.savez(tmp_path / "small.npz", **arrays)
    splits = omniglot.load(tmp_path / "small.npz", num_validation=2)
    assert "rebuilt: 4 test images where chardata.mat has 8,070" in splits.description
    kept = splits.train.labels
    np.testing.assert_array_equal(np.round(255 * splits.train.images[..., 0]), arrays["train"][kept])
    assert len(splits.validation) == 2


def test_the_real_rebuilt_file():
    file = BESIDE_CHECKOUT / "omniglot" / "omniglot28.npz"
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    splits = omniglot.load(file)
    assert [len(part) for part in splits[:3]] == [23_000, 1_345, 8_115]
    assert splits.train.image_tensor.shape == (23_000, 28, 28, 1) and len(np.unique(splits.train.labels)) == 50
    assert 0.07 < splits.test.images.mean() < 0.1  # ink


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    """TFDS's features and keys with drawings of one grey level each, which tells alphabet, character and drawer."""
    names = sorted(sum(ALPHABETS.values(), []))
    features = {
        "image": tfds.features.Image(shape=(105, 105, 3), encoding_format="png"),
        "alphabet": tfds.features.ClassLabel(names=names),
        "alphabet_char_id": np.int64,
        "label": tfds.features.ClassLabel(num_classes=CHARACTERS * len(names)),
    }
    examples, label = {}, 0
    for split, alphabets in ALPHABETS.items():
        examples[split] = []
        for alphabet in alphabets:
            for character in range(CHARACTERS):
                for drawer in range(1, 21):
                    image = np.full((105, 105, 3), 2 * drawer + 100 * character + names.index(alphabet) % 2, np.uint8)
                    record = {"image": image, "alphabet": alphabet, "alphabet_char_id": character, "label": label}
                    examples[split].append((f"{alphabet}_{character}_{label + 1:04d}_{drawer:02d}.png", record))
                label += 1
    return tfds.dataset_builders.store_as_tfds_dataset(
        name="tiny_omniglot",
        version="1.0.0",
        features=tfds.features.FeaturesDict(features),
        split_datasets=examples,
        data_dir=tmp_path_factory.mktemp("tfds"),
    )


def test_drawers_come_back_from_tfds(monkeypatch, builder):
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: builder)
    arrays = omniglot_tfds.rebuild()
    names = sorted(sum(ALPHABETS.values(), []))
    order = ["Alpha", "Beta", "Aleph"]  # background first
    for split, drawers in (("train", range(1, 16)), ("test", range(16, 21))):
        by_block = [[d for d in drawers if (d - 1) // 5 == block] for block in range(4)]
        keys = [(rank, c, d) for block in by_block for rank in range(3) for c in range(CHARACTERS) for d in block]
        level = np.array([2 * d + 100 * c + names.index(order[rank]) % 2 for rank, c, d in keys])
        np.testing.assert_array_equal(arrays[f"{split}_alphabet"], [rank for rank, _, _ in keys])
        np.testing.assert_array_equal(arrays[split][:, 14, 14], 255 - level)
    splits = omniglot.load(num_validation=5)
    assert "rebuilt" in splits.description and [len(part) for part in splits[:3]] == [85, 5, 30]


def test_another_order_is_noticed(monkeypatch, builder):
    monkeypatch.setattr(tfds, "builder", lambda name, data_dir: builder)
    monkeypatch.setattr(omniglot_tfds, "file_order", lambda split, keys: keys)
    with pytest.raises(ValueError, match="the train split of OMNIGLOT in .* is not in the order of its files' hashes"):
        omniglot_tfds.rebuild()


def test_the_resize_is_antialiased_and_bicubic():
    """Against Pillow, on strokes; ink is 255 where the paper is black."""
    from PIL import Image, ImageDraw

    drawing = Image.new("L", (105, 105), 255)
    ImageDraw.Draw(drawing).line([(10, 20), (90, 60), (40, 100)], fill=0, width=3)
    pixels = np.asarray(drawing)
    expected = Image.fromarray(1.0 - pixels.astype(np.float32) / 255.0, "F").resize((28, 28), Image.BICUBIC)
    expected = np.round(255.0 * np.clip(np.asarray(expected), 0.0, 1.0))
    ours = omniglot_tfds.resize(pixels[np.newaxis])[0]
    assert ours.dtype == np.uint8 and ours.max() > 200 and np.abs(ours - expected).max() <= 1


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent.npz is not there"):
        omniglot.load(tmp_path / "absent.npz")
    (tmp_path / "chardata.h5").write_bytes(b"")
    with pytest.raises(ValueError, match="must end in .mat or .npz"):
        omniglot.load(tmp_path / "chardata.h5")


def test_other_contents_are_refused(chardata, tmp_path):
    file, _, _ = chardata
    content = {k: v for k, v in scipy.io.loadmat(file).items() if not k.startswith("__")}
    scipy.io.savemat(tmp_path / "wrong.mat", content | {"data": content["data"][:700]})
    with pytest.raises(ValueError, match=r"data has shape \(700, 10\); expected \[784, n\]"):
        omniglot.load(tmp_path / "wrong.mat")
    del content["target"]
    scipy.io.savemat(tmp_path / "less.mat", content)
    with pytest.raises(ValueError, match="has no target; expected chardata.mat's arrays"):
        omniglot.load(tmp_path / "less.mat")
    np.savez(tmp_path / "less.npz", train=np.zeros((2, 28, 28), np.uint8))
    with pytest.raises(ValueError, match="has no test, train_alphabet, test_alphabet"):
        omniglot.load(tmp_path / "less.npz")
    for wrong in (0, 10):
        with pytest.raises(ValueError, match=f"num_validation must lie in 1, ..., 9, got {wrong}"):
            omniglot.load(file, num_validation=wrong)


def test_without_drawings_the_error_says_what_to_give(no_network):
    with pytest.raises(FileNotFoundError, match="could not be downloaded .OSError: no network.*give a file"):
        omniglot.load()


def test_pixels_that_are_there_already_are_not_divided_again(rng, tmp_path):
    pixels = {name: rng.uniform(size=(size, 28, 28)) for name, size in (("train", 20), ("test", 4))}
    alphabets = {"train_alphabet": np.arange(20), "test_alphabet": np.arange(4)}
    np.savez(tmp_path / "a.npz", **pixels, **alphabets)
    train, test, _ = omniglot.load_grey(tmp_path / "a.npz")
    np.testing.assert_array_equal(train.images, pixels["train"].astype(np.float32))
    for wrong, message in (
        (pixels["train"] > 0.5, "train images are bool; expected uint8, or floating"),
        ((pixels["train"] > 0.5).astype(np.uint8), "train images are uint8 with values 0 and 1"),
        (255 * pixels["train"], "train images have values from .* expected pixels in"),
    ):
        np.savez(tmp_path / "a.npz", **alphabets, train=wrong, test=pixels["test"])
        with pytest.raises(ValueError, match=f"a.npz: {message}"):
            omniglot.load_grey(tmp_path / "a.npz")


def test_damaged_files_are_named(chardata, tmp_path):
    content = Path(chardata[0]).read_bytes()
    np.savez(tmp_path / "whole.npz", train=np.zeros((2, 28, 28)))
    for suffix, whole in (("mat", content), ("npz", (tmp_path / "whole.npz").read_bytes())):
        for damaged in [*damage.cuts(whole), bytes(range(256)) * 4]:
            path = tmp_path / f"cut.{suffix}"
            path.write_bytes(damaged)
            with pytest.raises(ValueError, match=f"^{path} (cannot be read as|has no)") as caught:
                omniglot.load_grey(path)
            assert "\n" not in str(caught.value) and "allow_pickle" not in str(caught.value)
