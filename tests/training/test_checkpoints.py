"""Checkpoints: damage falls back with a warning, another model is refused."""

import warnings
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.training.callbacks import CsvLog
from gpvae_tf.training.checkpoint_files import delete_leftovers, numbers
from gpvae_tf.training.checkpoints import CheckpointError, Checkpoints, check_disk_space, trim_csv
from gpvae_tf.training.history import read_history
from gpvae_tf.training.optimizers import make_optimizer


def small_model(units: int = 3) -> keras.Model:
    model = keras.Sequential([keras.layers.InputLayer((2,)), keras.layers.Dense(units)])
    model.compile(optimizer=make_optimizer(), loss="mse")
    return model


def fill(model: keras.Model, value: float) -> None:
    """Gives all variables and all of the optimizer's slots a value."""
    for variable in (*model.variables, *model.optimizer.variables):
        variable.assign(tf.cast(tf.fill(variable.shape, value), variable.dtype))


def values(model: keras.Model) -> set[float]:
    return {float(v) for variable in (*model.variables, *model.optimizer.variables) for v in np.ravel(variable)}


@pytest.fixture
def saved(tmp_path):
    """A folder with checkpoints of epochs 1 and 2, in which everything is 1 and 2."""
    model = small_model()
    checkpoints = Checkpoints(tmp_path, model)
    for epoch in (1, 2):
        fill(model, epoch)
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


@pytest.mark.parametrize("file", ["ckpt-2.data-00000-of-00001", "ckpt-2.index"])
def test_a_flipped_bit_anywhere_falls_back_or_does_no_harm(saved, file):
    """Never a mixture of two checkpoints, nor damaged values, nor an exception when training goes on."""
    whole, model, rng, fell_back = (saved / file).read_bytes(), small_model(), np.random.default_rng(0), 0
    for place in rng.integers(0, 8 * len(whole), 50):
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        (saved / file).write_bytes(content)
        fill(model, 7.0)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            epoch = Checkpoints(saved, model).restore()
        assert values(model) == {float(epoch)}, place
        assert [str(each.message) for each in caught if "ckpt-2 is damaged" in str(each.message)][epoch == 1 :] == []
        fell_back += epoch == 1
    assert fell_back > 25


def test_room_is_looked_at_before_training(tmp_path, monkeypatch):
    """Three checkpoints of variables and slots, and the model at the end: 9 numbers; fewer where some lie there."""
    model, free = small_model(), 10 * 9 * 4
    monkeypatch.setattr("shutil.disk_usage", lambda _: mock.Mock(free=free))
    check_disk_space(tmp_path, model, "--out")
    free -= 1
    with pytest.raises(OSError, match=f"^--out = {tmp_path} has room for 359 bytes, but .* needs 360 bytes$"):
        check_disk_space(tmp_path, model, "--out")
    Checkpoints(tmp_path / "checkpoints", model).save(1)
    check_disk_space(tmp_path, model, "--out")


def test_all_damaged_is_an_error_that_names_them(saved):
    for epoch in (1, 2):
        (saved / f"ckpt-{epoch}.data-00000-of-00001").write_bytes(b"")
    with pytest.warns(UserWarning), pytest.raises(CheckpointError, match="(?s)ckpt-2.*ckpt-1"):
        Checkpoints(saved, small_model()).restore()


@pytest.mark.parametrize("content", [None, b"no text proto {", b"", b"\x00" * 90, bytes(range(128, 256))])
def test_lost_state_file_does_not_restart_the_run(saved, content):
    (saved / "checkpoint").unlink() if content is None else (saved / "checkpoint").write_bytes(content)
    model = small_model()
    with pytest.warns(UserWarning, match="does not list"):
        assert Checkpoints(saved, model).restore() == 2
    Checkpoints(saved, model).save(3)
    assert tf.train.latest_checkpoint(str(saved)) == str(saved / "ckpt-3")
    assert {path.name for path in saved.glob("*.index")} == {"ckpt-2.index", "ckpt-3.index"}


