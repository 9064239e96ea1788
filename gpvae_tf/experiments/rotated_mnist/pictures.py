"""Pictures that both rotated-MNIST experiments draw of a run."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.datasets.rotated_splits import RotatedMNIST
from gpvae_tf.datasets.splits import Split

EXAMPLES = 12  # test images shown
UNSEEN = 2  # digits shown that were never trained on


def examples(split: Split) -> Split:
    """The images of a split that are shown, the first ones."""
    return split.take(np.arange(min(EXAMPLES, len(split.ids))))


def extrapolation(
    data: RotatedMNIST, sizes: Sequence[int], generate: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
) -> Figure:
    """Unseen digits at all angles, given more and more of their images (FGP-VAE Figure D.1).

    Args:
      data: the splits; the digits are the first of `eval`.
      sizes: numbers of context images.
      generate: makes images [k, A, H, W, C] at inputs [k, A, 2] (angle, id), given the images [k, A, H, W, C] at these
        inputs where a mask [k, A] is true.
    """
    views, angles = data.eval, data.angles
    of_each = [np.flatnonzero(views.ids == number) for number in np.unique(views.ids)[:UNSEEN]]
    rows = np.stack([of_one[np.argsort(views.angles[of_one])] for of_one in of_each])  # [digits, angles]
    images, inputs = views.images[rows], views.inputs[rows]
    rng = np.random.default_rng(0)
    order = np.stack([rng.permutation(len(angles)) for _ in rows])
    given = {size: np.argsort(order, axis=1) < size for size in sizes}
    generated = {size: generate(images, inputs, mask) for size, mask in given.items()}
    return plotting.extrapolation_grid(sizes, generated, images, angles=np.degrees(angles), context=given)
