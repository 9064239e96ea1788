"""The file of --at, and the inputs of one that is an .npz."""

from pathlib import Path
from typing import Any

import numpy as np

from gpvae_tf import data
from gpvae_tf.cli.run_checks import check_time_kind
from gpvae_tf.data import SequenceData
from gpvae_tf.data.layout import array_time_kind
from gpvae_tf.files import expanded
from gpvae_tf.files.readers import read_npz


def there(path: str) -> Path:
    """The file of --at.

    Raises:
      FileNotFoundError: if there is none.
    """
    source = expanded(path)
    if not source.exists():
        raise FileNotFoundError(f"--at={path} is not there")
    return source


def inputs_of_npz(path: str, input_dim: int, time_kind: str | None) -> tuple[np.ndarray, dict[str, Any]]:
    """The array inputs [s, D] or [N, s, D] of a file, or its times [s] or [N, s] with an axis for D = 1.

    For D = 1 inputs may be [s], and times may be [N, s, 1].

    Returns:
      the inputs, and further arguments for `data.from_arrays`: lengths, where the file has them.
    """
    arrays = read_npz(expanded(path))
    if ("inputs" in arrays) == ("times" in arrays):
        raise ValueError(f"--at={path} has the arrays {', '.join(arrays) or 'none'}; expected inputs or times")
    name, inputs = next((name, arrays[name]) for name in ("inputs", "times") if name in arrays)
    check_time_kind(f"--at={path}", array_time_kind(inputs), time_kind)
    bare = (1, 2) if name == "times" else (1,)  # axes that it has where the one of D = 1 is left out
    made = inputs[..., np.newaxis] if inputs.ndim in bare and input_dim == 1 else inputs
    if made.ndim not in (2, 3) or made.shape[-1] != input_dim or (name == "times" and input_dim > 1):
        expected = f"inputs [s, {input_dim}] or [N, s, {input_dim}]"
        expected += ", or times [s] or [N, s]" if input_dim == 1 else ""
        raise ValueError(f"--at={path} has {name} of shape {inputs.shape}; expected {expected}")
    return made, {"lengths": arrays["lengths"]} if "lengths" in arrays else {}


def without_values(
    path: str, inputs: np.ndarray, num: int, event_shape: tuple[int, ...], **options: Any
) -> SequenceData:
    """Inputs [s, D] or [num, s, D] of an .npz, checked as those of data are, as sequences whose values are 0."""
    inputs = inputs if inputs.ndim == 3 else np.broadcast_to(inputs, (num, *inputs.shape))
    try:
        return data.from_arrays(np.zeros((num, inputs.shape[-2], *event_shape)), inputs, **options)
    except ValueError as error:
        raise ValueError(f"--at={path}: {error}") from error
