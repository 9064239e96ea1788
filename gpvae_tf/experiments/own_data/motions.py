"""BasicMotions (UEA archive): 80 recordings of a wrist's accelerometer and gyroscope, 100 times of 6 channels each.

The two .ts files lie in the packages aeon and sktime, in datasets/data/BasicMotions.
"""

from pathlib import Path

import numpy as np

from gpvae_tf.experiments.own_data.parts import Part
from gpvae_tf.files import expanded

INTERVAL = 0.1  # seconds between two times


def load(folder: str | Path, name: str, *, hidden: float = 0.2, gap: int = 0, horizon: int = 0, seed: int = 0) -> Part:
    """The recordings of one of the archive's two parts, with values hidden.

    Args:
      folder: that of the .ts files.
      name: "TRAIN" or "TEST", 40 recordings each.
      hidden: share of single values that is hidden at random; of no effect with a gap or a horizon.
      gap: hides this many times in a row, all channels, at a random place of every recording.
      horizon: hides this many times, all channels, at the end of every recording.
      seed: of what is hidden.

    Raises:
      FileNotFoundError: if the folder has no such file.
      ValueError: if the file is no .ts file of recordings, or a gap leaves less than 5 times on either side of it, or a
        horizon less than 10 before it.
    """
    path = expanded(folder) / f"BasicMotions_{name}.ts"
    if not path.is_file():
        raise FileNotFoundError(f"folder = {folder} has no file {path.name}")
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [line.split(":")[:-1] for line in lines if line and line[0] not in "@#"]  # the last field is the class
    try:
        values = np.array([[channel.split(",") for channel in row] for row in rows], np.float64).transpose(0, 2, 1)
    except ValueError as error:
        raise ValueError(f"{path} is no .ts file of recordings of one length: {error}") from error
    rng = np.random.default_rng(seed)
    mask = np.ones(values.shape, bool)
    if gap > (most := values.shape[1] - 11):
        raise ValueError(f"gap must be <= {most} in recordings of {values.shape[1]} times, got {gap}")
    if horizon > (most := values.shape[1] - 10):
        raise ValueError(f"horizon must be <= {most} in recordings of {values.shape[1]} times, got {horizon}")
    if horizon:
        mask[:, -horizon:] = False
    elif gap:
        for row, start in zip(mask, rng.integers(5, values.shape[1] - gap - 5, len(mask))):
            row[start : start + gap] = False
    else:
        mask = rng.uniform(size=values.shape) >= hidden
    return Part(values, INTERVAL * np.arange(values.shape[1]), mask)
