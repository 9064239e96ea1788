"""What commands write, and what they never write over."""

import shutil

import pytest

from gpvae_tf.cli import writing
from tests.support.gpvae_command import SMALL, call


@pytest.mark.parametrize("command", ["impute", "predict"])
def test_a_form_that_the_data_lack_is_refused_before_work(command, run, table, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("gpvae_tf.cli.predict.fitted", None)
    at = [f"--at={table}"] if command == "predict" else []
    assert call(command, run, table, *at, f"--out={tmp_path / 'filled.nc'}") == 1
    assert "ends in '.nc'; expected .csv, .tsv, .parquet or .npz" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["impute", "predict", "evaluate", "sample"])
def test_what_is_read_is_not_replaced(command, run, table, tmp_path, capsys, monkeypatch):
    """Whatever its path is called, and before work."""
    copy = tmp_path / "a.csv"
    shutil.copyfile(table, copy)
    monkeypatch.chdir(tmp_path)
    at = [f"--at={copy}"] if command in ("predict", "sample") else []
    read = {"predict": [table], "sample": []}.get(command, [copy])
    for out in ("a.csv", f"../{tmp_path.name}/a.csv"):
        assert call(command, run, *read, *at, f"--out={out}") == 1
        expected = f"--out={out} is what {'--at' if at else 'IN'} names, which it would replace"
        assert expected in capsys.readouterr().err and copy.read_bytes() == table.read_bytes()


def test_frames_are_not_written_over_those_that_are_read(tmp_path):
    """A folder without sub-folders is a sequence of its own name."""
    (tmp_path / "video").mkdir()
    writing.check_out(str(tmp_path / "filled"), IN=str(tmp_path / "video"))
    with pytest.raises(
        ValueError, match=f"--out={tmp_path} holds the folder that IN names, whose frames would be repl"
    ):
        writing.check_out(str(tmp_path), IN=str(tmp_path / "video"))


def test_an_out_that_cannot_be_written_is_refused_before_work(run, table, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("gpvae_tf.models.LatentGPVAE.impute", None)  # which would take its time
    (tmp_path / "folder.csv").mkdir()
    times = [f"--at={table}"]
    for command, out, told in (
        (["impute", run, table], "folder.csv", "is a folder; expected the name of a file"),
        (["predict", run, table, *times], "folder.csv", "is a folder"),
        (["impute", run, table], f"{table}/filled.csv", f"lies in {table}, which is no folder"),
        (["evaluate", run, table], "scores.csv", "ends in '.csv'; expected .json"),
        (["evaluate", run, table], f"{run}/config.json", "is what RUN names, which it would replace"),
        (["sample", run, *times], "drawn.csv", "ends in '.csv'; expected .npz"),
    ):
        assert call(*command, f"--out={tmp_path / out}") == 1
        assert told in capsys.readouterr().err
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert call("impute", run, table, f"--out={tmp_path / 'a.csv'}") == 1
    assert f"lies in {tmp_path}, where nothing can be written" in capsys.readouterr().err


def test_other_files_that_are_read_are_not_replaced_either(run, table, tmp_path, capsys):
    """Nor is a run written among the images that it would be trained on."""
    times = tmp_path / "times.csv"
    times.write_text("file,time\n")
    for command in (["fit", tmp_path, *SMALL], ["evaluate", run, table]):
        for name, path in (("DATA", tmp_path), ("--times", times))[command[0] != "fit" :]:
            assert call(*command, f"--times={times}", f"--out={path}") == 1
            assert f"--out={path} is what {name} names" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["times.csv"] and times.read_text() == "file,time\n"
