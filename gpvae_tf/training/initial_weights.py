"""Weights that a run begins with and that take work to make: made once, and read when the run is continued."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from gpvae_tf.files import atomic_write
from gpvae_tf.files.readers import DamagedFileError, read_npz


def load_or_initialize(file: Path | None, variables: Sequence[tf.Variable], make: Callable[[], None]) -> None:
    """Gives variables the values that a file has, or else those of `make`, which are then written there.

    Args:
      file: .npz; None writes nothing.
      variables: what `make` gives values.
      make: does the work.

    Raises:
      DamagedFileError: if the file cannot be read, or holds other arrays than these variables take.
    """
    names = [f"weight_{i:02d}" for i in range(len(variables))]
    if file is not None and file.exists():
        arrays = read_npz(file)
        shapes = {name: tuple(variable.shape) for name, variable in zip(names, variables)}
        if {name: array.shape for name, array in arrays.items()} != shapes:
            raise DamagedFileError(
                f"{file} does not hold the weights of this network: other arrays, or of other shapes"
            )
        for name, variable in zip(names, variables):
            variable.assign(arrays[name])
        return
    make()
    if file is not None:
        with atomic_write(file, "wb") as stream:
            np.savez(stream, **{name: variable.numpy() for name, variable in zip(names, variables)})
