"""Characters of a user's own, CHARACTER/POSE.png: their order, and every wrong file named."""

import os

import numpy as np
import pytest
from PIL import Image

from gpvae_tf.datasets import sprites_folders
from gpvae_tf.datasets.sprites_source import Pose, order
from tests.support.sprite_sheets import write_images

CHARACTERS = ("c1", "c2", "c10")
POSES = ("walk_front_0", "walk_front_2", "walk_front_10", "jump")


@pytest.fixture
def folder(tmp_path):
    return write_images(tmp_path / "own", CHARACTERS, POSES, (5, 3))


def test_images_are_read_in_natural_order(folder):
    source = sprites_folders.folder_source(folder)
    assert source.shape == (3, 4, 3, 5, 3) and source.attributes.shape == (3, 0)
    assert source.poses == (Pose("jump", "", 0), *(Pose("walk", "front", time) for time in (0, 2, 10)))
    assert source.characters == tuple(CHARACTERS[number] for number in order(3))
    source.check()
    for character, name in enumerate(source.characters):
        frames = source.make_frames(character)
        for frame, pose in zip(frames, ("jump", *POSES[:3])):
            np.testing.assert_array_equal(frame, np.asarray(Image.open(folder / name / f"{pose}.png")))


def test_transparency_lies_on_black(folder):
    pixels = np.full((3, 5, 4), 200, np.uint8)
    pixels[0, 0, 3], pixels[1, 1, 3] = 0, 255
    Image.fromarray(pixels).save(folder / "c1" / "jump.png")
    source = sprites_folders.folder_source(folder)
    frame = source.make_frames(source.characters.index("c1"))[0]
    assert frame[0, 0].tolist() == [0, 0, 0] and frame[1, 1].tolist() == [200, 200, 200]
    assert frame[2, 2].tolist() == 3 * [round(200 * 200 / 255)]


def test_another_content_has_another_fingerprint(folder):
    first = sprites_folders.folder_source(folder).fingerprint
    assert sprites_folders.folder_source(folder).fingerprint == first
    os.utime(folder / "c2" / "jump.png", ns=(1, 1))
    assert sprites_folders.folder_source(folder).fingerprint != first


def test_missing_and_extra_files_are_named(folder):
    (folder / "c2" / "jump.png").unlink()
    (folder / "c1" / "fly.png").write_bytes((folder / "c1" / "jump.png").read_bytes())
    write_images(folder / "more", ("c3",), POSES, (5, 3))
    os.rename(folder / "more" / "c3", folder / "c3")
    with pytest.raises(
        ValueError, match="own lacks c2/jump.png and has extra c1/fly.png; all characters need the same"
    ):
        sprites_folders.folder_source(folder)


def test_a_long_list_is_cut(folder):
    for number in range(12):
        (folder / "c1" / f"fly{number:02d}.png").write_bytes((folder / "c1" / "jump.png").read_bytes())
    with pytest.raises(ValueError, match="has extra c1/fly00.png, .*, c1/fly09.png and 2 more; "):
        sprites_folders.folder_source(folder)


def test_images_of_another_kind_are_named(folder):
    for file, image in (("c1/jump.png", Image.new("RGB", (5, 4))), ("c2/jump.png", Image.new("I;16", (5, 3)))):
        image.save(folder / file)
        message = f"expected images of 5x3 pixels and 8 bits, but .*{file} \\(5x{image.height}, {image.mode}\\)"
        with pytest.raises(ValueError, match=message):
            sprites_folders.folder_source(folder).check()
    (folder / "c10" / "jump.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match="c10/jump.png cannot be read as an image"):
        sprites_folders.folder_source(folder).check()


def test_a_folder_of_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="has neither layers .* nor CHARACTER/POSE.png"):
        sprites_folders.folder_source(tmp_path)
