"""The cells of CP-VAE's Table 1, what each one's run is given, and its published numbers.

The paper trains until early stopping at a small learning rate; `BUDGET` is what two CPU cores can do.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from gpvae_tf.experiments.cp_vae.config import PriorConfig
from gpvae_tf.experiments.cp_vae.cpvae import CpvaeConfig
from gpvae_tf.experiments.cp_vae.vampprior import VampPriorConfig

BUDGET: Mapping[str, Any] = MappingProxyType(
    {"epochs": 50, "warmup": 10, "cosine": True, "lr": 4e-3, "num_likelihood": 500}
)
# At 0.004 a rare image of a two-level model has a KL of millions of nats, whose gradient spoils Adam's second moments
# for thousands of steps; ordinary norms are 25 to 40.
CLIPPED = {"clip_norm": 100.0}
SCRIPTS: Mapping[type[PriorConfig], str] = MappingProxyType(
    {CpvaeConfig: "CPVAE_experiment.py", VampPriorConfig: "VampPrior_experiment.py"}
)
ENUMERATED = {"estimator": "enumerate"}
# A second or two per epoch; with the 40 latents of the paper CP-VAE recovers both modes.
_QUICK = {"hidden_size": 50, "batch_size": 500, "epochs": 30, "warmup": 10, "cosine": True, "lr": 3e-3}
TOY: Mapping[str, Any] = MappingProxyType({"dataset_name": "gaussian_data", **_QUICK, "num_likelihood": 1000})


class Method(NamedTuple):
    """A method of the table: how it is called, and how it is run.

    Attributes:
      name: as the rows show it.
      config: of its experiment.
      flags: that choose it.
      components: field that holds K; None if it has none.
    """

    name: str
    config: type[PriorConfig]
    flags: Mapping[str, Any]
    components: str | None


_TWO_LEVELS = {"model_name": "hvae_2level"}
METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "cp": Method("CP-VAE", CpvaeConfig, {}, "disc_size"),
        "vae": Method("VAE", CpvaeConfig, {"model_name": "vae", "prior": "standard"}, None),
        "mg": Method("MG", CpvaeConfig, {"model_name": "vae", "prior": "MoG"}, "disc_size"),
        "vamp": Method("VampPrior", VampPriorConfig, {}, "number_components"),
        "hvae": Method("HVAE", VampPriorConfig, {**_TWO_LEVELS, "prior": "standard"}, None),
        "hvp": Method("HVP", VampPriorConfig, _TWO_LEVELS, "number_components"),
    }
)


@dataclasses.dataclass(frozen=True)
class Entry:
    """A cell of the table.

    Attributes:
      method: one of `METHODS`.
      components: K; None for VAE and HVAE.
      paper: negative bound of the paper's Table 1, nats.
      likelihood: published test log-likelihood of the same networks (Exemplar VAE's table), nats.
      flags: besides those of method, K and data set.
      note: behind the method's name.
    """

    method: str
    components: int | None = None
    paper: float | None = None
    likelihood: float | None = None
    flags: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    note: str = ""

    @property
    def name(self) -> str:
        """As the row shows it."""
        components = "" if self.components is None else f"({self.components})"
        return f"{METHODS[self.method].name}{components}{self.note}"

    @property
    def given(self) -> dict[str, Any]:
        """Fields of its configuration."""
        method = METHODS[self.method]
        components = {method.components: self.components} if method.components else {}
        return {**method.flags, **components, **self.flags}

    @property
    def dataset(self) -> str:
        """What it is trained on, and for how long."""
        name = self.given.get("dataset_name", "dynamic_mnist")
        return DATASETS[name] if name == "gaussian_data" else f"{DATASETS[name]}, {self.given['epochs']} epochs"


def _prefixed(prefix: str, entries: Mapping[str, Entry], flags: Mapping[str, Any]) -> dict[str, Entry]:
    """The entries with more flags, under longer names."""
    return {f"{prefix}{k}": dataclasses.replace(e, flags={**flags, **e.flags}) for k, e in entries.items()}


# The most important first.
MNIST: dict[str, Entry] = {
    "vae": Entry("vae", None, 88.75, -84.45),
    "cp10": Entry("cp", 10, 84.76),
    "mg500": Entry("mg", 500, 88.85),
    "vamp500": Entry("vamp", 500, 86.07, -82.43),
    "hvae": Entry("hvae", None, 86.7, -82.39),
    "cp150": Entry("cp", 150, 86.84),
    "hvp500": Entry("hvp", 500, 85.01, -81.56, flags={"epochs": 30}),
    "cp500": Entry("cp", 500, 88.63),
    "cp10enumerated": Entry("cp", 10, 84.76, flags=ENUMERATED, note=", enumerated"),
    "cp1": Entry("cp", 1),
    "mg10": Entry("mg", 10, 89.43),
    "vamp10": Entry("vamp", 10, 87.94),
    "hvp10": Entry("hvp", 10, 85.90),
    "mg150": Entry("mg", 150, 88.96),
    "vamp150": Entry("vamp", 150, 86.55),
    "hvp150": Entry("hvp", 150, 85.09),
}
# Longer, for what 50 epochs leave open.
LONG: dict[str, Entry] = {
    "vae_200": dataclasses.replace(MNIST["vae"], flags={"epochs": 200, **CLIPPED}),
    "cp10_150": dataclasses.replace(MNIST["cp10"], flags={"epochs": 150, **CLIPPED}),
    "vamp500_100": dataclasses.replace(MNIST["vamp500"], flags={"epochs": 100, **CLIPPED}),
    "hvae_150": dataclasses.replace(MNIST["hvae"], flags={"epochs": 150, "warmup": 30, **CLIPPED}),
    "hvp500_80": dataclasses.replace(MNIST["hvp500"], flags={"epochs": 80, **CLIPPED}),
}
OMNIGLOT: dict[str, Entry] = {
    "vae": Entry("vae", None, 115.06, -108.34),
    "cp50": Entry("cp", 50, 114.31),
    "vamp500": Entry("vamp", 500, 113.74, -106.78),
    "hvae": Entry("hvae", None, 110.81, -104.92),
    "hvp500": Entry("hvp", 500, 110.16, -103.30),
    "mg500": Entry("mg", 500, 116.12),
    "cp500": Entry("cp", 500, 114.14),
    "mg50": Entry("mg", 50, 116.31),
    "vamp50": Entry("vamp", 50, 114.01),
    "hvp50": Entry("hvp", 50, 110.50),
}
SCALARS: dict[str, Entry] = {
    "cp2": Entry("cp", 2, flags=ENUMERATED),
    "cp150": Entry("cp", 150),
    "vae": Entry("vae"),
    "mg2": Entry("mg", 2),
    "mg150": Entry("mg", 150),
}
ENTRIES: Mapping[str, Entry] = MappingProxyType(
    _prefixed("toy_", SCALARS, TOY)
    | _prefixed("", MNIST | LONG, BUDGET)
    | _prefixed("omniglot_", OMNIGLOT, {**BUDGET, "dataset_name": "omniglot"})
)
DATASETS: Mapping[str, str] = MappingProxyType(
    {
        "dynamic_mnist": "MNIST, dynamically binarized",
        "omniglot": "OMNIGLOT 28x28, rebuilt",
        "gaussian_data": "scalars from two Gaussians",
    }
)
