"""Weights that are made once: read again, and never those of another network."""

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.files.readers import DamagedFileError
from gpvae_tf.training.initial_weights import load_or_initialize


def variables():
    return [tf.Variable([0.0, 0.0]), tf.Variable([[0]])]


def assigning(made, values):
    """What gives `made` these values."""
    return lambda: [variable.assign(value) for variable, value in zip(made, values, strict=True)]


def never():
    raise AssertionError("was made again")


def test_what_was_made_is_read(tmp_path):
    file, first, again = tmp_path / "weights.npz", variables(), variables()
    load_or_initialize(file, first, assigning(first, ([1.0, 2.0], [[3]])))
    load_or_initialize(file, again, never)
    np.testing.assert_array_equal(again[0], [1.0, 2.0])
    np.testing.assert_array_equal(again[1], [[3]])
    assert [path.name for path in tmp_path.iterdir()] == ["weights.npz"]


def test_without_a_file_it_is_made_every_time():
    made = variables()
    load_or_initialize(None, made, assigning(made, ([1.0, 2.0], [[3]])))
    with pytest.raises(AssertionError, match="made again"):
        load_or_initialize(None, made, never)


def test_what_ended_early_is_not_kept(tmp_path):
    with pytest.raises(AssertionError):
        load_or_initialize(tmp_path / "weights.npz", variables(), never)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("other", [[tf.Variable([0.0, 0.0])], [tf.Variable([0.0]), tf.Variable([[0]])]])
def test_another_networks_weights_are_refused(tmp_path, other):
    load_or_initialize(tmp_path / "weights.npz", variables(), lambda: None)
    with pytest.raises(DamagedFileError, match="weights.npz does not hold the weights of this network"):
        load_or_initialize(tmp_path / "weights.npz", other, never)


def test_a_damaged_file_is_named(tmp_path):
    load_or_initialize(tmp_path / "weights.npz", variables(), lambda: None)
    content = (tmp_path / "weights.npz").read_bytes()
    (tmp_path / "weights.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedFileError, match="weights.npz"):
        load_or_initialize(tmp_path / "weights.npz", variables(), never)
