"""The CP-VAE experiment (Lavda et al., 2020, Section 5): the authors' flags as a configuration."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gpvae_tf.experiments.cp_vae import models as prior_models
from gpvae_tf.experiments.cp_vae.config import PriorConfig
from gpvae_tf.experiments.cp_vae.models import ESTIMATORS

# What --model_name and --prior stand for.
KINDS: Mapping[tuple[str, str], str] = MappingProxyType(
    {("cp_vae_z_xc", "conditional"): "cp", ("vae", "standard"): "vae", ("vae", "MoG"): "mg"}
)


@dataclasses.dataclass(frozen=True)
class CpvaeConfig(PriorConfig):
    """What determines the numbers of a CP-VAE run; names are those of main.py in macio232/cp-vae."""

    kinds = KINDS

    model_name: str = "cp_vae_z_xc"
    prior: str = "conditional"
    disc_size: int = 10
    estimator: str | None = None
    temp_min: float = 0.5
    anneal_rate: float = 3e-5
    fixed_var: bool = False

    def __post_init__(self):
        if self.estimator is not None and self.estimator not in ESTIMATORS:
            raise ValueError(f"--estimator must be one of {', '.join(ESTIMATORS)}, got {self.estimator!r}")
        if self.fixed_var and self.preset != "authors_code":
            raise ValueError("--fixed_var is part of the authors' code: it needs --preset=authors_code")
        for name in ("temp_min", "anneal_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"--{name} must be positive, got {getattr(self, name)}")
        super().__post_init__()

    @property
    def num_components(self) -> int:
        return self.disc_size

    def flag(self, name: str) -> str:
        return "--disc_size" if name == "num_components" else super().flag(name)

    @property
    def switches(self) -> Mapping[str, Any]:
        """Those of the preset, with --estimator and --fixed_var in their places."""
        changed = {"estimator": self.estimator} if self.estimator else {}
        changed |= {"components": "as_coded_fixed"} if self.fixed_var else {}
        return {**super().switches, **changed}

    @property
    def recipe(self) -> prior_models.Recipe:
        return dataclasses.replace(super().recipe, temp_min=self.temp_min, anneal_rate=self.anneal_rate)

    def folder(self, expid: str) -> str:
        return f"{expid}_{self.kind}{self.disc_size}_{self.dataset_name}"
