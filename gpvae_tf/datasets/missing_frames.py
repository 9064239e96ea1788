"""Digits that turn for 100 frames, of which 60 % are missing (shixinxing/NNGPVAE-official), made again exactly.

The first 500 images of every digit in the order of MNIST's training file are turned, 400 of them for training and 100
for testing: by two whole turns, or by angles drawn from a GP. Frames are binarised at 1/2. A sequence's first and last
frames are observed, and every other one with probability 0.4.
"""

import os

import numpy as np
from scipy import ndimage

from gpvae_tf.checks import check_choice
from gpvae_tf.datasets import cache, mnist
from gpvae_tf.datasets.imputation_sets import ImputationSet

SEED = 1024  # the authors'
NUM_FRAMES, OBSERVED = 100, 0.4
NUM_TRAIN, NUM_TEST, NUM_VALIDATION = 400, 100, 40  # images of a digit; those for validation are the last of training
ANGLES = ("steady", "drawn")
_LENGTH_SCALE, _VARIANCE = 5.0, 120.0**2  # of the GP of drawn angles, frames and degrees^2
_VERSION = 1  # part of the cache's file names; to be raised when the recipe changes


def angles(kind: str, num: int) -> np.ndarray:
    """The angles of `num` sequences, [num, 100], degrees.

    Args:
      kind: "steady", two whole turns, or "drawn", a GP with the squared exponential kernel.
      num: of sequences.

    Raises:
      ValueError: if the kind is another.
    """
    check_choice("kind", kind, ANGLES)
    if kind == "steady":
        return np.tile(np.linspace(0.0, 720.0, NUM_FRAMES), (num, 1))
    times, rng = np.arange(NUM_FRAMES, dtype=np.float64), np.random.default_rng(SEED)
    covariance = _VARIANCE * np.exp(-0.5 * np.square((times[:, np.newaxis] - times) / _LENGTH_SCALE))
    covariance += 1e-5 * np.eye(NUM_FRAMES)
    return rng.multivariate_normal(np.zeros(NUM_FRAMES), covariance, size=num)


def observed_frames(num: int) -> np.ndarray:
    """Which frames of `num` sequences are observed, boolean [num, 100]."""
    rng = np.random.default_rng(SEED)
    inner = [rng.binomial(1, OBSERVED, size=NUM_FRAMES - 2) for _ in range(num)]
    return np.pad(np.array(inner, bool), [(0, 0), (1, 1)], constant_values=True)


def chosen_images(labels: np.ndarray) -> np.ndarray:
    """Numbers of the images in MNIST's training file: 400 of each digit, then 100 of each.

    Raises:
      ValueError: if a digit has fewer than 500 images.
    """
    rows = [np.flatnonzero(labels == digit)[: NUM_TRAIN + NUM_TEST] for digit in range(10)]
    if min(map(len, rows)) < NUM_TRAIN + NUM_TEST:
        raise ValueError(f"labels has {min(map(len, rows))} images of a digit; expected {NUM_TRAIN + NUM_TEST}")
    return np.concatenate([part[:NUM_TRAIN] for part in rows] + [part[NUM_TRAIN:] for part in rows])


def generate(images: np.ndarray, kind: str) -> np.ndarray:
    """The frames of sequences that begin with images [N, H, W] uint8, boolean [N, 100, H, W]."""
    frames = np.empty((len(images), NUM_FRAMES, *images.shape[1:]), bool)
    for image, turns, sequence in zip(images, angles(kind, len(images)), frames):
        upright = image / np.float32(255.0)
        for frame, angle in zip(sequence, turns):
            frame[...] = ndimage.rotate(upright, angle, reshape=False) > 0.5
    return frames


def load(
    kind: str = "steady",
    *,
    data_dir: str | os.PathLike | None = None,
    mnist_manual_dir: str | os.PathLike | None = None,
) -> dict[str, ImputationSet]:
    """The splits train (3,600 sequences), validation (400), "train and validation" (4,000) and test (1,000).

    The digits of validation and test alternate, so that any part of them, such as the halves of
    `evaluation.imputations.auroc`, has every digit.

    The frames are made once (about 2 minutes) and cached.

    Args:
      kind: of the angles, "steady" or "drawn".
      data_dir, mnist_manual_dir: see `healing_mnist.load`.

    Raises:
      FileNotFoundError, OSError: see `healing_mnist.load`.
    """

    def make() -> dict[str, np.ndarray]:
        source = mnist.load("train", manual_dir=mnist_manual_dir, data_dir=cache.tfds_folder(data_dir))
        rows = chosen_images(np.asarray(source.labels))
        frames = generate(source.images[rows], kind)
        return {"frames": np.packbits(frames, axis=None), "labels": np.asarray(source.labels)[rows]}

    arrays = cache.load_or_make(cache.folder(data_dir) / f"missing_frames_v{_VERSION}_{kind}.npz", make)
    labels = np.asarray(arrays["labels"])
    shape = (len(labels), NUM_FRAMES, 28, 28, 1)
    frames = np.unpackbits(arrays["frames"], count=int(np.prod(shape))).reshape(shape)
    observed = observed_frames(len(labels))
    whole = ImputationSet(frames, observed, ~observed, labels)
    trained = len(labels) * NUM_TRAIN // (NUM_TRAIN + NUM_TEST)
    held = np.arange(trained) % NUM_TRAIN >= NUM_TRAIN - NUM_VALIDATION
    return {
        "train": whole.take(np.flatnonzero(~held)),
        "validation": whole.take(_alternating(np.flatnonzero(held))),
        "train and validation": whole.take(slice(trained)),
        "test": whole.take(_alternating(np.arange(trained, len(labels)))),
    }


def _alternating(rows: np.ndarray) -> np.ndarray:
    """Rows that are sorted by digit, as many of each, one of every digit after the other."""
    return rows.reshape(10, -1).T.ravel()
