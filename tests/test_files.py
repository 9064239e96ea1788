import os

import numpy as np
import pytest

from gpvae_tf.files import atomic_write


def test_the_new_content_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"
    for text in ("ä", "b"):
        with atomic_write(path) as file:
            file.write(text)
            assert not path.exists() or path.read_text(encoding="utf-8") == "ä"
        assert path.read_text(encoding="utf-8") == text and os.listdir(path.parent) == ["a.txt"]


def test_bytes(tmp_path):
    with atomic_write(tmp_path / "a.npz", "wb") as file:
        np.savez(file, x=np.arange(3))
    with np.load(tmp_path / "a.npz") as content:
        np.testing.assert_array_equal(content["x"], [0, 1, 2])


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_in_the_middle_leaves_the_old_file_and_no_other(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error):
        with atomic_write(path) as file:
            file.write("half of the ne")
            file.flush()
            assert len(os.listdir(tmp_path)) == 2
            raise error
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_a_failed_replacement_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(PermissionError), atomic_write(path) as file:
        file.write("new")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_appending_is_refused(tmp_path):
    with pytest.raises(ValueError, match="mode must be 'w' or 'wb', got 'a'"):
        with atomic_write(tmp_path / "a.txt", "a"):
            pass
