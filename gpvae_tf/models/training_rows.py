"""Batches that say which rows of a training set they hold."""

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.models.masks import points_of
from gpvae_tf.types import Batch


def rows_of(batch: Batch) -> tf.Tensor:
    """Rows of the training set that a batch holds, [1, n].

    Raises:
      ValueError: if "index" is missing or has another shape, or there is a "mask" of whole images.
      tf.errors.InvalidArgumentError: if a mask of entries leaves nothing of an image.
    """
    if "index" not in batch:
        raise ValueError(f"batch needs 'index' [1, n], the rows of train_inputs; it has {', '.join(sorted(batch))}")
    observations, mask = tf.convert_to_tensor(batch["observations"]), batch.get("mask")
    if mask is not None:
        text = "every image of a GPPVAE batch is a training image, none can be missing"
        mask = tf.convert_to_tensor(mask)
        if mask.shape.rank != observations.shape.rank:
            raise ValueError(f"batch has a 'mask' of whole images; {text}, only entries of it: [1, n, *event]")
        tf.debugging.assert_equal(tf.reduce_all(points_of(mask, 2)), True, f"mask leaves nothing of an image; {text}")
    index = tf.convert_to_tensor(batch["index"])
    check_shape("index", index, (1, observations.shape[1]))
    return index


class TrainingRows:
    """The inputs of a training set, by which a batch's rows are checked.

    Args:
      inputs: [N, D], of all training images.
    """

    def __init__(self, inputs: np.ndarray):
        self._inputs = inputs

    def of_batch(self, batch: Batch) -> np.ndarray:
        """The rows of the training set that a batch holds, [n].

        Raises:
          ValueError: if there is no such row, or its inputs are others than the batch's.
        """
        index, inputs = np.ravel(rows_of(batch)), np.asarray(batch["inputs"])[0]
        if index.size and not 0 <= index.min() <= index.max() < len(self._inputs):
            raise ValueError(
                f"index has {index.min()} to {index.max()}; train_inputs has rows 0 to {len(self._inputs) - 1}"
            )
        expected = self._inputs.astype(inputs.dtype)[index]
        if inputs.shape == expected.shape and not np.allclose(inputs, expected, rtol=1e-6, atol=1e-9):
            row = int(np.argmax(~np.isclose(inputs, expected, rtol=1e-6, atol=1e-9).all(axis=-1)))
            raise ValueError(
                f"batch has the inputs {inputs[row]} where index says row {index[row]} of train_inputs, which has "
                f"{expected[row]}: the prior is that of the training images, and a batch holds some of these"
            )
        return index
