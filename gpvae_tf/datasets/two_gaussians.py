"""The toy data of CP-VAE: scalars from a mixture of two Gaussians (Section 5.1)."""

import dataclasses

import numpy as np

from gpvae_tf.checks import at_least_one
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.datasets.image_sets import ImageSet

SIZES = {"train": 50_000, "validation": 10_000, "test": 10_000}  # the paper has 50,000 and names no others
DEVIATION = 0.1  # standard deviation of a Gaussian decoder, equal to that of the mixture's components

_STREAMS = {"train": 0, "validation": 1, "test": 2}


@dataclasses.dataclass(frozen=True)
class TwoGaussians:
    """p(x) = 1/2 N(x; 0.1, 0.1^2) + 1/2 N(x; 1, 0.1^2), as "observations" of one pixel for a Gaussian decoder.

    The paper's "N(0.1, 0.1)" does not say whether 0.1 is a variance; its code takes it for a standard deviation, and
    with a variance the two modes would overlap.

    Attributes:
      means: means of the two components.
      deviations: their standard deviations, > 0.
    """

    means: tuple[float, float] = (0.1, 1.0)
    deviations: tuple[float, float] = (0.1, 0.1)

    def __post_init__(self):
        if not min(self.deviations) > 0:
            raise ValueError(f"deviations must be positive, got {self.deviations}")

    def sample(self, num: int, seed: int | tuple[int, ...] = 0) -> tuple[np.ndarray, np.ndarray]:
        """Draws `num` values [num] float32, with the components they come from [num]."""
        generator = np.random.default_rng(seed)
        component = generator.integers(0, 2, num)
        values = generator.normal(np.take(self.means, component), np.take(self.deviations, component))
        return values.astype(np.float32), component

    def split(self, name: str, num: int = 50_000, *, seed: int = 0) -> ImageSet:
        """`num` values as images [num, 1, 1, 1] with their components for labels; splits of a seed are independent.

        Raises:
          ValueError: if `num` is below 1 or the name is not "train", "validation" or "test".
        """
        at_least_one("num", num)
        values, component = self.sample(num, (seed, _STREAMS.get(name, 0)))
        return ImageSet(name, values.reshape(-1, 1, 1, 1), component, bounded=False)

    def density(self, x: np.ndarray) -> np.ndarray:
        """The density p(x) at points x of any shape."""
        x, means, deviations = np.asarray(x)[..., np.newaxis], np.asarray(self.means), np.asarray(self.deviations)
        densities = np.exp(-0.5 * np.square((x - means) / deviations)) / (deviations * np.sqrt(2.0 * np.pi))
        return densities.mean(axis=-1)


def load(mixture: TwoGaussians | None = None, *, seed: int = 0) -> Splits:
    """The mixture as splits of one-pixel images, on which every VAE of single images trains.

    Independent draws of it, [n, 1, 1, 1], not bounded; labels are the components they come from.

    Args:
      mixture: 1/2 N(0.1, 0.1^2) + 1/2 N(1, 0.1^2) if None.
      seed: random seed of the draws.
    """
    mixture = mixture or TwoGaussians()
    train, validation, test = (mixture.split(name, size, seed=seed) for name, size in SIZES.items())
    return Splits(train, validation, test, "scalars from two Gaussians")
