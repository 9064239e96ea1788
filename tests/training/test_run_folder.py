"""A run's folder: one process at a time, what killed processes left, and continuations that would lose something."""

import errno
import fcntl

import pytest
import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.training.checkpoints import CheckpointError, Checkpoints
from gpvae_tf.training.run_folder import open_run
from gpvae_tf.training.run_lock import LOCK, hold
from gpvae_tf.training.run_record import DATA, RunFolderError, describe, read_record
from gpvae_tf.training.scores import read_scores, write_scores


def save(folder, steps):
    """A checkpoint of a model that has taken so many steps."""
    model = keras.Sequential([keras.layers.InputLayer((1,)), keras.layers.Dense(1)])
    model.steps = tf.Variable(steps, dtype=tf.int64)
    Checkpoints(folder, model).save(1)


def test_another_process_in_the_folder_is_named_and_a_killed_one_does_not_matter(tmp_path):
    """A lock belongs to who opened the file, so this process can play both."""
    with (tmp_path / LOCK).open("a+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        print("process 7 on elsewhere", file=other, flush=True)
        with pytest.raises(RunFolderError, match=f"^{tmp_path} is in use by process 7 on elsewhere: wait"):
            with hold(tmp_path):
                pass
    assert (tmp_path / LOCK).exists()  # as the system leaves it when a process is killed
    with hold(tmp_path):
        pass
    assert not (tmp_path / LOCK).exists()


def test_a_file_system_without_locks_is_warned_of(tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fails)
    with pytest.warns(UserWarning, match=f"{tmp_path} has no locks"), hold(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot write the output folder"), hold(tmp_path / "file" / "run"):
        pass


def test_leftovers_are_deleted_when_a_run_is_continued(tmp_path):
    record = describe("ball", {"steps": 5}, {})
    open_run(tmp_path, record, resume=False)
    (tmp_path / "checkpoints" / "ckpt-4_temp").mkdir(parents=True)
    (tmp_path / f".config.json.{'a' * 32}.tmp").write_text("half")
    (tmp_path / f".saved_model.{'b' * 32}.tmp").mkdir()
    for place in ("model", "worker_1"):  # that of another process of the run, which may be writing
        (tmp_path / place).mkdir()
        (tmp_path / place / f".a.json.{'c' * 32}.tmp").write_text("half")
    (tmp_path / "notes.txt").write_text("mine")
    open_run(tmp_path, record, resume=True)
    left = {"config.json", "checkpoints", "notes.txt", "model", "worker_1", f".a.json.{'c' * 32}.tmp"}
    assert {path.name for path in tmp_path.rglob("*")} == left and not list((tmp_path / "model").iterdir())


def test_scores_stay_until_training_goes_on(tmp_path):
    """It may fail before that, as checkpoints may be damaged."""
    open_run(tmp_path, describe("ball", {"steps": 5}, {}), resume=False, num_steps=5)
    save(tmp_path / "checkpoints", 5)
    write_scores(tmp_path, 5, {"rmse": 0.5})
    open_run(tmp_path, describe("ball", {"steps": 9}, {}), resume=True, may_differ=("steps",), num_steps=9)
    assert read_scores(tmp_path) is not None


def test_a_start_that_cannot_go_on_leaves_no_trace(tmp_path):
    """Of a run whose checkpoints are all damaged; one that is whole is enough."""
    open_run(tmp_path, describe("ball", {"steps": 5}, {}), resume=False, num_steps=5)
    save(tmp_path / "checkpoints", 5)
    again = lambda: open_run(
        tmp_path, describe("ball", {"steps": 9}, {}), resume=True, may_differ=("steps",), num_steps=9
    )
    (data,) = (tmp_path / "checkpoints").glob("ckpt-1.data-*")
    index, whole = data.with_name("ckpt-1.index"), data.read_bytes()
    data.with_name(data.name.replace("ckpt-1", "ckpt-2")).write_bytes(whole[:-3])
    data.with_name("ckpt-2.index").write_bytes(index.read_bytes())
    data.write_bytes(whole[:-3])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(CheckpointError, match="no checkpoint could be restored:\n.*/ckpt-2: .*\n.*/ckpt-1: "):
        again()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    data.write_bytes(whole)
    assert again() and len(read_record(tmp_path)["resumed"]) == 1


def test_the_flag_that_names_another_folder(tmp_path):
    open_run(tmp_path, describe("ball", {}, {}), resume=False)
    with pytest.raises(RunFolderError, match="already holds a run: continue it with --resume, or choose another --out"):
        open_run(tmp_path, describe("ball", {}, {}), resume=False, flag="--out")


def test_every_start_records_the_data_that_it_read(tmp_path):
    for number in range(2):
        open_run(tmp_path, describe("ball", {}, {}) | {DATA: {"digest": number}}, resume=number > 0)
    record = read_record(tmp_path)
    assert record[DATA] == {"digest": 0} and [start[DATA] for start in record["resumed"]] == [{"digest": 1}]


@pytest.mark.parametrize("resume", [True, False])
def test_leftovers_of_a_run_that_never_began_are_deleted(resume, tmp_path):
    """It was killed while it wrote its first config.json."""
    (tmp_path / f".config.json.{'a' * 32}.tmp").write_text("half")
    assert not open_run(tmp_path, describe("ball", {"steps": 5}, {}), resume=resume)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_fewer_steps_than_done_change_nothing(tmp_path):
    record = describe("ball", {"steps": 5}, {})
    options = dict(may_differ=("steps",))
    open_run(tmp_path, record, resume=False)
    save(tmp_path / "checkpoints", steps=5)
    before = (tmp_path / "config.json").read_bytes()
    with pytest.raises(RunFolderError, match="has done 5 training steps, and 3 are asked for in all"):
        open_run(tmp_path, describe("ball", {"steps": 3}, {}), resume=True, num_steps=3, **options)
    assert (tmp_path / "config.json").read_bytes() == before
    open_run(tmp_path, describe("ball", {"steps": 9}, {}), resume=True, num_steps=9, **options)
    assert read_record(tmp_path)["config"] == {"steps": 9}


def test_checkpoints_without_their_record_are_not_trained_over(tmp_path):
    save(tmp_path / "checkpoints", steps=5)
    for resume in (False, True):
        with pytest.raises(RunFolderError, match="config.json is gone"):
            open_run(tmp_path, describe("ball", {}, {}), resume=resume)


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


@pytest.mark.parametrize("name", ["lr[0.1]", "back\\slash"])
def test_places_that_checkpoints_cannot_be_read_from_are_refused(tmp_path, name):
    with pytest.raises(RunFolderError, match=r"the output folder has .* in its path, .*: TensorFlow writes a model"):
        open_run(tmp_path / name / "run", describe("ball", {}, {}), resume=False)
    assert list(tmp_path.iterdir()) == []
