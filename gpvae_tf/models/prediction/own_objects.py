"""Whether questions are about the objects of the context, where every data set holds the images of one object."""

from collections.abc import Iterable, Iterator

import numpy as np
import tensorflow as tf

from gpvae_tf.latent_gps.correlated import first_observed
from gpvae_tf.models.input_checks import as_tensor
from gpvae_tf.models.masks import points_of
from gpvae_tf.types import Batch


class OwnObjects:
    """The ids of a context's objects, of which those are known that have an image.

    Args:
      view_columns: leading input columns, those of the view; behind them is the id, or a vector in its place.
    """

    def __init__(self, view_columns: int):
        self._view_columns = view_columns
        self._ids, self._known = list[np.ndarray](), list[bool]()

    def noted(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The batches [B, n, ...] as they are, whose objects are noted as they pass; in compiled code they are not."""
        for batch in batches:
            if tf.executing_eagerly():
                self._note(batch)
            yield batch

    def _note(self, batch: Batch) -> None:
        ids, mask = self._ids_of(as_tensor(batch["inputs"])), batch.get("mask")
        seen = tf.ones(ids.shape[:-1], tf.bool) if mask is None else points_of(tf.convert_to_tensor(mask), ids.ndim - 1)
        has_points = ids.shape[-2] > 0
        own = first_observed(tf.constant(ids), seen).numpy() if has_points else np.zeros([len(ids), ids.shape[-1]])
        self._ids += list(own)
        self._known += tf.reduce_any(seen, axis=-1).numpy().tolist()

    def check(self, inputs: tf.Tensor) -> None:
        """Refuses eager inputs [B, s, D] that ask a data set about another object than its own.

        Raises:
          ValueError: with the ids of both.
        """
        if not self._ids:
            return
        asked, own = self._ids_of(inputs), np.stack(self._ids)
        dtype = min(asked.dtype, own.dtype, key=lambda dtype: dtype.itemsize)  # a vector may have been rounded to it
        differ = np.any(asked.astype(dtype) != own.astype(dtype)[:, np.newaxis], axis=-1)
        wrong = np.argwhere(differ & np.array(self._known)[:, np.newaxis])
        if wrong.size:
            row, place = wrong[0]
            raise ValueError(
                f"inputs asks for object {_text(asked[row, place])} in data set {row}, which is of object "
                f"{_text(own[row])} in the context: every data set is asked about its own, in the context's order"
            )

    def _ids_of(self, inputs: tf.Tensor) -> np.ndarray:
        return inputs.numpy()[..., self._view_columns :]


def _text(object_id: np.ndarray) -> str:
    return ", ".join(f"{number:.10g}" for number in object_id)
