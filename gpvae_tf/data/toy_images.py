"""The toy mixture of CP-VAE (Section 5.1) as splits of one-pixel images, on which every VAE of single images trains."""

from gpvae_tf.data.binarization import Splits
from gpvae_tf.data.two_gaussians import TwoGaussians

SIZES = {"train": 50_000, "validation": 10_000, "test": 10_000}  # the paper has 50,000 and names no others
DEVIATION = 0.1  # standard deviation of a Gaussian decoder, equal to that of the mixture's components


def load(mixture: TwoGaussians | None = None, *, seed: int = 0) -> Splits:
    """Independent draws of the mixture, [n, 1, 1, 1], not bounded; labels are the components they come from.

    Args:
      mixture: 1/2 N(0.1, 0.1^2) + 1/2 N(1, 0.1^2) if None.
      seed: random seed of the draws.
    """
    mixture = mixture or TwoGaussians()
    train, validation, test = (mixture.split(name, size, seed=seed) for name, size in SIZES.items())
    return Splits(train, validation, test, "scalars from two Gaussians")
