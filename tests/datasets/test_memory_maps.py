"""Arrays on disk: written once, whole or not at all, within the disk's room, and given up after reading."""

import hashlib
import os
import shutil
import threading
import time
import types

import numpy as np
import pytest

from gpvae_tf.datasets import memory_maps

ARRAY = np.random.default_rng(0).integers(0, 256, (5, 7, 11), np.uint8)


class Maker:
    def __init__(self, rows=ARRAY):
        self.rows, self.calls = rows, 0

    def __call__(self):
        self.calls += 1
        yield from self.rows


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "a.npy"


def load(path, make, **options):
    return memory_maps.load_or_write(path, ARRAY.shape, make, **options)


def test_written_once_and_mapped(path):
    make = Maker()
    for _ in range(2):
        array = load(path, make, content_sha256=hashlib.sha256(ARRAY.tobytes()).hexdigest())
        assert isinstance(array, np.memmap) and not array.flags.writeable
        np.testing.assert_array_equal(array, ARRAY)
    assert make.calls == 1 and sorted(os.listdir(path.parent)) == ["a.npy", "a.npy.sha256"]
    np.save(path.with_name("b.npy"), ARRAY)
    assert path.read_bytes() == path.with_name("b.npy").read_bytes()


def test_a_damaged_file_is_written_again(path):
    make = Maker()
    load(path, make)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="a.npy does not have the SHA-256 recorded beside it"):
        np.testing.assert_array_equal(load(path, make), ARRAY)
    assert make.calls == 2


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_write_leaves_nothing_and_starts_anew(path, error):
    def interrupted():
        yield from ARRAY[:3]
        raise error

    with pytest.raises(error):
        load(path, interrupted)
    assert os.listdir(path.parent) == []
    np.testing.assert_array_equal(load(path, Maker()), ARRAY)


def test_what_a_killed_process_left_is_deleted(path):
    path.parent.mkdir()
    for name in (".a.npy.0123.tmp", ".a.npy.lock"):
        path.with_name(name).write_bytes(b"half")
    path.with_name(".b.npy.0123.tmp").write_bytes(b"another's")
    np.testing.assert_array_equal(load(path, Maker()), ARRAY)
    assert sorted(os.listdir(path.parent)) == [".b.npy.0123.tmp", "a.npy", "a.npy.sha256"]


def test_one_writes_and_the_others_wait(path):
    class Slow(Maker):
        def __call__(self):
            time.sleep(0.2)  # so that the others find no file, and wait
            yield from super().__call__()

    makes, found = [Slow() for _ in range(4)], []
    threads = [threading.Thread(target=lambda make=make: found.append(load(path, make))) for make in makes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(make.calls for make in makes) == 1 and len(found) == 4
    for array in found:
        np.testing.assert_array_equal(array, ARRAY)
    assert sorted(os.listdir(path.parent)) == ["a.npy", "a.npy.sha256"]


def test_a_disk_without_room_is_refused_before_work(path, monkeypatch):
    make, needed = Maker(), 128 + ARRAY.size
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: types.SimpleNamespace(free=needed - 1))
    with pytest.raises(
        OSError, match=f"data_dir = .*new has room for {needed - 1} bytes, but a.npy needs {needed} bytes"
    ):
        load(path, make)
    assert make.calls == 0 and os.listdir(path.parent) == []
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: types.SimpleNamespace(free=needed))
    load(path, make)
    assert path.stat().st_size == needed


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (ARRAY[:4], {}, r"4 rows for an array of shape \(5, 7, 11\)"),
        (ARRAY[:, :6], {}, r"row 0 is uint8 \(6, 11\); expected uint8 \(7, 11\)"),
        (ARRAY.astype(int), {}, r"row 0 is int64 \(7, 11\)"),
        (ARRAY, {"content_sha256": "00"}, "the array has SHA-256 .*; expected 00 from these sources"),
    ],
)
def test_other_rows_are_refused(path, rows, options, message):
    with pytest.raises(ValueError, match=message):
        load(path, Maker(rows), **options)
    assert os.listdir(path.parent) == []


def test_pages_are_given_up_after_reading(tmp_path):
    """Resident memory, from /proc, of 64 MB that were read and released."""
    size = 2**26
    rows = np.ones((64, size // 64), np.uint8)
    array = memory_maps.load_or_write(tmp_path / "big.npy", rows.shape, lambda: rows)

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = resident()
    array.max()
    assert resident() - before > size // 2
    memory_maps.release(array)
    assert resident() - before < size // 4
    assert array[-1, -1] == 1
    memory_maps.release(np.zeros(3))
