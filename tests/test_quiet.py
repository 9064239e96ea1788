"""What is held back of stderr, and what is not."""

import os
import sys

import pytest

from gpvae_tf import _quiet


def test_lines_with_a_text_are_dropped_and_others_come_after(capfd):
    with _quiet.without_lines(b"noise", b"din"):
        os.write(2, b"much noise here\nan error\n")
        os.write(2, b"din\nunfinished")
        assert capfd.readouterr().err == ""
    os.write(2, b" and on")
    assert capfd.readouterr().err == "an error\nunfinished and on"


def test_what_was_written_before_a_failure_is_shown(capfd):
    with pytest.raises(ImportError), _quiet.without_lines(b"noise"):
        os.write(2, b"why\nnoise\n")
        raise ImportError
    assert capfd.readouterr().err == "why\n"


@pytest.mark.parametrize(("level", "imported"), [("0", False), (None, True), (None, False)])
def test_imports_are_left_alone_where_the_user_chose_or_tensorflow_is_there(monkeypatch, level, imported):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.delenv(_quiet.LEVEL, raising=False)
    if level:
        monkeypatch.setenv(_quiet.LEVEL, level)
    if not imported:
        monkeypatch.delitem(sys.modules, "tensorflow")
    before = len(sys.meta_path)
    _quiet.install()
    _quiet.install()
    assert len(sys.meta_path) - before == (level is None and not imported)
