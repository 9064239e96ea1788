"""OMNIGLOT's original drawings from TensorFlow Datasets, resized to 28 x 28 and split by drawer.

TFDS has the drawings by the 30 background and the 20 evaluation alphabets, and does not say who drew an image. It sorts
examples by a hash of alphabet, character and file name, though, and the file name has the drawer: sorting all possible
names the same way tells which example is whose.
"""

import hashlib
import os

import numpy as np
import tensorflow as tf

from gpvae_tf.datasets.tfds_builder import prepared

NUM_DRAWERS, NUM_TRAIN_DRAWERS, BLOCK = 20, 15, 5
TFDS_SPLITS = ("train", "test")
CHUNK_SIZE = 256


def rebuild(data_dir: str | os.PathLike | None = None) -> dict[str, np.ndarray]:
    """Makes uint8 arrays train and test [n, 28, 28], and train_alphabet and test_alphabet [n].

    Drawers 1 to 15 are train, 16 to 20 test, for every character; rows are ordered by blocks of five drawers, then by
    alphabet (background first), character and drawer, as chardata.mat seems to be.

    Raises:
      FileNotFoundError: if the drawings are not prepared in `data_dir` and cannot be downloaded.
      ValueError: if TFDS's order is not the one expected.
    """
    builder = prepared("omniglot", data_dir, "Without network, give a file: chardata.mat or omniglot28.npz")
    rows: list[tuple[tuple[int, ...], np.ndarray]] = []
    first_alphabet = 0
    for split in TFDS_SPLITS:
        images, names = _resized(builder, split), _file_names(builder, split)
        ranks = {name: rank for rank, name in enumerate(sorted({alphabet for alphabet, *_ in names}))}
        for image, (alphabet, character, drawer) in zip(images, names, strict=True):
            rank = first_alphabet + ranks[alphabet]
            rows.append((((drawer - 1) // BLOCK, rank, character, drawer), image))
        first_alphabet += len(ranks)
    rows.sort(key=lambda row: row[0])
    arrays = {}
    for name, in_train in (("train", True), ("test", False)):
        chosen = [(key, image) for key, image in rows if (key[3] <= NUM_TRAIN_DRAWERS) == in_train]
        arrays[name] = np.stack([image for _, image in chosen])
        arrays[f"{name}_alphabet"] = np.array([key[1] for key, _ in chosen], np.uint8)
    return arrays


def resize(drawings: np.ndarray) -> np.ndarray:
    """Drawings [n, 105, 105] in [0, 255], black on white, as ink in 8 bits, [n, 28, 28] uint8."""
    ink = 1.0 - np.asarray(drawings, np.float32)[..., np.newaxis] / 255.0
    small = tf.image.resize(ink, (28, 28), method="bicubic", antialias=True)[..., 0]
    return np.round(255.0 * np.clip(small, 0.0, 1.0)).astype(np.uint8)


def file_order(split: str, keys: list[str]) -> list[str]:
    """Sorts keys as TFDS does, by MD5(split name + key)."""
    return sorted(keys, key=lambda key: hashlib.md5(f"{split}{key}".encode()).digest())


def _resized(builder, split: str) -> np.ndarray:
    """All of a split's images, a chunk at a time: the originals would take 600 MB."""
    chunks, waiting = [], []
    for example in builder.as_dataset(split=split, shuffle_files=False).as_numpy_iterator():
        waiting.append(example["image"][..., 0])
        if len(waiting) == CHUNK_SIZE:
            chunks.append(resize(np.stack(waiting)))
            waiting = []
    if waiting:
        chunks.append(resize(np.stack(waiting)))
    return np.concatenate(chunks)


def _file_names(builder, split: str) -> list[tuple[str, int, int]]:
    """(alphabet, character from 0, drawer from 1) of every example, in TFDS's order."""
    import tensorflow_datasets as tfds  # takes seconds, and needs to be there only when data are made

    alphabet_names = builder.info.features["alphabet"].names
    dataset = builder.as_dataset(split=split, shuffle_files=False, decoders={"image": tfds.decode.SkipDecoding()})
    found = [
        (alphabet_names[int(e["alphabet"])], int(e["alphabet_char_id"]), int(e["label"]))
        for e in dataset.as_numpy_iterator()
    ]
    keys = {
        f"{alphabet}_{character}_{label + 1:04d}_{drawer:02d}.png": (alphabet, character, label, drawer)
        for alphabet, character, label in set(found)
        for drawer in range(1, NUM_DRAWERS + 1)
    }
    ordered = [keys[key] for key in file_order(split, list(keys))]
    if [name[:3] for name in ordered] != found:
        raise ValueError(
            f"the {split} split of OMNIGLOT in {builder.data_path} is not in the order of its files' hashes, so its "
            "drawers are not known; delete that folder, or use tensorflow-datasets 4.9.10"
        )
    return [(alphabet, character, drawer) for alphabet, character, _, drawer in ordered]
