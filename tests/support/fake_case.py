"""A case for a clone that the tests make up: importable, so that the clone's process can find `theirs`."""

import numpy as np

from gpvae_tf.comparison.case import Case, OurValue, Repository

CLONE = """
import sys
import tensorflow as tf
import seaborn as sns
from sklearn.decomposition import PCA

def forward(x):
    scale = tf.Variable(tf.truncated_normal([3]), name="scale")
    order = tf.random.shuffle(tf.range(3))
    noise = tf.random.normal(shape=(2, 3), mean=1.0, stddev=2.0)
    tf.log(x)  # gone in TensorFlow 2
    return tf.gather(x * scale, order, axis=1) + noise, sys.dont_write_bytecode
"""


def inputs():
    """Small numbers, one text."""
    x = np.arange(1.0, 7.0, dtype=np.float32).reshape(2, 3)
    noise = np.array([[0.1, -0.2, 0.3], [0.0, 0.5, -1.0]], np.float32)
    scale, order = np.array([1.0, 2.0, 3.0], np.float32), np.array([2, 0, 1], np.int32)
    return {"x": x, "noise": noise, "scale": scale, "order": order, "module": np.array("fake_model")}


def theirs(original, given):
    """`forward` with the given weights and draws."""
    with original.draws([given["noise"]], [given["order"]]):
        sampled, no_bytecode = original.module(str(given["module"])).forward(original.tf.constant(given["x"]))
    result = original.run({"sampled": sampled}, [given["scale"]])
    return {**result, "double": np.float64(result["sampled"]).sum(), "no bytecode": np.array(float(no_bytecode))}


def ours(given):
    """The same by numpy, and what must be told apart from it."""
    exact = (given["x"] * given["scale"])[:, given["order"]] + 1.0 + 2.0 * given["noise"]
    total = np.float64(exact).sum()
    return [
        OurValue("sampled", exact),
        OurValue("sampled", exact * np.float32(1.01), "changed"),
        OurValue("sampled", exact * np.float32(1.01), "known", "B1"),
        OurValue("sampled", exact * np.nan, "not finite", "B1"),
        OurValue("sampled", exact * np.float32(1.0005), "slack", slack=10.0),
        OurValue("double", total * (1 + 1e-5), "float64"),
        OurValue("no bytecode", np.array(1.0)),
    ]


CASE = Case("fake", Repository("tests/fake", ("fake_model.py",)), inputs, theirs, ours)
