"""How models of rotated MNIST are trained: learning rates, and what the presets differ in."""

from typing import Any, NamedTuple

from gpvae_tf.as_coded.geco import AsCodedGECO
from gpvae_tf.objectives import GECO

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


# Without the clipping Adam's steps in the decoder resonate now and then at this rate, and the decoder's last ELU ends
# at -1 everywhere, where it has no gradient. Usual norms are 50 to 100.
FAST = Learning(1e-2, cosine=True, clip=100.0)


def as_coded_geco(target: float, *, decay: float, log_range: tuple[float, float]) -> AsCodedGECO:
    """GECO of --preset=authors_code for pixel variance 1; its multiplier has no range."""
    return AsCodedGECO(target, pixels_per_nat=2.0 / PIXELS, decay=decay)


SHARED_PRESETS: dict[str, dict[str, Any]] = {
    "paper": {"geco": GECO, "shuffle": True, "precision": "float32"},
    # B18 and F2: GECO as coded; B19: the same batches every epoch; everything float64.
    "authors_code": {"geco": as_coded_geco, "shuffle": False, "precision": "float64"},
}
