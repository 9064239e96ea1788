import os
import platform
import threading
import time

import numpy as np
import pytest

from gpvae_tf.files import (
    HeldByAnother,
    atomic_folder,
    atomic_write,
    check_disk_space,
    delete_temporaries,
    holding,
    locked,
)


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


def test_a_lock_is_held_by_one_at_a_time(tmp_path):
    inside, most = [], []

    def work():
        with locked(tmp_path / "a.txt"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6 and os.listdir(tmp_path) == []


def test_a_lock_that_its_holder_deletes_while_another_looks_at_it_is_taken_anew(tmp_path, monkeypatch):
    looked, fstat = [], os.fstat

    def deleted_meanwhile(descriptor):
        if not looked:
            (tmp_path / ".a.txt.lock").unlink()
        looked.append(descriptor)
        return fstat(descriptor)

    monkeypatch.setattr(os, "fstat", deleted_meanwhile)
    with locked(tmp_path / "a.txt"):
        assert len(looked) == 2 and os.listdir(tmp_path) == [".a.txt.lock"]
    assert os.listdir(tmp_path) == []


def test_a_lock_is_free_after_an_exception(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), locked(tmp_path / "a.txt"):
            raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []


def test_the_room_of_a_folder_that_is_not_there_yet(tmp_path):
    check_disk_space(tmp_path / "new" / "folder" / "a.npy", 1, "data_dir")
    with pytest.raises(OSError, match=r"data_dir = .*/new/folder has room for [\d,]+ bytes, but a.npy needs 1,0{3}"):
        check_disk_space(tmp_path / "new" / "folder" / "a.npy", 10**30, "data_dir")
    assert os.listdir(tmp_path) == []


def test_a_file_that_cannot_be_written_is_named_as_it_was_asked_for(tmp_path):
    """One with a name that is too long for the ending of what is not whole yet, and a folder."""
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / ("a" * 250), tmp_path / "folder"):
        with pytest.raises(OSError, match=f"'{path}'$"), atomic_write(path):
            pass
    assert os.listdir(tmp_path) == ["folder"]
    with pytest.raises(FileNotFoundError, match="'other'$"), atomic_write(tmp_path / "a"):
        open("other")


def test_a_new_folder_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "made" / "folder"
    for name in ("old", "new"):
        with atomic_folder(path) as folder:
            (folder / name).write_text("")
            assert not path.exists() or os.listdir(path) == ["old"]
        assert os.listdir(path) == [name] and os.listdir(path.parent) == ["folder"]


def test_an_exception_in_the_middle_leaves_the_old_folder_and_no_other(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(KeyboardInterrupt), atomic_folder(path) as folder:
        (folder / "half").write_text("")
        raise KeyboardInterrupt
    assert os.listdir(path) == [] and os.listdir(tmp_path) == ["folder"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interruption_between_old_and_new_folder_leaves_the_old_one(tmp_path, monkeypatch, when):
    """A folder cannot be replaced in one step; a signal between the two took both away."""
    path, replace, moves = tmp_path / "folder", os.replace, []
    path.mkdir()
    (path / "old").write_text("")

    def interrupted(source, target):
        moves.append(source)
        if len(moves) == 2:
            if when == "after":
                replace(source, target)
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt), atomic_folder(path) as folder:
        (folder / "new").write_text("")
    assert os.listdir(tmp_path) == ["folder"] and os.listdir(path) == ["old" if when == "before" else "new"]


def test_what_killed_processes_left_is_deleted_and_nothing_else(tmp_path, monkeypatch):
    """The names are those that the writers themselves give."""
    mine = [".hidden.tmp", "a.tmp", ".a.0123.tmp", ".b.txt"]
    for name in mine:
        (tmp_path / name).write_text("")
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_, **__: None)
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt), atomic_write(tmp_path / "a.txt"):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), atomic_folder(tmp_path / "model") as folder:
        (folder / "half").write_text("")
        raise KeyboardInterrupt
    monkeypatch.undo()
    assert len(os.listdir(tmp_path)) == len(mine) + 2
    delete_temporaries(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted(mine)


def test_a_lock_that_is_not_waited_for_names_who_holds_it(tmp_path):
    lock = tmp_path / ".lock"
    with holding(lock, wait=False):
        with pytest.raises(HeldByAnother, match=f"^process {os.getpid()} on {platform.node()}$"):
            with holding(lock, wait=False):
                pass
    assert not lock.exists()
    lock.write_text("process 1 on another host\n")  # of a killed process
    with holding(lock, wait=False):
        assert lock.read_text() == f"process {os.getpid()} on {platform.node()}\n"
    assert not lock.exists()
