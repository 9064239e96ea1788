"""Options of the posterior families: names and defaults are those of run.py in yookoon/VLAE where it has them."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from gpvae_tf.flags.options import needed_by, needs, option

GP_WEIGHTS: Mapping[str, str] = MappingProxyType({"full": "full", "diag": "diagonal", "none": "mean"})
LOG_SQUARE: Mapping[str, int | None] = MappingProxyType({"closed": None, "mc": 1})
JACOBIANS: Mapping[str, str] = MappingProxyType({"dense": "dense", "conv": "forward"})

# The families that come in several sizes, with the option that the paper's tables have in brackets.
COUNTS: Mapping[str, str] = MappingProxyType(
    {
        "SA": "n_svi_step",
        "IAF": "n_flow",
        "HF": "n_flow",
        "ME": "n_component",
        "RME": "n_component",
        "VLAE": "n_update",
    }
)
# The values of --model, with the options that have an effect on some families only.
MODEL_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "GPENC": ("gp_cov", "logsq", "lambda_init"),
    "SA": ("n_svi_step", "svi_lr", "svi_momentum", "svi_second_order"),
    "IAF": ("n_flow", "iaf_dim"),
    "HF": ("n_flow",),
    "ME": ("n_component",),
    "RME": ("n_component", "rme_bound", "rme_epochs"),
    "VLAE": ("n_update", "update_lr"),
}


@dataclasses.dataclass(frozen=True)
class FamilyOptions:
    """What the posterior families can be told, each family its own."""

    n_svi_step: int = option(4, "SA: number of gradient steps on every image's own bound.", at_least=1)
    svi_lr: float = option(1e-3, "SA: size of the gradient steps.", above=0)
    svi_momentum: float = option(
        0.0, "SA: momentum of the gradient steps; 0.5 in Kim et al. (2018).", at_least=0, below=1
    )
    svi_second_order: bool = option(True, "SA: differentiate through the gradient steps.")
    n_flow: int = option(4, "IAF, HF: number of maps.", at_least=1)
    iaf_dim: int = option(500, "IAF: units of both hidden layers of every map's network.", at_least=1)
    n_component: int = option(2, "ME, RME: number of components; 2 to 5 in the paper's tables.", at_least=1)
    rme_bound: float = option(500.0, "RME: nats after which a component's distance stops counting.", above=0)
    rme_epochs: int = option(
        0,
        "RME: epochs in which each component is trained alone before the next one joins; 0 trains all from the start.",
        at_least=0,
    )
    n_update: int = option(4, "VLAE: number of linearisation steps.", at_least=1)
    update_lr: float = option(0.5, "VLAE: how far the first linearisation step goes.", above=0, at_most=1)
    gp_cov: str = option("full", "GPENC: covariances of the weights' posterior.", choices=tuple(GP_WEIGHTS))
    logsq: str = option(
        "closed", "GPENC: E log (c + h)^2 in closed form or by one draw, as the paper.", choices=tuple(LOG_SQUARE)
    )
    # Wider weights drive psi to zero before the means have learned to use it.
    lambda_init: float = option(
        0.01,
        "GPENC: initial standard deviation of the weights; 0 for the one that makes V f and V h 0.01 on average, "
        "under which the features psi die.",
        at_least=0,
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

    needs_of = needed_by("model", MODEL_OPTIONS)
