"""Numbered versions in a folder: whole or not there, never overwritten, by however many processes at a time."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from gpvae_tf.files import versions, write_version
from gpvae_tf.files.versions import is_saved_model, may_hold_versions


def content(text):
    return lambda folder: (folder / "file").write_text(text)


def test_each_gets_the_next_number(tmp_path):
    folder = tmp_path / "made" / "served"
    assert versions(folder) == []
    assert [write_version(folder, content(text)).name for text in "ab"] == ["1", "2"]
    assert (folder / "1" / "file").read_text() == "a" and (folder / "2" / "file").read_text() == "b"
    (folder / "7").mkdir()
    for no_version in ("007", "x", "٣", ".8"):
        (folder / no_version).mkdir()
    (folder / "9").write_text("a file")
    assert versions(folder) == [1, 2, 7]
    assert write_version(folder, content("c")) == folder / "8"


def test_the_largest_number_counts_as_a_number(tmp_path):
    for number in (9, 10):
        (tmp_path / str(number)).mkdir()
    assert write_version(tmp_path, content("")).name == "11" and versions(tmp_path) == [9, 10, 11]


def test_old_ones_are_deleted_if_asked(tmp_path):
    for text in "abc":
        write_version(tmp_path, content(text), keep=2)
    assert versions(tmp_path) == [2, 3]
    write_version(tmp_path, content("d"))
    assert versions(tmp_path) == [2, 3, 4]


def test_versions_go_where_they_are_or_nothing_is(tmp_path):
    assert may_hold_versions(tmp_path / "new") and may_hold_versions(tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    assert not may_hold_versions(tmp_path) and not may_hold_versions(tmp_path / "mine.txt")
    write_version(tmp_path, lambda folder: (folder / "saved_model.pb").write_text(""))
    assert may_hold_versions(tmp_path) and not is_saved_model(tmp_path)
    assert is_saved_model(tmp_path / "1") and not may_hold_versions(tmp_path / "1")


@pytest.mark.parametrize("there_before", [True, False])
def test_half_of_one_is_never_left(there_before, tmp_path):
    folder = tmp_path / "served"
    if there_before:
        folder.mkdir()

    def fails(new):
        content("half")(new)
        assert versions(folder) == []
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="the power went"):
        write_version(folder, fails)
    assert folder.exists() == there_before and not (there_before and os.listdir(folder))


def test_another_process_may_take_the_number(tmp_path):
    def slow(new):
        content("slow")(new)
        write_version(tmp_path, content("quick"))

    assert write_version(tmp_path, slow).name == "2" and (tmp_path / "1" / "file").read_text() == "quick"
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda number: write_version(tmp_path, content(str(number))), range(40)))
    assert sorted(int(path.name) for path in written) == list(range(3, 43))
    assert [(path / "file").read_text() for path in written] == [str(number) for number in range(40)]
