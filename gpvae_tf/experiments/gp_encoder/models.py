"""The GP-encoder paper's rows: how every posterior family is put together from the paper's networks."""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import tensorflow as tf

from gpvae_tf.experiments.gp_encoder.family_options import GP_WEIGHTS, JACOBIANS, LOG_SQUARE, FamilyOptions
from gpvae_tf.networks import images as networks
from gpvae_tf.posteriors import (
    IAF,
    GPEncoder,
    HouseholderFlow,
    Laplace,
    MeanField,
    Mixture,
    Posterior,
    RecursiveMixture,
    SemiAmortized,
)
from gpvae_tf.posteriors.gp_encoder import GPEncoderDistribution

NETWORKS = (networks.MNIST_AND_OMNIGLOT, networks.CIFAR10_AND_SVHN, networks.CELEBA)


@dataclasses.dataclass(frozen=True)
class NetworkSetting:
    """What a posterior is built from.

    Attributes:
      networks: the builder of the data set's networks.
      latent_dim: L.
      flags: options of the families.
      policy: Keras dtype policy.
      steps_per_epoch: for RME's schedule.
      example_images: [B, H, W, C], on which the size of the GP encoder's features is measured where that sets the
        start of its weights (--lambda_init=0).
    """

    networks: networks.ImageNetworks
    latent_dim: int
    flags: FamilyOptions = FamilyOptions()
    policy: str = "float32"
    steps_per_epoch: int = 1
    example_images: tf.Tensor | None = None

    def encoder(self, outputs: int) -> Any:
        """A network images -> [B, outputs]."""
        return self.networks.encoder(outputs, policy=self.policy)

    def gaussian_encoders(self, count: int) -> list[Any]:
        """A list of `count` encoders, each mapping images to [B, 2L] (means and log variances)."""
        return [self.encoder(2 * self.latent_dim) for _ in range(count)]

    def decoder(self) -> Any:
        """The paper's convolutional or fully connected decoder, latents -> [B, H, W, C]."""
        if self.flags.decoder == "conv":
            return self.networks.decoder(self.latent_dim, policy=self.policy)
        return self.networks.dense_decoder(self.latent_dim, units=self.flags.hidden_dim, policy=self.policy)


def networks_for(event_shape: tuple[int, ...]) -> networks.ImageNetworks:
    """The builder of the paper's networks for images [H, W, C].

    Raises:
      ValueError: if the paper has none of that size.
    """
    for candidate in NETWORKS:
        if candidate.event_shape == tuple(event_shape):
            return candidate
    known = ", ".join(str(candidate.event_shape) for candidate in NETWORKS)
    raise ValueError(f"images have shape {tuple(event_shape)}; there are networks for {known}")


def _gp_encoder(setting: NetworkSetting, weights: str) -> GPEncoder:
    flags, units = setting.flags, setting.networks.units
    mean_features, scale_features = (setting.networks.features(policy=setting.policy) for _ in range(2))
    options: dict[str, Any] = dict(weights=weights, log_square_samples=LOG_SQUARE[flags.logsq])
    options |= (
        {"initial_deviation": flags.lambda_init} if flags.lambda_init else {"example_images": setting.example_images}
    )
    encoder = setting.encoder(2 * setting.latent_dim)
    return GPEncoder(encoder, mean_features, scale_features, setting.latent_dim, units, **options)


def _semi_amortized(setting: NetworkSetting) -> SemiAmortized:
    flags, encoder = setting.flags, setting.encoder(2 * setting.latent_dim)
    options: dict[str, Any] = dict(momentum=flags.svi_momentum, second_order=flags.svi_second_order)
    return SemiAmortized(encoder, setting.latent_dim, num_steps=flags.n_svi_step, step_size=flags.svi_lr, **options)


def _iaf(setting: NetworkSetting, context_dim: int = 64) -> IAF:
    encoder, units = setting.encoder(2 * setting.latent_dim + context_dim), 2 * (setting.flags.iaf_dim,)
    options: dict[str, Any] = dict(num_flows=setting.flags.n_flow, context_dim=context_dim, hidden_units=units)
    return IAF(encoder, setting.latent_dim, **options)


def _householder(setting: NetworkSetting) -> HouseholderFlow:
    return HouseholderFlow(setting.encoder(3 * setting.latent_dim), setting.latent_dim, num_flows=setting.flags.n_flow)


def _mixture(setting: NetworkSetting) -> Mixture:
    count = setting.flags.n_component
    return Mixture(setting.gaussian_encoders(count), setting.encoder(count), setting.latent_dim)


def _recursive_mixture(setting: NetworkSetting) -> RecursiveMixture:
    count, epochs = setting.flags.n_component, setting.flags.rme_epochs
    weights = [setting.encoder(1) for _ in range(count - 1)]
    steps = epochs * setting.steps_per_epoch or None
    options: dict[str, Any] = dict(kl_bound=setting.flags.rme_bound, steps_per_component=steps)
    return RecursiveMixture(setting.gaussian_encoders(count), weights, setting.latent_dim, **options)


def _laplace(setting: NetworkSetting) -> Laplace:
    flags = setting.flags
    options: dict[str, Any] = dict(update_rate=flags.update_lr, jacobian=JACOBIANS[flags.decoder])
    return Laplace(setting.encoder(setting.latent_dim), setting.latent_dim, num_steps=flags.n_update, **options)


def gp_shares(q: GPEncoderDistribution) -> dict[str, tf.Tensor]:
    """What parts of the posterior variance f and h make up, means over dimensions, [B] each."""
    parts = {"variance_share_f": q.f, "variance_share_h": q.h}
    return {name: tf.reduce_mean(part.variance / q.gaussian.variance, axis=-1) for name, part in parts.items()}


class Family(NamedTuple):
    """A row of the paper's tables.

    Attributes:
      build: makes the posterior.
      monitor: what a q(z | y) tells in the log of every epoch, by name, [B] each.
    """

    build: Callable[[NetworkSetting], Posterior]
    monitor: Callable[[Any], dict[str, tf.Tensor]] | None = None


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "VAE": Family(lambda setting: MeanField(setting.encoder(2 * setting.latent_dim), setting.latent_dim)),
        "GPENC": Family(lambda setting: _gp_encoder(setting, GP_WEIGHTS[setting.flags.gp_cov]), gp_shares),
        # the GP encoder's three trunks without a GP: what of its gain is the networks' alone
        "TRUNKS": Family(lambda setting: _gp_encoder(setting, "deterministic")),
        "SA": Family(_semi_amortized),
        "IAF": Family(_iaf),
        "HF": Family(_householder),
        "ME": Family(_mixture),
        "RME": Family(_recursive_mixture),
        "VLAE": Family(_laplace),
    }
)
