"""The models of CP-VAE's Table 1 on the same networks, and CP-VAE's switches: the paper's or the authors' code's."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from gpvae_tf._keras import keras
from gpvae_tf.as_coded.cp_estimator import AsCoded
from gpvae_tf.as_coded.norm_grad import AdamNormGrad
from gpvae_tf.as_coded.priors import AsCodedComponents, AsCodedMixture
from gpvae_tf.models import cp_temperatures as temperature
from gpvae_tf.models.cp_estimators import Enumerate, Estimator, Relaxed, StraightThrough
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.models.hierarchical_vae import HierarchicalVAE
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.networks import gated as networks
from gpvae_tf.posteriors import MeanField
from gpvae_tf.posteriors.categorical_gaussian import CategoricalGaussian
from gpvae_tf.priors import ConditionalGaussians, GaussianComponents, MixtureOfGaussians, PseudoInputs, VampPrior


def _enumerate(_: Any = None) -> Enumerate:
    return Enumerate()  # which has no use for a temperature


ESTIMATORS: Mapping[str, Callable[..., Estimator]] = MappingProxyType(
    {
        "enumerate": _enumerate,
        "straight_through": StraightThrough,
        "relaxed": Relaxed,
        "as_coded": AsCoded,
    }
)
# What a switch's values stand for.
COMPONENTS: Mapping[str, Callable[..., GaussianComponents]] = MappingProxyType(
    {
        "learned": GaussianComponents,
        "as_coded": AsCodedComponents,
        "as_coded_fixed": functools.partial(AsCodedComponents, fixed_variance=True),
    }
)
MIXTURES = MappingProxyType({"log_of_mean": MixtureOfGaussians, "mean_of_logs": AsCodedMixture})
TEMPERATURES: Mapping[str, Callable[["Recipe"], temperature.Temperature]] = MappingProxyType(
    {
        "constant": lambda _: 0.67,
        "annealed": lambda recipe: temperature.Annealed(recipe.anneal_rate, recipe.temp_min),
        "by_epoch": lambda recipe: temperature.CompoundedByEpoch(
            recipe.steps_per_epoch, recipe.anneal_rate, recipe.temp_min
        ),
    }
)
OPTIMIZERS = MappingProxyType({"adam": keras.optimizers.Adam, "adam_norm_grad": AdamNormGrad})

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "paper": dict(
            estimator="straight_through",
            components="learned",
            mixture="log_of_mean",
            temperature="annealed",
            init="glorot",
            logit_activation=None,
            optimizer="adam",
        ),
        "authors_code": dict(
            estimator="as_coded",
            components="as_coded",
            mixture="mean_of_logs",
            temperature="by_epoch",
            init="he",
            logit_activation="elu",
            optimizer="adam_norm_grad",
        ),
    }
)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a model is built from.

    Attributes:
      switches: a row of `PRESETS`, or one like it.
      image_shape: (H, W, C).
      latent_dim: of z, or of each of z_1 and z_2.
      num_components: K, categories, Gaussians or pseudo-inputs.
      steps_per_epoch: for temperatures that change by epoch.
      anneal_rate, temp_min: of the Gumbel-softmax temperature, per step or epoch as the switch says, and its floor.
      pseudo_inputs: of VP and HVP; draws of N(0.05, 0.01^2) if None.
      units: of the hidden layers.
      policy: Keras dtype policy.
      seed: of initial priors and of the model's draws.
      options: further keywords of the models (likelihood, objective).
    """

    switches: Mapping[str, Any]
    image_shape: tuple[int, int, int] = (28, 28, 1)
    latent_dim: int = 40
    num_components: int = 10
    steps_per_epoch: int = 500
    anneal_rate: float = 3e-5
    temp_min: float = 0.5
    pseudo_inputs: PseudoInputs | None = None
    units: int = networks.UNITS
    policy: str = "float32"
    seed: int = 0
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def network_options(self) -> dict[str, Any]:
        """Keywords of every network."""
        return dict(units=self.units, init=self.switches["init"], policy=self.policy)

    @property
    def model_options(self) -> dict[str, Any]:
        """Keywords of every model."""
        return dict(self.options, image_shape=self.image_shape, seed=self.seed)

    @property
    def components(self) -> GaussianComponents:
        """The K Gaussians of MG and of CP-VAE."""
        return COMPONENTS[self.switches["components"]](self.num_components, self.latent_dim, seed=self.seed)

    def mean_field(self) -> MeanField:
        """q(z | y) of the plain VAE; q(z_2 | y) of the two-level one."""
        return MeanField(
            networks.gated_encoder(self.image_shape, self.latent_dim, **self.network_options), self.latent_dim
        )

    def vamp_prior(self, posterior: MeanField) -> VampPrior:
        """The prior over z, or z_2, of VP and HVP."""
        drawn = functools.partial(PseudoInputs.normal, self.num_components, self.image_shape, seed=self.seed)
        return VampPrior(posterior, self.pseudo_inputs or drawn())


def _plain(recipe: Recipe, prior: Callable[[MeanField], Any] | None = None, name: str = "vae") -> ImageVAE:
    posterior = recipe.mean_field()
    decoder = networks.gated_decoder(recipe.image_shape, recipe.latent_dim, **recipe.network_options)
    return ImageVAE(posterior, decoder, prior=prior and prior(posterior), name=name, **recipe.model_options)


def _mixture(recipe: Recipe) -> ImageVAE:
    prior = MIXTURES[recipe.switches["mixture"]](recipe.components)
    return _plain(recipe, lambda posterior: prior, "mg")


def _vamp(recipe: Recipe) -> ImageVAE:
    return _plain(recipe, recipe.vamp_prior, "vamp_prior")


def _two_level(recipe: Recipe, prior: Callable[[MeanField], Any] | None = None, name: str = "hvae") -> ImageVAE:
    top, size, options = recipe.mean_field(), recipe.latent_dim, recipe.network_options
    return HierarchicalVAE(
        top,
        networks.gated_second_encoder(recipe.image_shape, size, size, **options),
        networks.gated_conditional(size, size, **options),
        networks.gated_two_level_decoder(recipe.image_shape, size, size, **options),
        latent_dim=size,
        top_prior=prior and prior(top),
        name=name,
        **recipe.model_options,
    )


def _two_level_vamp(recipe: Recipe) -> ImageVAE:
    return _two_level(recipe, recipe.vamp_prior, "hvp")


def _cp(recipe: Recipe) -> CPVAE:
    options, switches, count = recipe.network_options, recipe.switches, recipe.num_components
    features = networks.gated_features(recipe.image_shape, **options)
    schedule = TEMPERATURES[switches["temperature"]](recipe)
    return CPVAE(
        CategoricalGaussian(
            features, count, recipe.latent_dim, logit_activation=switches["logit_activation"], **options
        ),
        networks.gated_decoder(recipe.image_shape, recipe.latent_dim + count, **options),
        prior=ConditionalGaussians(recipe.components),
        estimator=ESTIMATORS[switches["estimator"]](schedule),
        **recipe.model_options,
    )


MODELS: Mapping[str, Callable[[Recipe], ImageVAE]] = MappingProxyType(
    {"cp": _cp, "vae": _plain, "mg": _mixture, "vamp": _vamp, "hvae": _two_level, "hvp": _two_level_vamp}
)


def build(model: str, recipe: Recipe) -> ImageVAE:
    """One of `MODELS`.

    Raises:
      ValueError: on an unknown model, or as the model does.
    """
    if model not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}, got {model!r}")
    return MODELS[model](recipe)
