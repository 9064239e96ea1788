"""What the posterior families of the GP-encoder experiment can be told, as flags, and what is refused."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

GP_WEIGHTS: Mapping[str, str] = MappingProxyType({"full": "full", "diag": "diagonal", "none": "mean"})
LOG_SQUARE: Mapping[str, int | None] = MappingProxyType({"closed": None, "mc": 1})
JACOBIANS: Mapping[str, str] = MappingProxyType({"dense": "dense", "conv": "forward"})
DECODERS = tuple(JACOBIANS)


@dataclasses.dataclass(frozen=True)
class FamilyFlags:
    """What the families can be told; names and defaults are those of run.py in yookoon/VLAE where it has them.

    `--help` of GPENC_experiment.py has the meaning of each.
    """

    n_svi_step: int = 4
    svi_lr: float = 1e-3
    svi_momentum: float = 0.0
    svi_second_order: bool = True
    n_flow: int = 4
    iaf_dim: int = 500
    n_component: int = 2
    rme_bound: float = 500.0
    rme_epochs: int = 0
    n_update: int = 4
    update_lr: float = 0.5
    gp_cov: str = "full"
    logsq: str = "closed"
    lambda_init: float = 0.01  # wider weights drive psi to zero before the means have learned to use it
    decoder: str = "conv"
    hidden_dim: int | None = None

    def __post_init__(self):
        for name, known in {"gp_cov": GP_WEIGHTS, "logsq": LOG_SQUARE, "decoder": DECODERS}.items():
            if getattr(self, name) not in known:
                raise ValueError(f"--{name} must be one of {', '.join(known)}, got {getattr(self, name)!r}")
        for name in ("n_svi_step", "n_flow", "iaf_dim", "n_component", "n_update", "hidden_dim"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"--{name} must be >= 1, got {value}")
        for name in ("svi_lr", "rme_bound"):
            if not getattr(self, name) > 0:
                raise ValueError(f"--{name} must be positive, got {getattr(self, name)}")
        for name in ("rme_epochs", "lambda_init"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"--{name} must be >= 0, got {getattr(self, name)}")
        if not 0.0 <= self.svi_momentum < 1.0:
            raise ValueError(f"--svi_momentum must lie in [0, 1), got {self.svi_momentum}")
        if not 0.0 < self.update_lr <= 1.0:
            raise ValueError(f"--update_lr must lie in (0, 1], got {self.update_lr}")
