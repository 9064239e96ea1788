"""SPRITES as sequences with values missing (Fortuin et al., 2020): a character in one action and one direction.

1,296 characters in three actions and three directions are 11,664 sequences of 8 frames. Fortuin et al. train on 9,000
and score 2,664, which are as many as 1,000 and 296 characters have; here they are those of the split of SVGP-VAE, so
that what is scored are characters never seen. Values are bytes / 256, as there.
"""

import itertools
import os
from collections.abc import Iterator, Sequence

import numpy as np

from gpvae_tf.data import missingness
from gpvae_tf.datasets import sprites
from gpvae_tf.datasets.imputation_sets import ImputationSet
from gpvae_tf.datasets.sprites_source import Pose

SEED, MISSING = 0, 0.6  # of the masks: seed, and share of the values
_VALIDATION = 10  # one training character of so many is held out for validation


def sequence_columns(poses: Sequence[Pose]) -> np.ndarray:
    """Numbers of the poses of every action and direction in the order of time, [sequences, frames].

    Raises:
      ValueError: if these sequences differ in length, or have one frame only.
    """
    named = sorted(enumerate(poses), key=lambda item: item[1])
    grouped = itertools.groupby(named, key=lambda item: item[1][:2])
    columns = {" ".join(name).strip(): [number for number, _ in group] for name, group in grouped}
    lengths = {len(numbers) for numbers in columns.values()}
    if len(lengths) > 1 or lengths == {1}:
        found = ", ".join(f"{name} {len(numbers)}" for name, numbers in itertools.islice(columns.items(), 5))
        raise ValueError(
            "poses must make sequences of one length, two frames or more, and be named ACTION_DIRECTION_TIME; "
            f"frames of the first ones: {found}"
        )
    return np.array(sorted(columns.values()))


def load(
    sprites_dir: str | os.PathLike, *, data_dir: str | os.PathLike | None = None, seed: int = SEED
) -> dict[str, ImputationSet]:
    """The splits train (900 characters), validation (100) and test (296), 60 % of whose values are missing at random.

    The frames are composed once and cached; masks are drawn anew at every call, by the seed. The authors' characters
    take up to 10 GB of memory.

    Args:
      sprites_dir, data_dir: see `sprites.load`.
      seed: of the masks.

    Raises:
      FileNotFoundError, OSError, ValueError: see `sprites.load` and `sequence_columns`.
    """
    found = sprites.load(sprites_dir, data_dir=data_dir, frames_per_character=1)  # of which only the frames are used
    columns = sequence_columns(found.poses)
    num_train = len(found.frames) - len(found.test)
    num_validation = max(1, num_train // _VALIDATION)
    ends = {"train": num_train - num_validation, "validation": num_train, "test": len(found.frames)}
    return {
        name: _as_set(found.frames[start:end], columns, [seed, number])
        for number, (name, (start, end)) in enumerate(_ranges(ends))
    }


def _ranges(ends: dict[str, int]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Where the characters of every split start and end."""
    return zip(ends, itertools.pairwise((0, *ends.values())))


def _as_set(frames: np.ndarray, columns: np.ndarray, seed: Sequence[int]) -> ImputationSet:
    """Sequences of characters' frames [P, A, H, W, 3] uint8; half precision holds bytes / 256 exactly."""
    truth = np.empty((len(frames) * len(columns), columns.shape[1], *frames.shape[2:]), np.float16)
    for character, sequences in zip(frames, truth.reshape(len(frames), *columns.shape, *frames.shape[2:])):
        np.multiply(character[columns], np.float16(1.0 / 256.0), out=sequences)
    observed = missingness.at_random(truth.shape, MISSING, seed=seed)
    return ImputationSet(truth, observed, ~observed)
