"""The entries of arrays that a score counts: the missing ones, or all."""

import numpy as np

from gpvae_tf.entry_masks import checked_entries


def chosen(where: np.ndarray | None, **arrays: np.ndarray) -> list[np.ndarray]:
    """The entries of arrays of one shape that count, [k] each, float64.

    Args:
      where: see `selection`.
      arrays: of one shape, by the names that errors call them.

    Raises:
      ValueError: naming the array that has another shape than the first or an entry that is not finite where it
        counts; and see `selection`.
    """
    values = {name: np.asarray(array, np.float64) for name, array in arrays.items()}
    first, *_ = values
    for name, array in values.items():
        if array.shape != values[first].shape:
            raise ValueError(f"{name} has shape {array.shape}; expected that of {first}, {values[first].shape}")
    where = selection(where, values[first].shape)
    values = {name: array[where] for name, array in values.items()}
    check_finite(**values)
    return list(values.values())


def selection(where: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """A boolean array of a shape, from one of that shape or of its first axes only; all of it for None.

    Raises:
      ValueError: if `where` is not boolean, has another shape, or chooses nothing.
    """
    entries = checked_entries("where", where, shape)
    if not entries.any():
        raise ValueError("where chooses no entry: there is nothing to score")
    return entries


def check_finite(**arrays: np.ndarray) -> None:
    """Refuses NaN and infinity.

    Raises:
      ValueError: naming the first array that has some.
    """
    for name, array in arrays.items():
        bad = np.count_nonzero(~np.isfinite(array))
        if bad:
            raise ValueError(f"{name} has {bad} entries that are not finite; choose the entries that count by where")
