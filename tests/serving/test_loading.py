"""`serving.load`: the right version, inputs that fit, and a word on files of a newer TensorFlow."""

import logging

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from gpvae_tf import serving
from gpvae_tf._keras import keras
from gpvae_tf.serving.loading import written_by


def servable(factor: float = 2.0) -> serving.Servable:
    made = serving.Servable(keras.Sequential([keras.layers.InputLayer((2,)), keras.layers.Dense(1)]))
    arguments = dict(x=tf.TensorSpec([None, 2], tf.float32), num=tf.TensorSpec([], tf.int32))
    made.offer("times", lambda x, num: {"y": factor * x * tf.cast(num, tf.float32)}, **arguments)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    for number in range(1, 11):
        if number in (1, 9, 10):
            servable(number).write_version(folder)
        else:
            (folder / str(number)).mkdir()
    return folder


def test_the_newest_counts_if_none_is_named(folder):
    asked = dict(x=np.ones((1, 2), np.float32), num=1)
    assert serving.load(folder)(**asked)["y"].numpy().tolist() == [[10.0, 10.0]]
    assert serving.load(folder, 9)("times", **asked)["y"].numpy().tolist() == [[9.0, 9.0]]
    assert serving.load(str(folder / "1"))(**asked)["y"].numpy().tolist() == [[1.0, 1.0]]
    with pytest.raises(FileNotFoundError, match="holds versions 1, 9, 10; version 4 was asked for"):
        serving.load(folder, 4)  # which holds nothing
    with pytest.raises(FileNotFoundError, match="holds no SavedModel$"):
        serving.load(folder / "2")


def test_version_0_is_one_like_any_other(tmp_path):
    servable(3).write_version(tmp_path)
    (tmp_path / "1").rename(tmp_path / "0")
    servable(5).write_version(tmp_path)
    assert [serving.load(tmp_path, version).path.name for version in (0, None)] == ["0", "1"]


def test_what_does_not_fit_is_named(folder):
    served, x = serving.load(folder), np.ones((1, 2), np.float32)
    for wrong, message in (
        (dict(x=x.astype(np.float64), num=1), "serving_default: x has dtype float64; expected float32"),
        (dict(x=x, num=np.float32(1)), "serving_default: num has dtype float32; expected int32"),
        (dict(x=[["a", "b"]], num=1), "serving_default: x is made of str.*; expected float32"),
        (dict(x=x, num=1.5), "serving_default: num is made of float64; expected int32"),
        (dict(x=x, num=2**32 + 1), "serving_default: num has 4294967297 .*; expected -2147483648 to 2147483647"),
        (dict(x=x[:, :1], num=1), r"serving_default: x has shape \(1, 1\); expected \[\?, 2\]"),
        (dict(x=x), "takes num, x; missing or unknown: num$"),
        (dict(x=x, num=1, y=x), "missing or unknown: y$"),
    ):
        with pytest.raises(ValueError, match=message):
            served(**wrong)
    with pytest.raises(ValueError, match="signature is 'divide'; .* has serving_default, times"):
        served("divide", x=x, num=1)


def test_a_file_of_a_newer_tensorflow_is_told_in_a_sentence(tmp_path):
    path = servable().write_version(tmp_path)
    assert written_by(path) == tf.__version__
    file = path / "saved_model.pb"
    model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    model.meta_graphs[0].meta_info_def.tensorflow_version = "2.99.1"
    file.write_bytes(model.SerializeToString())
    assert set(serving.load(tmp_path).signatures) == {"times", "serving_default"}  # newer is no fault by itself
    for node in model.meta_graphs[0].graph_def.library.function[0].node_def:
        node.op = "OperationOfTheFuture"
    file.write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match=f"was written by TensorFlow 2.99.1 and cannot be read by {tf.__version__}"):
        serving.load(tmp_path)
    model.meta_graphs[0].meta_info_def.tensorflow_version = "2.0.0"
    file.write_bytes(model.SerializeToString())
    with pytest.raises(Exception, match="OperationOfTheFuture"):
        serving.load(tmp_path)


def test_loading_tells_nothing_of_gradients_that_were_left_out(tmp_path):
    """TensorFlow warns, through the logger of absl, of every function whose gradient of its own was not saved."""

    @tf.custom_gradient
    def doubled(x):
        return 2.0 * x, lambda upstream: upstream

    made = serving.Servable(keras.Sequential([keras.layers.InputLayer((2,)), keras.layers.Dense(1)]))
    inner = tf.function(doubled, input_signature=[tf.TensorSpec([None], tf.float32)])
    made.offer("double", lambda x: {"y": inner(x)}, x=tf.TensorSpec([None], tf.float32))
    made.write_version(tmp_path)
    told, logger = [], logging.getLogger("absl")
    listener = logging.Handler()
    listener.emit = lambda record: told.append(record.getMessage())
    logger.addHandler(listener)
    try:
        tf.saved_model.load(str(tmp_path / "1"))
        noise = len(told)
        serving.load(tmp_path)
    finally:
        logger.removeHandler(listener)
    assert noise and len(told) == noise, told
