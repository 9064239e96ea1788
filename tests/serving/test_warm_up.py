"""Warm-up requests: TensorFlow Serving's file of them, and what is left out of it."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from gpvae_tf import serving
from gpvae_tf._keras import keras
from gpvae_tf.serving import warm_up
from gpvae_tf.serving.requests import free


@pytest.fixture
def servable():
    made = serving.Servable(keras.Sequential([keras.layers.InputLayer((2,)), keras.layers.Dense(1)]))
    made.offer("double", lambda x: {"y": 2.0 * x}, x=free([None, 3], axes="N", example=None))

    def picky(num):
        with tf.control_dependencies([tf.debugging.Assert(num > 5, ["num is too small"])]):
            return {"y": tf.identity(num)}

    made.offer("picky", picky, num=free([], tf.int32, example=3))
    made.offer("content", picky, num=free([], tf.int32, example=6))
    return made


def test_the_file_is_where_a_server_looks_and_holds_what_is_answered(servable, tmp_path):
    """One failing request keeps a server from taking a SavedModel, so it is no part of it."""
    file = servable.write_version(tmp_path) / "assets.extra" / "tf_serving_warmup_requests"
    records = [record.numpy() for record in tf.data.TFRecordDataset(str(file))]
    requests = [prediction_log_pb2.PredictionLog.FromString(record).predict_log.request for record in records]
    assert [request.model_spec.signature_name for request in requests] == ["double", "content"]
    np.testing.assert_array_equal(tf.make_ndarray(requests[0].inputs["x"]), np.zeros((1, 3), np.float32))
    number = tf.make_ndarray(requests[1].inputs["num"])
    assert number == 6 and number.dtype == np.int32


def test_without_the_messages_there_is_no_file(servable, tmp_path, monkeypatch):
    monkeypatch.setattr(warm_up, "possible", lambda: False)
    path = servable.write_version(tmp_path)
    assert not (path / "assets.extra").exists() and serving.load(path)("double", x=[[1.0, 2.0, 3.0]])
