"""Frames composed of layer sheets: against pixels blended one by one, and the authors' frames by their checksum."""

import hashlib
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from gpvae_tf.datasets import sprites_layers
from gpvae_tf.datasets.sprites_source import Pose
from tests.support.local_data import BESIDE_CHECKOUT
from tests.support.sprite_sheets import LAYERS, SIDE, write_sheets

ASSETS = BESIDE_CHECKOUT / "sprites" / "assets"


@pytest.fixture
def folder(tmp_path):
    return write_sheets(tmp_path / "sheets")


def blended(folder, numbers, row, column):
    """One cell of a character over black, by the rule for opaque backgrounds, in exact fractions."""
    files = [f"{layer}/{number}.png" for layer, number in zip(LAYERS, numbers)] + ["shoes/1.png"]
    sheets = [np.asarray(Image.open(folder / file).convert("RGBA")).astype(int) for file in files]
    frame = np.zeros((SIDE, SIDE, 3), int)
    for sheet in sheets:
        cell = sheet[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]
        for y, x, c in np.ndindex(frame.shape):
            alpha = Fraction(int(cell[y, x, 3]), 255)
            frame[y, x, c] = round(alpha * int(cell[y, x, c]) + (1 - alpha) * int(frame[y, x, c]))
    return frame


def test_frames_are_blended_in_the_order_of_the_layers(folder):
    source = sprites_layers.layer_source(folder, 2)
    assert source.shape == (16, 72, SIDE, SIDE, 3) and len(set(source.characters)) == 16
    assert sorted(map(tuple, source.attributes)) == list(np.ndindex(2, 2, 2, 2))
    assert source.attribute_names == ("body", "bottom", "top", "hair") and source.attributes.dtype == np.int32
    cells = {("walk", "front", 0): (10, 8), ("walk", "left", 3): (9, 3), ("spellcard", "right", 7): (3, 6)}
    cells |= {("slash", "front", 6): (14, 4), ("slash", "left", 7): (13, 0), ("spellcard", "left", 0): (1, 0)}
    for character in (0, 7):
        frames = source.make_frames(character)
        assert frames.dtype == np.uint8
        for pose, (row, column) in cells.items():
            expected = blended(folder, source.attributes[character], row, column)
            np.testing.assert_array_equal(frames[source.poses.index(Pose(*pose))], expected)


def test_poses_are_sequences_of_eight():
    names = [str(pose) for pose in sprites_layers.POSES]
    assert len(set(names)) == 72 and [pose.time for pose in sprites_layers.POSES] == 9 * list(range(8))
    assert names[::8] == [f"{a}_{d}_0" for a in ("walk", "spellcard", "slash") for d in ("front", "left", "right")]
    assert [Pose.parse(name) for name in names] == list(sprites_layers.POSES)


def test_the_authors_order_and_numbers(folder):
    """Character n has body, bottom, top, hair as base-6 digits; the order is RandomState(423)'s."""
    sheets = write_sheets(folder.parent / "six", (6, 6, 6, 6))
    source = sprites_layers.layer_source(sheets)
    numbers = source.attributes @ [216, 36, 6, 1]
    np.testing.assert_array_equal(numbers, np.random.RandomState(423).permutation(1296))
    assert source.characters[0] == "-".join(map(str, source.attributes[0])) and source.frames_sha256 is None


def test_any_number_of_variants(tmp_path):
    sheets = write_sheets(tmp_path, (1, 3, 2, 4))
    (tmp_path / "body" / "notes.txt").write_text("no sheet")
    source = sprites_layers.layer_source(sheets, None)
    assert source.shape[0] == 24
    np.testing.assert_array_equal(source.attributes.max(axis=0), [0, 2, 1, 3])
    assert sprites_layers.layer_source(sheets, 1).shape[0] == 1
    with pytest.raises(ValueError, match="variants must be >= 1, got 0"):
        sprites_layers.layer_source(sheets, 0)


def test_the_fingerprint_is_the_content_of_what_is_used(folder):
    first = sprites_layers.layer_source(folder, 2).fingerprint
    assert sprites_layers.layer_source(write_sheets(folder.parent / "copy"), 2).fingerprint == first
    (folder / "hair" / "2.png").write_bytes((folder / "hair" / "0.png").read_bytes())  # not used
    assert sprites_layers.layer_source(folder, 2).fingerprint == first
    (folder / "hair" / "1.png").write_bytes((folder / "hair" / "0.png").read_bytes())
    assert sprites_layers.layer_source(folder, 2).fingerprint != first


def test_missing_sheets_are_named(folder):
    with pytest.raises(FileNotFoundError, match=r"lacks body/2.png, bottomwear/2.png, topwear/2.png, hair/2.png$"):
        sprites_layers.layer_source(folder, 3)
    (folder / "hair" / "0.png").unlink()
    (folder / "shoes" / "1.png").unlink()
    for variants in (2, None):
        with pytest.raises(FileNotFoundError, match="lacks hair/0.png, shoes/1.png$"):
            sprites_layers.layer_source(folder, variants)


def test_sheets_of_another_size_or_mode_are_named(folder):
    image = Image.open(folder / "body" / "0.png")
    image.crop((0, 0, 13 * SIDE, 20 * SIDE)).save(folder / "body" / "0.png")
    with pytest.raises(ValueError, match="body/0.png is 52x80; expected sheets of one size, 13 columns and 21 rows"):
        sprites_layers.layer_source(folder, 2)
    image.convert("RGB").save(folder / "body" / "0.png")
    with pytest.raises(ValueError, match=r"without transparency hide the layers below: \['body/0.png \(RGB\)'\]"):
        sprites_layers.layer_source(folder, 2)
    (folder / "body" / "0.png").write_bytes((folder / "body" / "1.png").read_bytes()[:200])
    with pytest.raises(ValueError, match="body/0.png cannot be read as an image"):
        sprites_layers.layer_source(folder, 2)


def test_all_sheets_may_be_of_a_wrong_size(folder):
    for file in folder.glob("*/*.png"):
        Image.new("RGBA", (50, 84)).save(file)
    with pytest.raises(ValueError, match="body/0.png is 50x84, body/1.png is 50x84"):
        sprites_layers.layer_source(folder, 2)


def test_the_authors_frames():
    """All 93,312 of them, about 10 seconds."""
    if not ASSETS.is_dir():
        pytest.skip(f"{ASSETS} is not there")
    source, digest = sprites_layers.layer_source(ASSETS), hashlib.sha256()
    for character in range(len(source.characters)):
        digest.update(source.make_frames(character).tobytes())
    expected = "aec1d11677b31470867d9ee6c6339f80522dd72b0ed2aca351872e1b8f80f288"
    assert digest.hexdigest() == source.frames_sha256 == expected
