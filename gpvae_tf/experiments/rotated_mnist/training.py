"""How models of rotated MNIST are trained: learning rates, and what the presets of both experiments differ in."""

from collections.abc import Callable
from typing import NamedTuple

from gpvae_tf.as_coded.geco import AsCodedGECO
from gpvae_tf.objectives import GECO, Objective
from gpvae_tf.training.optimizers import PRECISIONS

PIXELS = 28 * 28


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


def as_coded_geco(target: float, *, decay: float, log_range: tuple[float, float]) -> AsCodedGECO:
    """GECO of --preset=authors_code for pixel variance 1; its multiplier has no range."""
    return AsCodedGECO(target, pixels_per_nat=2.0 / PIXELS, decay=decay)


class RotatedPreset(NamedTuple):
    """What both experiments differ in between the presets.

    Attributes:
      learning: how Adam is run, unless the model has learning rates of its own.
      geco: makes the objective of --GECO.
      constraint_label: name and unit of GECO's logged constraint.
      geco_precisions: values of --precision with which its multiplier does not overflow.
      shuffle: whether every epoch has batches of its own.
      precision: --precision if it is not given.
    """

    learning: Learning
    geco: Callable[..., Objective]
    constraint_label: str
    geco_precisions: tuple[str, ...]
    shuffle: bool
    precision: str


ROTATED_PRESETS = {
    "paper": RotatedPreset(
        FAST,
        GECO,
        "target - log p (nats per image)",
        PRECISIONS,
        shuffle=True,
        precision="float32",
    ),
    # B18 and F2: GECO as coded; B19: the same batches every epoch; one constant learning rate; everything float64.
    "authors_code": RotatedPreset(
        CONSTANT,
        as_coded_geco,
        "MSE - κ² (per pixel)",
        ("float64",),
        shuffle=False,
        precision="float64",
    ),
}
