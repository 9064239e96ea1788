"""Any user's sequences as a training dataset, checked before any work is lost."""

import numpy as np
import tensorflow as tf

from gpvae_tf.shapes import at_least_one


def from_arrays(
    images: np.ndarray,
    inputs: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    batch_size: int,
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Batches {"observations", "inputs"[, "mask"]} of whole data sets for the latent-GP models.

    Args:
      images: [N, n, H, W, C], N data sets (videos) of n images.
      inputs: [N, n, D], or [n, D] if all data sets share them.
      mask: boolean [N, n], True = observed; missing frames may hold anything, NaN included.
      batch_size: data sets per batch.
      shuffle_seed: reshuffles every epoch, reproducibly, if given.

    Raises:
      ValueError: on a wrong rank, sizes that do not match, or an observed value that is not finite.
    """
    images, inputs = np.asarray(images, np.float32), np.asarray(inputs, np.float32)
    if images.ndim != 5:
        raise ValueError(f"images has shape {images.shape}; expected [N, n, H, W, C]")
    if inputs.ndim == 2:
        inputs = np.broadcast_to(inputs, (len(images), *inputs.shape))
    if inputs.ndim != 3 or inputs.shape[:2] != images.shape[:2]:
        raise ValueError(f"inputs has shape {inputs.shape}; expected [{images.shape[0]}, {images.shape[1]}, D]")
    at_least_one("batch_size", batch_size)
    tensors = {"observations": images, "inputs": inputs}
    if mask is not None:
        mask = np.asarray(mask)
        if mask.dtype != np.bool_ or mask.shape != images.shape[:2]:
            raise ValueError(f"mask is {mask.dtype} {mask.shape}; expected bool {images.shape[:2]}")
        if not mask.any(axis=1).all():
            raise ValueError(f"mask leaves no observed frame in data set {int(np.argmin(mask.any(axis=1)))}")
        tensors["observations"] = np.where(mask[..., None, None, None], images, np.float32(0))
        tensors["mask"] = mask
    for name in ("observations", "inputs"):
        bad = ~np.isfinite(tensors[name])
        if bad.any():
            where = tuple(int(i) for i in np.argwhere(bad)[0])
            raise ValueError(f"{name} has {int(bad.sum())} values that are not finite, the first at index {where}")
    dataset = tf.data.Dataset.from_tensor_slices(tensors)
    if shuffle_seed is not None:
        dataset = dataset.shuffle(len(images), seed=shuffle_seed, reshuffle_each_iteration=True)
    return dataset.batch(batch_size).prefetch(tf.data.AUTOTUNE)
