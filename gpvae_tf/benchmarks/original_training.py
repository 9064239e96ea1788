"""Training in a clone's process: a clock, and rotated MNIST of the real sizes in a `tf.data` pipeline like theirs.

The images are random, because time does not depend on pixels.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from gpvae_tf.benchmarks.suite import WARM_UP, seconds_of
from gpvae_tf.comparison.case import Repository
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.comparison.runner import run_in_original

OBJECTS, TRAINED, ANGLES, VECTOR_DIM = 400, 360, 15, 8  # a table of 400 object vectors, 360 of them in training images


class OriginalSteps(NamedTuple):
    """Training steps of a graph of the authors'.

    Attributes:
      repository: the one whose clones have the graph.
      job: builds the graph and trains it in the clone's process.
      steps, warm_up: how many steps are timed, and how many are run before them and not timed.
      options: further arrays that the job is given.
    """

    repository: Repository
    job: Callable[[Original, Arrays], Arrays]
    steps: int = 32
    warm_up: int = WARM_UP
    options: Arrays = MappingProxyType({})

    def seconds(self, clone: str | Path) -> float:
        """Median seconds of a step.

        Raises:
          OriginalError: if the clone could not be run.
        """
        given = {"steps": np.array(self.steps), "warm_up": np.array(self.warm_up), **self.options}
        result = run_in_original(Path(clone), {"time": self.job}, {"time": given}, gpu=True)
        return float(np.median(result["time"]["seconds"]))


def observed(num_data: int) -> np.ndarray:
    """A mask [TRAINED, ANGLES] that is True for `num_data` random ones of the training objects' images."""
    kept = np.random.default_rng(0).permutation(TRAINED * ANGLES)[:num_data]
    return np.isin(np.arange(TRAINED * ANGLES), kept).reshape(TRAINED, ANGLES)


def rows(mask: np.ndarray) -> np.ndarray:
    """Object id, angle and object vector of the images in a mask, sorted by object, as the authors' code has them.

    The shape is [N, 2 + M].
    """
    ids, angles = np.nonzero(mask)
    vectors = object_vectors()[ids]
    return np.concatenate([ids[:, None], angles[:, None] * 2.0 * np.pi / (ANGLES + 1), vectors], axis=1)


def numbered(data: np.ndarray) -> np.ndarray:
    """The same with the image's number before the other columns, as GPPVAE's and deep SVIGP's scripts have it."""
    return np.concatenate([np.arange(len(data))[:, None], data], axis=1)


def object_vectors() -> np.ndarray:
    """Random object vectors [OBJECTS, M]."""
    return np.random.default_rng(1).normal(0.0, 1.5, (OBJECTS, VECTOR_DIM))


def images(number: int) -> np.ndarray:
    """Random images [number, 28, 28, 1]."""
    return np.random.default_rng(2).uniform(size=(number, 28, 28, 1))


def batches(original: Original, data: np.ndarray, batch_size: int) -> tuple[tuple[Any, Any], Any]:
    """Tensors (images, auxiliary data) of the next mini-batch, and the operation that starts their stream."""
    dataset = original.tf.data.Dataset
    slices = (dataset.from_tensor_slices(array) for array in (images(len(data)), data))
    stream = dataset.zip(tuple(slices)).batch(batch_size).repeat()
    iterator = original.tf.data.make_initializable_iterator(stream)
    return iterator.get_next(), iterator.initializer


def train(
    original: Original, given: Arrays, loss: Any, start: Any, fed: Mapping[Any, Any] | None = None, name: str = ""
) -> Arrays:
    """Trains a graph by Adam; TensorFlow optimises the graph in the first step, which needs a warm-up for that reason.

    Args:
      original: the clone.
      given: the numbers of "steps" to time and of "warm_up" steps before them.
      loss: the tensor that is minimised.
      start: the operation that starts the stream of mini-batches.
      fed: values of placeholders, fed at every step.
      name: only variables with this in their name are trained.

    Returns:
      The "seconds" of every timed step.

    Raises:
      FloatingPointError: if the loss is not finite after the last step.
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
