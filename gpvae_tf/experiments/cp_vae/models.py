"""The models of CP-VAE's Table 1 on the same networks."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from gpvae_tf.experiments.cp_vae.presets import ESTIMATORS
from gpvae_tf.models.cp_estimators import Estimator
from gpvae_tf.models.cp_vae import CPVAE
from gpvae_tf.models.hierarchical_vae import HierarchicalVAE
from gpvae_tf.models.image_vae import ImageVAE
from gpvae_tf.networks.gated import UNITS, GatedNetworks
from gpvae_tf.posteriors import MeanField
from gpvae_tf.posteriors.categorical_gaussian import CategoricalGaussian
from gpvae_tf.priors import ConditionalGaussians, GaussianComponents, PseudoInputs, VampPrior

PriorOf = Callable[[MeanField], Any]  # a prior that may share the encoder


@dataclasses.dataclass(frozen=True)
class Hyperparameters:
    """What a model is built from.

    Attributes:
      switches: a row of `CPVAE_PRESETS`, or one like it.
      event_shape: (H, W, C).
      latent_dim: dimensions of z, or of each of z_1 and z_2.
      num_components: K, categories, Gaussians or pseudo-inputs.
      steps_per_epoch: training steps in an epoch, for temperatures that change by epoch.
      anneal_rate: decay rate of the Gumbel-softmax temperature, per step or epoch as the switch says.
      temp_min: lowest temperature.
      pseudo_inputs: pseudo-inputs of VP and HVP; draws of N(0.05, 0.01^2) if None.
      units: width of the hidden layers.
      policy: Keras dtype policy.
      seed: random seed of initial priors and of the model's draws.
      options: further keywords of the models (likelihood, objective).
    """

    switches: Mapping[str, Any]
    event_shape: tuple[int, int, int] = (28, 28, 1)
    latent_dim: int = 40
    num_components: int = 10
    steps_per_epoch: int = 500
    anneal_rate: float = 3e-5
    temp_min: float = 0.5
    pseudo_inputs: PseudoInputs | None = None
    units: int = UNITS
    policy: str = "float32"
    seed: int = 0
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def networks(self) -> GatedNetworks:
        """The builder of every network."""
        return GatedNetworks(self.event_shape, self.units, self.switches["init"], self.policy)

    @property
    def model_options(self) -> dict[str, Any]:
        """Keywords of every model."""
        return dict(self.options, event_shape=self.event_shape, seed=self.seed)

    def components(self) -> GaussianComponents:
        """The K Gaussians of MG and of CP-VAE."""
        return self.switches["components"](self.num_components, self.latent_dim, seed=self.seed)

    def estimator(self) -> Estimator:
        """CP-VAE's expectation over the category in training."""
        schedule = self.switches["temperature"](self.anneal_rate, self.temp_min, self.steps_per_epoch)
        return ESTIMATORS[self.switches["estimator"]](schedule)

    def mean_field(self) -> MeanField:
        """q(z | y) of the plain VAE; q(z_2 | y) of the two-level one."""
        return MeanField(self.networks.encoder(self.latent_dim), self.latent_dim)

    def vamp_prior(self, posterior: MeanField) -> VampPrior:
        """The prior over z, or z_2, of VP and HVP."""
        drawn = functools.partial(PseudoInputs.normal, self.num_components, self.event_shape, seed=self.seed)
        return VampPrior(posterior, self.pseudo_inputs or drawn())


def plain_vae(given: Hyperparameters, prior: PriorOf | None = None, name: str = "vae") -> ImageVAE:
    """A VAE with one level of latents; its prior is standard normal if none is given."""
    posterior = given.mean_field()
    decoder = given.networks.decoder(given.latent_dim)
    return ImageVAE(posterior, decoder, prior=prior and prior(posterior), name=name, **given.model_options)


def mixture_vae(given: Hyperparameters) -> ImageVAE:
    """MG: a VAE whose prior is a mixture of K Gaussians."""
    prior = given.switches["mixture"](given.components())
    return plain_vae(given, lambda posterior: prior, "mg")


def vamp_vae(given: Hyperparameters) -> ImageVAE:
    """VP: a VAE with a VampPrior."""
    return plain_vae(given, given.vamp_prior, "vamp_prior")


def two_level_vae(given: Hyperparameters, prior: PriorOf | None = None, name: str = "hvae") -> ImageVAE:
    """HVAE: a VAE with two levels of latents; the prior over the upper one is standard normal if none is given."""
    top, size, networks = given.mean_field(), given.latent_dim, given.networks
    return HierarchicalVAE(
        top,
        networks.second_encoder(size, size),
        networks.conditional(size, size),
        networks.two_level_decoder(size, size),
        latent_dim=size,
        top_prior=prior and prior(top),
        name=name,
        **given.model_options,
    )


def two_level_vamp_vae(given: Hyperparameters) -> ImageVAE:
    """HVP: HVAE with a VampPrior over the upper level."""
    return two_level_vae(given, given.vamp_prior, "hvp")


def cp_vae(given: Hyperparameters) -> CPVAE:
    """CP-VAE with K categories."""
    networks, count, size = given.networks, given.num_components, given.latent_dim
    options: dict[str, Any] = dict(units=networks.units, init=networks.init, policy=networks.policy)
    activation = given.switches["logit_activation"]
    return CPVAE(
        CategoricalGaussian(networks.features(), count, size, logit_activation=activation, **options),
        networks.decoder(size + count),
        prior=ConditionalGaussians(given.components()),
        estimator=given.estimator(),
        **given.model_options,
    )
