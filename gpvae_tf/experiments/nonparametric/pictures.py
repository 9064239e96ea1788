"""The pictures of one run of the nonparametric VAE's script."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.datasets.image_sets import ImageSet
from gpvae_tf.experiments.config import RunOptions
from gpvae_tf.experiments.nonparametric.experiment import NpvaeExperiment
from gpvae_tf.experiments.nonparametric.models import Space
from gpvae_tf.models import embedding_space
from gpvae_tf.plotting import locations as planes

EMBEDDED = 10_000  # images of a split in a scatter, at most
PLACED = 1_500  # held-out images tried for a place in the plane
GRID, EXAMPLES, STEPS, PAIRS = 16, 12, 12, 4


def draw_run(folder: Path, experiment: NpvaeExperiment, options: RunOptions) -> dict[str, Figure]:
    """Draws held-out images, draws from the space, interpolations, and where the space is a plane, the plane."""
    space, splits, model = experiment.space(), experiment.splits, experiment.model
    test = splits.test.images[:EXAMPLES]
    rows = {f"from {space.name}": space.decode(space.embed(test))}
    if space.name != "Z":
        rows = {"from Z": model.reconstruct({"observations": tf.constant(test)}).numpy(), **rows}
    seed = tf.constant([experiment.config.seed, 0])
    drawn = space.draw(4 * EXAMPLES, seed).reshape(4, EXAMPLES, *model.event_shape)
    figures: dict[str, Figure] = {
        "held_out": plotting.conditional_generations(test, rows),
        "draws": planes.image_rows([{str(number + 1): row for number, row in enumerate(drawn)}]),
        "interpolation": planes.image_rows([_both(space, pair) for pair in pairs(splits.train)]),
    }
    if space.embed(test[:1]).shape[1] == 2:
        figures |= {"embedding": embedding(space, splits.train, splits.test), "grid": _grid(space, splits.train)}
    return figures


def embedding(space: Space, train: ImageSet, test: ImageSet) -> Figure:
    """The training and the test images in the plane, and images generated at test locations (Figure 2)."""
    shown = {name: embedded(space, split) for name, split in (("training images", train), ("test images", test))}
    points = shown["test images"][0][:PLACED]
    panels = {f"{space.name} of {name}": value for name, value in shown.items()}
    return planes.embedding_with_images(panels, points, space.decode(points))


def embedded(space: Space, split: ImageSet) -> planes.Embedding:
    """Points and classes of a split, of the first `EMBEDDED` images."""
    classes = np.zeros(len(split), int) if split.labels is None else split.labels
    return space.embed(split.images[:EMBEDDED]), classes[:EMBEDDED]


def pairs(train: ImageSet) -> list[np.ndarray]:
    """`PAIRS` pairs [2, H, W, C] of training images: successive ones of different classes."""
    classes = np.arange(len(train)) if train.labels is None else train.labels
    first = np.arange(0, len(train) - 1, 2)
    first = first[classes[first] != classes[first + 1]][:PAIRS]
    return [train.images[row : row + 2] for row in first]


def interpolated(space: Space, pair: np.ndarray) -> np.ndarray:
    """`STEPS` images [STEPS, H, W, C] on the line between two in the space."""
    return space.decode(embedding_space.line(tf.constant(space.embed(pair)), STEPS))


def _both(space: Space, pair: np.ndarray) -> dict[str, np.ndarray]:
    """The line in Z and, where there is one, that in X."""
    in_z = space.model.interpolate(pair[0], pair[1], STEPS).numpy()
    return {"in Z": in_z} if space.name == "Z" else {"in Z": in_z, f"in {space.name}": interpolated(space, pair)}


def _grid(space: Space, train: ImageSet) -> Figure:
    """A grid over the bulk of the training images: outliers would stretch it over empty parts."""
    points = space.embed(train.images[:EMBEDDED])
    low, high = np.percentile(points, [1, 99], axis=0)
    places = embedding_space.grid(np.clip(points, low, high), GRID)
    images = space.decode(places.reshape(-1, 2)).reshape(GRID, GRID, *space.model.event_shape)
    return planes.decoded_grid(places, images, space.name)
