"""Options of the posterior families: names and defaults are those of run.py in yookoon/VLAE where it has them."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from gpvae_tf.experiments.options import needs, option

GP_WEIGHTS: Mapping[str, str] = MappingProxyType({"full": "full", "diag": "diagonal", "none": "mean"})
LOG_SQUARE: Mapping[str, int | None] = MappingProxyType({"closed": None, "mc": 1})
JACOBIANS: Mapping[str, str] = MappingProxyType({"dense": "dense", "conv": "forward"})

_GP, _SA, _IAF, _VLAE, _RME = (needs("model", name) for name in ("GPENC", "SA", "IAF", "VLAE", "RME"))
_FLOWS, _MIXTURES = needs("model", "IAF", "HF"), needs("model", "ME", "RME")


@dataclasses.dataclass(frozen=True)
class FamilyOptions:
    """What the posterior families can be told, each family its own."""

    n_svi_step: int = option(4, "SA: number of gradient steps on every image's own bound.", at_least=1, needs=_SA)
    svi_lr: float = option(1e-3, "SA: size of the gradient steps.", above=0, needs=_SA)
    svi_momentum: float = option(
        0.0, "SA: momentum of the gradient steps; 0.5 in Kim et al. (2018).", at_least=0, below=1, needs=_SA
    )
    svi_second_order: bool = option(True, "SA: differentiate through the gradient steps.", needs=_SA)
    n_flow: int = option(4, "IAF, HF: number of maps.", at_least=1, needs=_FLOWS)
    iaf_dim: int = option(500, "IAF: units of both hidden layers of every map's network.", at_least=1, needs=_IAF)
    n_component: int = option(
        2, "ME, RME: number of components; 2 to 5 in the paper's tables.", at_least=1, needs=_MIXTURES
    )
    rme_bound: float = option(
        500.0, "RME: nats after which a component's distance stops counting.", above=0, needs=_RME
    )
    rme_epochs: int = option(
        0,
        "RME: epochs in which each component is trained alone before the next one joins; 0 trains all from the start.",
        at_least=0,
        needs=_RME,
    )
    n_update: int = option(4, "VLAE: number of linearisation steps.", at_least=1, needs=_VLAE)
    update_lr: float = option(0.5, "VLAE: how far the first linearisation step goes.", above=0, at_most=1, needs=_VLAE)
    gp_cov: str = option("full", "GPENC: covariances of the weights' posterior.", choices=tuple(GP_WEIGHTS), needs=_GP)
    logsq: str = option(
        "closed",
        "GPENC: E log (c + h)^2 in closed form or by one draw, as the paper.",
        choices=tuple(LOG_SQUARE),
        needs=_GP,
    )
    # Wider weights drive psi to zero before the means have learned to use it.
    lambda_init: float = option(
        0.01,
        "GPENC: initial standard deviation of the weights; 0 for the one that makes V f and V h 0.01 on average, "
        "under which the features psi die.",
        at_least=0,
        needs=_GP,
    )
    decoder: str = option(
        "conv",
        "conv: the decoder of Tables 6 to 8; dense: that of Section 11. With conv, VLAE pays z_dim decoder passes.",
        choices=("dense", "conv"),
    )
    hidden_dim: int | None = option(
        None,
        "Units of the dense decoder's two hidden layers; by default as many weights as the convolutional one has.",
        at_least=1,
        needs=needs("decoder", "dense"),
    )