def test_other_programs_read_the_list_of_checkpoints(saved):
    """TensorFlow's manager, which earlier versions used, knows both and goes on with them."""
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(), str(saved), max_to_keep=2)
    assert manager.checkpoints == [str(saved / "ckpt-1"), str(saved / "ckpt-2")]
    moved = saved.rename(saved.with_name("moved"))
    assert tf.train.latest_checkpoint(str(moved)) == str(moved / "ckpt-2")


@pytest.mark.parametrize("name", ["ckpt-best.index", "ckpt-.index", "ckpt-2x.index"])
def test_a_file_of_somebody_elses_is_no_checkpoint(saved, name):
    (saved / "checkpoint").unlink()
    (saved / name).write_bytes(b"mine")
    model = small_model()
    with pytest.warns(UserWarning, match="does not list"):
        assert Checkpoints(saved, model).restore() == 2
    Checkpoints(saved, model).save(3)
    delete_leftovers(saved)
    assert (saved / name).exists()


def test_leftovers_of_killed_processes_are_deleted(saved):
    """Those of writing and of deleting a checkpoint, and nothing else."""
    before = {path.name for path in saved.iterdir()}
    (saved / "ckpt-3_temp").mkdir()
    (saved / "ckpt-3_temp" / "part-00000-of-00001.data-00000-of-00001").write_bytes(b"half")
    for name in ("ckpt-3.data-00000-of-00001", "ckpt-3.index.tempstate123", "checkpoint.tmp0af3"):
        (saved / name).write_bytes(b"half")
    (saved / "notes.txt").write_text("mine")
    delete_leftovers(saved)
    assert {path.name for path in saved.iterdir()} == before | {"notes.txt"}


def test_a_checkpoint_that_was_about_to_be_deleted_is(saved):
    """A process killed between listing the newest and deleting the oldest, in a run that was at its end."""
    whole = {path.name: path.read_bytes() for path in saved.glob("ckpt-1.*")}
    Checkpoints(saved, small_model()).save(3)
    for name, content in whole.items():
        (saved / name).write_bytes(content)
    written = (saved / "checkpoint").read_text()
    for listed, left in (("noise", [1, 2, 3]), (written, [2, 3])):  # a list that is lost says nothing
        (saved / "checkpoint").write_text(listed)
        delete_leftovers(saved)
        assert numbers(saved) == left
    assert not list(saved.glob("ckpt-1.*"))


def test_a_checkpoint_that_no_list_has_is_used_and_later_deleted(saved):
    """A process killed between writing a checkpoint and listing it, or between listing and deleting."""
    listed, model = (saved / "checkpoint").read_text(), small_model()
    checkpoints = Checkpoints(saved, model)
    fill(model, 3)
    checkpoints.save(3)
    (saved / "checkpoint").write_text(listed)
    with pytest.warns(UserWarning, match="does not list"):
        assert Checkpoints(saved, model).restore() == 3
    assert values(model) == {3.0}
    (saved / "ckpt-1.index").write_bytes((saved / "ckpt-2.index").read_bytes())
    Checkpoints(saved, model).save(4)
    assert {path.name.partition(".")[0] for path in saved.iterdir()} == {"checkpoint", "ckpt-3", "ckpt-4"}


def test_a_full_disk_is_one_sentence(saved, monkeypatch):
    def fails(self, path):
        (saved / "ckpt-3_temp").mkdir()
        raise tf.errors.ResourceExhaustedError(None, None, f"{path}; No space left on device\nmany more lines")

    monkeypatch.setattr(tf.train.Checkpoint, "write", fails)
    with pytest.raises(CheckpointError, match="ckpt-3 cannot be written.*No space left on device$"):
        Checkpoints(saved, small_model()).save(3)
    assert not (saved / "ckpt-3_temp").exists()


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
        ("epoch,elbo\n0,-3.0\n", ["epoch,elbo", "0,-3.0", "1,-2.0", "2,nan"]),  # a run from before "loss" was logged
        ("", ["epoch,elbo,loss", "1,-2.0,2.0", "2,nan,1.0"]),
        (None, ["epoch,elbo,loss", "1,-2.0,2.0", "2,nan,1.0"]),
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
    assert np.isnan(read_history(path)["elbo"][-1])
