"""Cached arrays: made once, made again when damaged, never half written."""

import hashlib
import warnings
from pathlib import Path

import numpy as np
import pytest

from gpvae_tf.datasets import cache

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "b": np.array([True, False])}


class Maker:
    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return ARRAYS


@pytest.fixture
def make():
    return Maker()


def assert_arrays(loaded):
    assert sorted(loaded) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(loaded[name], array)


def test_made_once_with_a_checksum_beside_it(tmp_path, make):
    path = tmp_path / "new" / "folder" / "x.npz"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            assert_arrays(cache.load_or_make(path, make))
    assert make.calls == 1
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["x.npz", "x.npz.sha256"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.with_name("x.npz.sha256").read_text() == f"{digest}  x.npz\n"


@pytest.mark.parametrize("what", ["a bit", "the end", "no record", "an empty record"])
def test_damaged_files_are_made_again_with_a_warning(tmp_path, make, what):
    path, record = tmp_path / "x.npz", tmp_path / "x.npz.sha256"
    cache.load_or_make(path, make)
    content = bytearray(path.read_bytes())
    if what == "a bit":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif what == "the end":
        path.write_bytes(content[:-10])
    elif what == "no record":
        record.unlink()
    else:
        record.write_text("")
    with pytest.warns(UserWarning, match="x.npz does not have the SHA-256 recorded beside it; it is made again"):
        assert_arrays(cache.load_or_make(path, make))
    assert make.calls == 2
    assert_arrays(cache.load_or_make(path, make))
    assert make.calls == 2


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    cache.write_npz(path, ARRAYS)
    with pytest.raises(TypeError, match="c has dtype object; plain arrays only"):
        cache.write_npz(path, {"c": np.array([object()])})

    def full_disk(file, **arrays):
        file.write(b"half of it")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="No space left"):
        cache.write_npz(path, {"a": np.zeros(3)})
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.npz"]
    assert_arrays(np.load(path))


def test_where_the_folder_is(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "environment"))
    assert cache.folder(tmp_path) == tmp_path
    assert cache.folder() == tmp_path / "environment"
    monkeypatch.delenv(cache.FOLDER_VARIABLE)
    assert cache.folder() == Path.home() / ".cache" / "gpvae_tf"
    assert cache.folder("~/x") == Path.home() / "x"
