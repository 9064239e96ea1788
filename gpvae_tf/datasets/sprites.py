"""SPRITES (Section 4.3 of SVGP-VAE): characters in 72 poses; what is generated are poses of characters never seen.

The authors train on 50 of the 72 frames of 1,000 characters and test on all frames of the other 296; they draw the 50
without a seed, so here a seed draws them. Their pixels are uint8 / 256, which `sprites_batches` makes of the bytes.
"""

import os

import numpy as np

from gpvae_tf.datasets import cache, memory_maps, sprites_folders, sprites_layers
from gpvae_tf.datasets.sprites_layers import VARIANTS
from gpvae_tf.datasets.sprites_source import CharacterSource
from gpvae_tf.datasets.sprites_splits import CharacterSplit, Sprites
from gpvae_tf.files import expanded

_VERSION = 1  # part of the cache's file names; to be raised when the same sources make other frames
_AUTHORS_CHARACTERS, _AUTHORS_TEST = 1_296, 296
_VALIDATION = 1  # separates the seed of the validation characters from that of the poses


def open_source(sprites_dir: str | os.PathLike, variants: int | None = VARIANTS) -> CharacterSource:
    """The characters that a folder makes: a folder of layers, or of images CHARACTER/POSE.png.

    Args:
      sprites_dir: a folder with a subfolder of a layer's name is taken for one of layers.
      variants: see `sprites_layers.layer_source`.

    Raises:
      FileNotFoundError, ValueError: see `layer_source` and `sprites_folders.folder_source`; also if there is only one
        character, or variants are asked for where there are no layers.
    """
    folder = expanded(sprites_dir)
    if not folder.is_dir():
        raise FileNotFoundError(f"sprites_dir = {folder} is no folder")
    if any((folder / layer).is_dir() for layer in (*sprites_layers.LAYERS, "shoes")):
        source = sprites_layers.layer_source(folder, variants)
    else:
        source = sprites_folders.folder_source(folder)
        if variants != VARIANTS:
            raise ValueError(
                f"variants = {variants or 'all'} has no effect: sprites_dir = {folder} holds images "
                "CHARACTER/POSE.png, and only layers have variants"
            )
    if len(source.characters) < 2:
        raise ValueError(f"sprites_dir = {folder} makes 1 character; expected some to train and some to test on")
    return source


def default_num_test(num_characters: int) -> int:
    """Test characters among so many: the authors' share, 296 of 1,296, and at least one."""
    return max(1, round(num_characters * _AUTHORS_TEST / _AUTHORS_CHARACTERS))


def load(
    sprites_dir: str | os.PathLike,
    *,
    data_dir: str | os.PathLike | None = None,
    frames_per_character: int = 50,
    seed: int = 0,
    num_validation: int = 0,
    num_test: int | None = None,
    variants: int | None = VARIANTS,
) -> Sprites:
    """The frames, composed once into the data folder's cache (1.15 GB for the authors'), and their splits.

    Args:
      sprites_dir: folder of layers, or of images CHARACTER/POSE.png.
      data_dir: see `gpvae_tf.datasets.cache.folder`.
      frames_per_character: k, random poses of every training character.
      seed: random seed of these poses and of the validation characters.
      num_validation: training characters to hold out for validation; the training characters that stay keep their
        poses, whatever the number.
      num_test: characters to test on; None takes `default_num_test`.
      variants: see `sprites_layers.layer_source`.

    Raises:
      FileNotFoundError, ValueError: if the folder lacks files or has wrong ones (named), or a number is out of range.
      OSError: if the data folder cannot be written or has no room; the message has the bytes that are needed.
    """
    source = open_source(sprites_dir, variants)
    num_characters, num_poses = source.shape[:2]
    if num_test is None:
        num_test = default_num_test(num_characters)
    _check_range("frames_per_character", frames_per_character, 1, num_poses, f": every character has {num_poses} poses")
    _check_range("num_test", num_test, 1, num_characters - 1)
    num_train = num_characters - num_test
    _check_range("num_validation", num_validation, 0, num_train - 1)
    _check_range("seed", seed, 0, 2**32 - 1)

    def frames():
        source.check()
        return map(source.make_frames, range(num_characters))

    path = cache.folder(data_dir) / f"sprites_v{_VERSION}_{source.fingerprint[:16]}.npy"
    array = memory_maps.load_or_write(path, source.shape, frames, content_sha256=source.frames_sha256)
    return split(array, source, num_train, frames_per_character, num_validation, seed)


def split(
    frames: np.ndarray, source: CharacterSource, num_train: int, k: int, num_validation: int, seed: int
) -> Sprites:
    """The splits of frames [P, A, H, W, 3] uint8; see `load` for the numbers, which must be in range."""
    everything = CharacterSplit(frames, np.arange(len(frames)), np.tile(np.arange(frames.shape[1]), (len(frames), 1)))
    # RandomState's streams are frozen, so a seed means the same poses with every version of NumPy.
    keys = np.random.RandomState(seed).random_sample((num_train, frames.shape[1]))
    shuffled = np.argsort(keys, axis=1, kind="stable")
    chosen, others = np.sort(shuffled[:, :k], axis=1), np.sort(shuffled[:, k:], axis=1)
    permuted = np.random.RandomState([seed, _VALIDATION]).permutation(num_train)
    held_out, kept = np.sort(permuted[:num_validation]), np.sort(permuted[num_validation:])
    return Sprites(
        frames,
        train=CharacterSplit(frames, kept, chosen[kept]),
        test_action=CharacterSplit(frames, kept, others[kept]) if others.size else None,
        validation=everything.take(held_out) if num_validation else None,
        test=everything.take(slice(num_train, None)),
        **{name: getattr(source, name) for name in ("characters", "poses", "attribute_names", "attributes")},
    )


def _check_range(name: str, value: int, least: int, most: int, why: str = "") -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} must lie in {least}, ..., {most}, got {value}{why}")
