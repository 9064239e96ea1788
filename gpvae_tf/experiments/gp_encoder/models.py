"""The GP-encoder paper's rows: how every posterior family is put together from the paper's networks."""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import tensorflow as tf

from gpvae_tf.experiments.gp_encoder.flags import GP_WEIGHTS, JACOBIANS, LOG_SQUARE, FamilyFlags
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
class Recipe:
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
    flags: FamilyFlags = FamilyFlags()
    policy: str = "float32"
    steps_per_epoch: int = 1
    example_images: tf.Tensor | None = None

    def encoder(self, outputs: int) -> Any:
        """A network images -> [B, outputs]."""
        return self.networks.encoder(outputs, policy=self.policy)

    def gaussian_encoders(self, count: int) -> list[Any]:
        """So many networks images -> [B, 2L]."""
        return [self.encoder(2 * self.latent_dim) for _ in range(count)]

    def decoder(self) -> Any:
        """The paper's convolutional or fully connected one, latents -> [B, H, W, C]."""
        if self.flags.decoder == "conv":
            return self.networks.decoder(self.latent_dim, policy=self.policy)
        return self.networks.dense_decoder(self.latent_dim, units=self.flags.hidden_dim, policy=self.policy)


def networks_for(image_shape: tuple[int, ...]) -> networks.ImageNetworks:
    """The builder of the paper's networks for images [H, W, C].

    Raises:
      ValueError: if the paper has none of that size.
    """
    for candidate in NETWORKS:
        if candidate.image_shape == tuple(image_shape):
            return candidate
    known = ", ".join(str(candidate.image_shape) for candidate in NETWORKS)
    raise ValueError(f"images have shape {tuple(image_shape)}; there are networks for {known}")


def _gp_encoder(recipe: Recipe, weights: str) -> GPEncoder:
    flags, units = recipe.flags, recipe.networks.units
    mean_features, scale_features = (recipe.networks.features(policy=recipe.policy) for _ in range(2))
    scaled = dict(example_images=recipe.example_images)
    start = dict(initial_deviation=flags.lambda_init) if flags.lambda_init else scaled
    options: dict[str, Any] = dict(weights=weights, log_square_samples=LOG_SQUARE[flags.logsq], **start)
    (encoder,) = recipe.gaussian_encoders(1)
    return GPEncoder(encoder, mean_features, scale_features, recipe.latent_dim, units, **options)


def _semi_amortized(recipe: Recipe) -> SemiAmortized:
    flags = recipe.flags
    options: dict[str, Any] = dict(momentum=flags.svi_momentum, second_order=flags.svi_second_order)
    (encoder,) = recipe.gaussian_encoders(1)
    return SemiAmortized(encoder, recipe.latent_dim, num_steps=flags.n_svi_step, step_size=flags.svi_lr, **options)


def _iaf(recipe: Recipe, context_dim: int = 64) -> IAF:
    encoder, units = recipe.encoder(2 * recipe.latent_dim + context_dim), 2 * (recipe.flags.iaf_dim,)
    options: dict[str, Any] = dict(num_flows=recipe.flags.n_flow, context_dim=context_dim, hidden_units=units)
    return IAF(encoder, recipe.latent_dim, **options)


def _householder(recipe: Recipe) -> HouseholderFlow:
    return HouseholderFlow(recipe.encoder(3 * recipe.latent_dim), recipe.latent_dim, num_flows=recipe.flags.n_flow)


def _mixture(recipe: Recipe) -> Mixture:
    count = recipe.flags.n_component
    return Mixture(recipe.gaussian_encoders(count), recipe.encoder(count), recipe.latent_dim)


def _recursive_mixture(recipe: Recipe) -> RecursiveMixture:
    count, epochs = recipe.flags.n_component, recipe.flags.rme_epochs
    weights = [recipe.encoder(1) for _ in range(count - 1)]
    steps = epochs * recipe.steps_per_epoch or None
    options: dict[str, Any] = dict(kl_bound=recipe.flags.rme_bound, steps_per_component=steps)
    return RecursiveMixture(recipe.gaussian_encoders(count), weights, recipe.latent_dim, **options)


def _laplace(recipe: Recipe) -> Laplace:
    flags = recipe.flags
    options: dict[str, Any] = dict(update_rate=flags.update_lr, jacobian=JACOBIANS[flags.decoder])
    return Laplace(recipe.encoder(recipe.latent_dim), recipe.latent_dim, num_steps=flags.n_update, **options)


def gp_shares(q: GPEncoderDistribution) -> dict[str, tf.Tensor]:
    """What parts of the posterior variance f and h make up, means over dimensions, [B] each."""
    parts = {"variance_share_f": q.f, "variance_share_h": q.h}
    return {name: tf.reduce_mean(part.variance / q.gaussian.variance, axis=-1) for name, part in parts.items()}


class Family(NamedTuple):
    """A row of the paper's tables.

    Attributes:
      build: makes the posterior.
      uses: the flags of `FamilyFlags` that it looks at, besides decoder and hidden_dim.
      monitor: what a q(z | y) tells in the log of every epoch, by name, [B] each.
    """

    build: Callable[[Recipe], Posterior]
    uses: tuple[str, ...] = ()
    monitor: Callable[[Any], dict[str, tf.Tensor]] | None = None


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "VAE": Family(lambda recipe: MeanField(recipe.encoder(2 * recipe.latent_dim), recipe.latent_dim)),
        "GPVAE": Family(
            lambda recipe: _gp_encoder(recipe, GP_WEIGHTS[recipe.flags.gp_cov]),
            ("gp_cov", "logsq", "lambda_init"),
            gp_shares,
        ),
        # the GP encoder's three trunks without a GP: what of its gain is the networks' alone
        "TRUNKS": Family(lambda recipe: _gp_encoder(recipe, "deterministic")),
        "SA": Family(_semi_amortized, ("n_svi_step", "svi_lr", "svi_momentum", "svi_second_order")),
        "IAF": Family(_iaf, ("n_flow", "iaf_dim")),
        "HF": Family(_householder, ("n_flow",)),
        "ME": Family(_mixture, ("n_component",)),
        "RME": Family(_recursive_mixture, ("n_component", "rme_bound", "rme_epochs")),
        "VLAE": Family(_laplace, ("n_update", "update_lr")),
    }
)
