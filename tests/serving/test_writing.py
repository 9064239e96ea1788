"""A SavedModel is written beside its folder: whole or not at all, and over nothing but another SavedModel."""

import gc
import os
import weakref

import pytest
import tensorflow as tf
from tensorflow.python.framework import ops

from gpvae_tf import serving
from gpvae_tf._keras import keras


@pytest.fixture
def servable():
    model = keras.Sequential([keras.layers.InputLayer((2,)), keras.layers.Dense(1)])
    made = serving.Servable(model)
    made.offer("double", lambda x: {"y": 2.0 * x}, x=tf.TensorSpec([None], tf.float32))
    return made


def test_an_older_one_is_replaced(servable, tmp_path):
    folder = tmp_path / "made" / "saved_model"
    servable.write(folder)
    (folder / "of_the_older_one").write_text("")
    servable.write(folder)
    assert not (folder / "of_the_older_one").exists() and os.listdir(folder.parent) == ["saved_model"]
    served = tf.saved_model.load(str(folder)).signatures["double"]
    assert served(x=tf.constant([3.0]))["y"].numpy() == [6.0]


def test_nothing_is_left_of_one_that_was_read_and_let_go(tmp_path):
    """TensorFlow keeps the gradients that a SavedModel has, and with them its graphs."""
    made = serving.Servable(keras.Sequential([keras.layers.InputLayer((2,)), keras.layers.Dense(1)]))
    square = tf.custom_gradient(lambda x: (x * x, lambda upstream: 2.0 * x * upstream))
    made.offer("square", lambda x: {"y": square(x)}, x=tf.TensorSpec([None], tf.float32))
    made.write(tmp_path / "saved_model")
    before = len(ops.gradient_registry._registry)
    reference = weakref.ref(tf.saved_model.load(str(tmp_path / "saved_model")).signatures["square"].graph)
    gc.collect()
    assert reference() is None and len(ops.gradient_registry._registry) == before


def test_a_full_disk_is_one_sentence_and_leaves_the_older_one(servable, tmp_path, monkeypatch):
    folder = tmp_path / "saved_model"
    servable.write(folder)
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))

    def fails(_, place, **__):
        (tmp_path / place / "half").write_text("")
        raise tf.errors.ResourceExhaustedError(None, None, "variables; No space left on device\nmany more lines")

    monkeypatch.setattr(tf.saved_model, "save", fails)
    with pytest.raises(OSError, match=f"^the SavedModel {folder} cannot be written: .*No space left on device$"):
        servable.write(folder)
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before
    assert os.listdir(tmp_path) == ["saved_model"]


def test_nothing_else_is_overwritten(servable, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=f"^{tmp_path} exists and is no SavedModel; nothing was written"):
        servable.write(tmp_path)
    assert os.listdir(tmp_path) == ["mine.txt"]


def test_every_export_is_a_version_of_its_own(servable, tmp_path):
    folder = tmp_path / "served"
    assert [servable.write_version(folder) for _ in range(2)] == [folder / "1", folder / "2"]
    assert servable.write_version(folder, keep=1) == folder / "3" and os.listdir(folder) == ["3"]
    answers = [serving.load(place)(x=[3.0])["y"] for place in (folder, folder / "3")]
    assert answers == [[6.0], [6.0]]


def test_one_without_versions_still_loads_and_is_replaced(servable, tmp_path):
    folder = tmp_path / "served"
    servable.write(folder)
    assert serving.load(folder).path == folder and serving.load(folder)(x=[1.0])["y"] == [2.0]
    assert servable.write_version(folder) == folder / "1" and os.listdir(folder) == ["1"]


def test_versions_are_not_written_into_something_else(servable, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=f"^{tmp_path} exists and is no SavedModel; nothing was written"):
        servable.write_version(tmp_path)
    assert os.listdir(tmp_path) == ["mine.txt"]
    with pytest.raises(ValueError, match=r"\[1\]"):
        servable.write_version(tmp_path / "served[1]")


def test_a_full_disk_leaves_the_versions_there_are(servable, tmp_path, monkeypatch):
    servable.write_version(tmp_path)

    def fails(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "variables; No space left on device\nmany more lines")

    monkeypatch.setattr(tf.saved_model, "save", fails)
    with pytest.raises(OSError, match=f"^the SavedModel {tmp_path} cannot be written: .*No space left on device$"):
        servable.write_version(tmp_path)
    assert os.listdir(tmp_path) == ["1"]
