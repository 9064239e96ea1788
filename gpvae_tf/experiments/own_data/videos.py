"""A folder of image sequences as a user may have one: PNG files, a CSV of irregular times, and missing frames.

A soft lamp moves in front of a wall that is lit from one side, and a camera adds noise to every pixel; the lamp's path
is drawn from a Gaussian process. The frames that are hidden lie in a second folder, for scoring.
"""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from gpvae_tf import data
from gpvae_tf.experiments.own_data.parts import Part
from gpvae_tf.files import atomic_write

SIZE, FRAMES = 16, 24  # pixels a side, frames
LENGTH_SCALE, AMPLITUDE = 3.0, 3.0  # of the path: frames, pixels
RADIUS, BRIGHTNESS, NOISE = 2.0, 0.5, 0.04  # of the lamp: pixels, and grey values between 0 and 1


def write(folder: str | Path, num: int, *, hidden: float = 0.2, seed: int = 0) -> None:
    """Writes FOLDER/all and FOLDER/given, which lacks the hidden frames, with the times all.csv and given.csv.

    Args:
      folder: made if it is not there.
      num: sequences.
      hidden: share of the frames that is hidden.
      seed: of everything.
    """
    folder, rng = Path(folder).expanduser(), np.random.default_rng(seed)
    lines: dict[str, list[tuple[str, str, str]]] = {"all": [], "given": []}
    for number in range(num):
        name, times = f"video{number:03d}", np.cumsum(rng.uniform(0.5, 1.5, FRAMES))
        images, visible = draw(times, rng), rng.uniform(size=FRAMES) >= hidden
        visible[0] = True  # a sequence without any frame is refused
        for frame, (time, image, is_visible) in enumerate(zip(times, images, visible, strict=True)):
            file = f"frame{frame:02d}.png"
            for kind in ("all", "given") if is_visible else ("all",):
                with atomic_write(folder / kind / name / file, "wb") as out:
                    Image.fromarray(np.uint8(np.round(255.0 * np.clip(image, 0.0, 1.0)))).save(out, "PNG")
            lines["all"].append((name, file, f"{time:.4f}"))
            lines["given"].append((name, file if is_visible else "", f"{time:.4f}"))
    for kind, rows in lines.items():
        with atomic_write(folder / f"{kind}.csv", newline="") as out:
            csv.writer(out).writerows([("sequence", "file", "time"), *rows])


def draw(times: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The frames [n, SIZE, SIZE] of a sequence at times [n], grey values."""
    covariance = np.exp(-0.5 * np.square((times[:, None] - times) / LENGTH_SCALE))
    path = np.linalg.cholesky(covariance + 1e-6 * np.eye(len(times))) @ rng.normal(size=(len(times), 2))
    centre = (SIZE - 1) / 2.0 + AMPLITUDE * path  # [n, 2], rows and columns
    grid = np.arange(SIZE)
    row, column = (np.square(grid - centre[:, axis, None]) for axis in (0, 1))
    lamp = np.exp(-0.5 * (row[:, :, None] + column[:, None, :]) / RADIUS**2)
    wall = 0.2 + 0.1 * grid / SIZE
    return wall + BRIGHTNESS * lamp + NOISE * rng.normal(size=lamp.shape)


def load(folder: str | Path) -> Part:
    """The sequences that `write` wrote: values from FOLDER/all, and as visible what FOLDER/given has."""
    folder = Path(folder).expanduser()
    whole, given = (data.from_folder(folder / kind, times=folder / f"{kind}.csv") for kind in ("all", "given"))
    values = np.asarray(whole.observations, np.float64)
    visible = np.ones(values.shape[:2], bool) if given.mask is None else given.mask
    return Part(values, whole.inputs[..., 0], np.broadcast_to(visible[..., None, None, None], values.shape))
