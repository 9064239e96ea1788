"""Checkpoints: damage falls back with a warning, another model is refused; the run folder guards its contents."""

import json

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.training.callbacks import CsvLog
from gpvae_tf.training.checkpoints import CheckpointError, Checkpoints, trim_csv
from gpvae_tf.training.optimizers import make_optimizer
from gpvae_tf.training.run_folder import RunFolderError, describe, differences, open_run, read_record


def small_model(units: int = 3) -> keras.Model:
    model = keras.Sequential([keras.layers.InputLayer((2,)), keras.layers.Dense(units)])
    model.compile(optimizer=make_optimizer(), loss="mse")
    return model


@pytest.fixture
def saved(tmp_path):
    """A folder with checkpoints of epochs 1 and 2, whose kernels are all 1 and all 2."""
    model = small_model()
    checkpoints = Checkpoints(tmp_path, model)
    for epoch in (1, 2):
        model.layers[-1].kernel.assign(tf.fill([2, 3], float(epoch)))
        checkpoints.save(epoch)
    return tmp_path


def test_newest_is_restored(saved):
    model = small_model()
    assert Checkpoints(saved, model).restore() == 2
    np.testing.assert_array_equal(model.layers[-1].kernel, np.full((2, 3), 2.0))


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_damaged_newest_falls_back(saved, damage):
    data = saved / "ckpt-2.data-00000-of-00001"
    content = bytearray(data.read_bytes())
    if damage == "flip":
        # every variable's bytes are damaged, so the test does not depend on where the kernel lies
        data.write_bytes(bytes(b ^ 1 for b in content))
    elif damage == "truncate":
        data.write_bytes(content[:10])
    else:
        data.unlink()
    model = small_model()
    with pytest.warns(UserWarning, match="ckpt-2 is damaged"):
        assert Checkpoints(saved, model).restore() == 1
    np.testing.assert_array_equal(model.layers[-1].kernel, np.ones((2, 3)))


def test_all_damaged_is_an_error_that_names_them(saved):
    for epoch in (1, 2):
        (saved / f"ckpt-{epoch}.data-00000-of-00001").write_bytes(b"")
    with pytest.warns(UserWarning), pytest.raises(CheckpointError, match="(?s)ckpt-2.*ckpt-1"):
        Checkpoints(saved, small_model()).restore()


@pytest.mark.parametrize("content", [None, "no text proto {"])
def test_lost_state_file_does_not_restart_the_run(saved, content):
    (saved / "checkpoint").unlink() if content is None else (saved / "checkpoint").write_text(content)
    with pytest.warns(UserWarning, match="does not list"):
        assert Checkpoints(saved, small_model()).restore() == 2


def test_checkpoint_of_another_model_is_refused(saved):
    other = keras.Sequential([keras.layers.InputLayer((2,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    other.compile(optimizer=make_optimizer(), loss="mse")
    with pytest.raises(CheckpointError, match="another model"):
        Checkpoints(saved, other).restore()


def test_checkpoint_of_another_size_is_refused(saved):
    with pytest.warns(UserWarning, match="[Ss]hape"), pytest.raises(CheckpointError):
        Checkpoints(saved, small_model(units=4)).restore()


def test_no_checkpoint_means_epoch_zero(tmp_path):
    assert Checkpoints(tmp_path, small_model()).restore() == 0


def test_trim_csv_keeps_the_first_epochs(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,elbo\n0,-3.0\n1,-2.0\n2,-1.")
    trim_csv(path, 2)
    assert path.read_text() == "epoch,elbo\n0,-3.0\n1,-2.0\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("epoch,elbo\n0,-3.0\n", ["epoch,elbo", "0,-3.0", "1,-2.0", "2,NA"]),  # a run from before "loss" was logged
        ("", ["epoch,elbo,loss", "1,-2.0,2.0", "2,NA,1.0"]),
        (None, ["epoch,elbo,loss", "1,-2.0,2.0", "2,NA,1.0"]),
    ],
)
def test_a_log_keeps_the_columns_that_it_began_with(tmp_path, before, after):
    path = tmp_path / "metrics.csv"
    if before is not None:
        path.write_text(before)
    log = CsvLog(path)
    log.on_train_begin()
    log.on_epoch_end(1, {"loss": 2.0, "elbo": -2.0})
    log.on_epoch_end(2, {"loss": 1.0})
    log.on_train_end()
    assert path.read_text().splitlines() == after


def test_differences_are_named():
    old, new = (
        describe("ball", {"m": 15, "seed": 0, "steps": 5}, {}),
        describe("ball", {"m": 10, "seed": 0, "steps": 9}, {}),
    )
    assert differences(old, new, ignore=("steps",)) == ["m: 15 there, 10 asked for"]
    older = describe("ball", {"m": 15, "seed": 0}, {})  # from before there was --steps
    assert differences(older, old, defaults={"steps": 5, "m": 7}) == []
    assert differences(older, old, defaults={"steps": 6}) == ["steps: 6 there, 5 asked for"]
    assert differences(old, describe("mnist", old["config"], {})) == ["experiment: ball there, mnist asked for"]


def test_open_run_records_and_guards(tmp_path):
    folder, record = tmp_path / "a" / "run", describe("ball", {"m": 15}, {"jit": "off"})
    assert open_run(folder, record, resume=False) is False
    assert read_record(folder)["config"] == {"m": 15}
    assert {"tensorflow", "tf-keras", "tensorflow-probability"} <= read_record(folder)["versions"].keys()
    with pytest.raises(RunFolderError, match="already holds a run"):
        open_run(folder, record, resume=False)
    assert open_run(folder, record, resume=True) is True
    with pytest.raises(RunFolderError, match="m: 15 there, 3 asked for"):
        open_run(folder, describe("ball", {"m": 3}, {}), resume=True)


def test_unwritable_folder_is_one_clear_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(RunFolderError, match="cannot write the output folder"):
        open_run(blocked / "run", describe("ball", {}, {}), resume=False)


@pytest.mark.parametrize("content", [None, "{", json.dumps({"no": 1}), json.dumps([])])
def test_record_that_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(RunFolderError, match="config.json"):
        read_record(tmp_path)


@pytest.mark.parametrize("name", ["lr[0.1]", "back\\slash"])
def test_places_that_checkpoints_cannot_be_read_from_are_refused(tmp_path, name):
    with pytest.raises(RunFolderError, match=r"the output folder has .* in its path, .*: TensorFlow writes a model"):
        open_run(tmp_path / name / "run", describe("ball", {}, {}), resume=False)
    assert list(tmp_path.iterdir()) == []


def test_a_path_below_home_is_the_same_in_records_of_both_forms(monkeypatch):
    monkeypatch.setenv("HOME", "/home/u")
    old, new = ({"experiment": "x", "config": {"data_dir": folder}} for folder in ("~/data", "/home/u/data"))
    assert differences(old, new) == []
