"""The VampPrior experiment (Tomczak & Welling, 2018), CP-VAE's strongest baselines: their flags as a configuration."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from gpvae_tf.experiments.cp_vae import models as prior_models
from gpvae_tf.experiments.cp_vae.config import PriorConfig
from gpvae_tf.priors import PseudoInputs

# What --model_name and --prior stand for.
KINDS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("vae", "standard"): "vae",
        ("vae", "vampprior"): "vamp",
        ("hvae_2level", "standard"): "hvae",
        ("hvae_2level", "vampprior"): "hvp",
    }
)


@dataclasses.dataclass(frozen=True)
class VampPriorConfig(PriorConfig):
    """What determines the numbers of a run; names are those of experiment.py in jmtomczak/vae_vampprior, and so are
    defaults but those of the data set (theirs is freyfaces) and of the seed (14).

    The pseudo-inputs' mean is 0.05, as the authors' loaders of both data sets set it, not their flag's -0.05.
    """

    kinds = KINDS

    model_name: str = "vae"
    prior: str = "vampprior"
    z2_size: int = 40
    number_components: int = 500
    pseudoinputs_mean: float = 0.05
    pseudoinputs_std: float = 0.01
    use_training_data_init: bool = False

    def __post_init__(self):
        if self.model_name != "vae" and self.z2_size != self.z1_size:
            raise ValueError(f"--z2_size={self.z2_size} must equal --z1_size={self.z1_size}")
        if not self.pseudoinputs_std >= 0:
            raise ValueError(f"--pseudoinputs_std must be >= 0, got {self.pseudoinputs_std}")
        super().__post_init__()

    @property
    def num_components(self) -> int:
        return self.number_components

    def flag(self, name: str) -> str:
        return "--number_components" if name == "num_components" else super().flag(name)

    @property
    def recipe(self) -> prior_models.Recipe:
        return dataclasses.replace(super().recipe, pseudo_inputs=self._pseudo_inputs())

    def _pseudo_inputs(self) -> PseudoInputs | None:
        if self.prior != "vampprior":
            return None
        images, count = self.splits.train.images, self.number_components
        if self.use_training_data_init:
            return PseudoInputs.from_images(images, count, seed=self.seed)
        moments = dict(mean=self.pseudoinputs_mean, deviation=self.pseudoinputs_std)
        return PseudoInputs.normal(count, images.shape[1:], seed=self.seed, **moments)
