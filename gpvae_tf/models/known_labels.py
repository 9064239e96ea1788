"""Labels of some of a batch's images: "labels" [B], whole numbers, an image's category or -1 where none is known."""

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_shape
from gpvae_tf.models.input_checks import as_tensor
from gpvae_tf.types import Batch

LABELS, UNKNOWN = "labels", -1


def check_labels(batch: Batch, num_categories: int) -> None:
    """Refuses labels that are no categories; a batch without any is one of which none is known.

    Raises:
      ValueError: naming what came and what was expected.
    """
    if batch.get(LABELS) is None:
        return
    labels = as_tensor(batch[LABELS])
    if not labels.dtype.is_integer:
        raise ValueError(f"labels has dtype {labels.dtype.name}; expected whole numbers, {UNKNOWN} where none is known")
    check_shape("labels", labels, [as_tensor(batch["observations"]).shape[0]])
    wrong = np.asarray(labels)[(labels < UNKNOWN) | (labels >= num_categories)]
    if wrong.size:
        raise ValueError(
            f"labels has {wrong[0]}; expected categories 0, ..., {num_categories - 1}, or {UNKNOWN} where none is known"
        )


def labels_of(batch: Batch, num_categories: int) -> tf.Tensor:
    """A batch's labels, [B], int32; -1 for all images of a batch without any.

    Raises:
      tf.errors.InvalidArgumentError: in compiled code, for a label that is no category; not in what XLA compiled.
    """
    if batch.get(LABELS) is None:
        return tf.fill(tf.shape(batch["observations"])[:1], UNKNOWN)
    labels = tf.cast(batch[LABELS], tf.int32)
    known = (labels >= UNKNOWN) & (labels < num_categories)
    message = f"labels has one outside -1, ..., {num_categories - 1}"
    with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(known), [message, labels])]):
        return tf.identity(labels)
