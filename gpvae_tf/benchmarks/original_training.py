"""Training steps in a clone's process: rotated MNIST of the real sizes, a `tf.data` pipeline like theirs, a clock.

The images are random, because time does not depend on pixels.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gpvae_tf.benchmarks.suite import seconds_of
from gpvae_tf.comparison.original_process import Arrays, Original

OBJECTS, TRAINED, ANGLES, VECTOR_DIM = 400, 360, 15, 8  # a table of 400 object vectors, 360 of them in training images


def observed(num_data: int) -> np.ndarray:
    """[TRAINED, ANGLES], True for `num_data` random ones of the training objects' images."""
    kept = np.random.default_rng(0).permutation(TRAINED * ANGLES)[:num_data]
    return np.isin(np.arange(TRAINED * ANGLES), kept).reshape(TRAINED, ANGLES)


def rows(mask: np.ndarray) -> np.ndarray:
    """Their auxiliary data of the images in a mask: object id, angle, object vector; [N, 2 + M], by object."""
    ids, angles = np.nonzero(mask)
    vectors = object_vectors()[ids]
    return np.concatenate([ids[:, None], angles[:, None] * 2.0 * np.pi / (ANGLES + 1), vectors], axis=1)


def numbered(data: np.ndarray) -> np.ndarray:
    """The same with the image's number before the other columns, as GPPVAE's and deep SVIGP's scripts have it."""
    return np.concatenate([np.arange(len(data))[:, None], data], axis=1)


def object_vectors() -> np.ndarray:
    """[OBJECTS, M]."""
    return np.random.default_rng(1).normal(0.0, 1.5, (OBJECTS, VECTOR_DIM))


def images(number: int) -> np.ndarray:
    """[number, 28, 28, 1]."""
    return np.random.default_rng(2).uniform(size=(number, 28, 28, 1))


def batches(original: Original, data: np.ndarray, batch_size: int) -> tuple[tuple[Any, Any], Any]:
    """Tensors (images, auxiliary data) of the next mini-batch, and what starts their stream."""
    dataset = original.tf.data.Dataset
    slices = (dataset.from_tensor_slices(array) for array in (images(len(data)), data))
    stream = dataset.zip(tuple(slices)).batch(batch_size).repeat()
    iterator = original.tf.data.make_initializable_iterator(stream)
    return iterator.get_next(), iterator.initializer


def train(
    original: Original, given: Arrays, loss: Any, start: Any, fed: Mapping[Any, Any] | None = None, name: str = ""
) -> Arrays:
    """Takes Adam steps of a graph that is built; TensorFlow optimises it in the first, so warm up.

    Args:
      given: "steps" to time and "warm_up" before them.
      loss: what is minimised.
      start: starts the stream of mini-batches.
      fed: values of placeholders, fed at every step.
      name: part of the names of the variables that are trained.

    Returns:
      "seconds" of every step.

    Raises:
      FloatingPointError: if the loss does not stay finite.
    """
    tf = original.tf
    variables = [variable for variable in tf.trainable_variables() if name in variable.name]
    step = tf.train.AdamOptimizer(1e-3).minimize(loss, var_list=variables)
    losses = []
    with original.session() as session:
        session.run([tf.global_variables_initializer(), start])
        one = lambda: losses.append(session.run([step, loss], fed)[1])
        seconds = seconds_of(one, int(given["steps"]), int(given["warm_up"]))
    if not np.all(np.isfinite(losses[-1])):
        raise FloatingPointError(f"after {len(losses)} steps the loss is {losses[-1]}: there is nothing to time")
    return {"seconds": np.array(seconds)}
