"""Records of runs: what is none, and in what two differ."""

import json

import pytest

from gpvae_tf.training.run_record import RunFolderError, describe, differences, read_record


def test_differences_are_named():
    old, new = (
        describe("ball", {"m": 15, "seed": 0, "steps": 5}, {}),
        describe("ball", {"m": 10, "seed": 0, "steps": 9}, {}),
    )
    assert differences(old, new, ignore=("steps",)) == ["m: 15 there, 10 asked for"]
    older = describe("ball", {"m": 15, "seed": 0}, {})  # from before there was --steps
    assert differences(older, old, defaults={"steps": 5, "m": 7}) == []
    assert differences(older, old, defaults={"steps": 6}) == ["steps: 6 there, 5 asked for"]
    given, elsewhere, none = (describe("ball", {"file": file}, {}) for file in ("/a/x.npz", "/b/x.npz", None))
    alike = dict(ignore=("file",), given_alike=("file",))
    assert differences(given, elsewhere, **alike) == differences(none, none, **alike) == []
    assert differences(given, none, **alike) == ["file: '/a/x.npz' there, None asked for"]
    assert differences(none, given, **alike) == ["file: None there, '/a/x.npz' asked for"]
    assert differences(old, describe("mnist", old["config"], {})) == ["experiment: ball there, mnist asked for"]


@pytest.mark.parametrize("content", [None, "{", json.dumps({"no": 1}), json.dumps([])])
def test_record_that_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(RunFolderError, match="config.json"):
        read_record(tmp_path)


def test_a_path_below_home_is_the_same_in_records_of_both_forms(monkeypatch):
    monkeypatch.setenv("HOME", "/home/u")
    old, new = ({"experiment": "x", "config": {"data_dir": folder}} for folder in ("~/data", "/home/u/data"))
    assert differences(old, new) == []


def test_a_path_is_the_same_however_it_was_recorded(tmp_path, monkeypatch):
    """Earlier versions recorded --times as it was given."""
    monkeypatch.chdir(tmp_path)
    old, asked = (
        {"experiment": "a", "config": {"times": path}} for path in ("t.csv", str(tmp_path.resolve() / "t.csv"))
    )
    assert differences(old, asked) == []
    other = {"experiment": "a", "config": {"times": str(tmp_path.resolve() / "u.csv")}}
    assert len(differences(old, other)) == len(differences(asked, other)) == 1
