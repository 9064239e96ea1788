"""How models of Gaussian pixels are trained (SVGP-VAE, FGP-VAE): learning rates, and what the presets differ in."""

from collections.abc import Callable
from typing import NamedTuple

from gpvae_tf.as_coded.geco import AsCodedGECO
from gpvae_tf.flags.choices import PRECISIONS
from gpvae_tf.objectives import GECO, Objective


class Learning(NamedTuple):
    """How Adam is run.

    Attributes:
      rate: its learning rate.
      cosine: whether the rate falls to zero along half a cosine.
      clip: largest norm of all gradients, nats per image of a data set in units of 1 / pixel variance; None for any.
    """

    rate: float
    cosine: bool = False
    clip: float | None = None


CONSTANT = Learning(1e-3)
# Without the clipping Adam's steps in the decoder resonate now and then at this rate, and the decoder's last ELU ends
# at -1 everywhere, where it has no gradient. Usual norms are 50 to 100.
FAST = Learning(1e-2, cosine=True, clip=100.0)


def geco(target: float, num_pixels: int, decay: float, log_range: tuple[float, float]) -> GECO:
    """GECO of --preset=paper."""
    return GECO(target, decay=decay, log_range=log_range)


def as_coded_geco(target: float, num_pixels: int, decay: float, log_range: tuple[float, float]) -> AsCodedGECO:
    """GECO of --preset=authors_code for pixel variance 1; its multiplier has no range."""
    return AsCodedGECO(target, pixels_per_nat=2.0 / num_pixels, decay=decay)


class PixelPreset(NamedTuple):
    """What an experiment's presets differ in.

    Attributes:
      learning: how Adam is run, unless the model has learning rates of its own.
      geco: makes the objective of --GECO from target, pixels of an image, decay and range of log lambda.
      constraint_label: name and unit of GECO's logged constraint.
      geco_precisions: values of --precision with which its multiplier does not overflow.
      shuffle: whether every epoch has batches of its own.
      precision: --precision if it is not given.
    """

    learning: Learning
    geco: Callable[[float, int, float, tuple[float, float]], Objective]
    constraint_label: str
    geco_precisions: tuple[str, ...]
    shuffle: bool
    precision: str


ROTATED_PRESETS = {
    "paper": PixelPreset(FAST, geco, "target - log p (nats per image)", PRECISIONS, shuffle=True, precision="float32"),
    # B18 and F2: GECO as coded; B19: the same batches every epoch; one constant learning rate; everything float64.
    "authors_code": PixelPreset(
        CONSTANT, as_coded_geco, "MSE - κ² (per pixel)", ("float64",), shuffle=False, precision="float64"
    ),
}
