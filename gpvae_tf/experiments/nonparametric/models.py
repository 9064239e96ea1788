"""What the nonparametric VAE's script can train, and the space in which each model's images lie."""

import abc
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.evaluation.batched import OverImages
from gpvae_tf.models.latent_regression import GaussianProcess, KernelWeights, LatentRegression, ReferenceLatents
from gpvae_tf.models.npvae import NonparametricVAE
from gpvae_tf.networks import dropout as dropout_networks

PREDICTORS: Mapping[str, Callable[[], LatentRegression]] = MappingProxyType(
    {
        "kernel": KernelWeights,
        "gp": lambda: GaussianProcess(kernels.exponentiated_quadratic(trainable=True)),
    }
)


class NpvaeSetting(NamedTuple):
    """What the models are built from.

    Attributes:
      image_shape: (H, W, C).
      latent_dim, location_dim: dimensions of Z and X.
      units: of both hidden layers of every network.
      rate: of dropout.
      predictor: one of `PREDICTORS`.
      options: weights and further keywords of `NonparametricVAE`.
    """

    image_shape: tuple[int, int, int]
    latent_dim: int
    location_dim: int
    units: int
    rate: float
    predictor: str
    options: Mapping[str, Any]


def _nonparametric(setting: NpvaeSetting) -> NonparametricVAE:
    locations = (setting.image_shape, setting.location_dim)
    encoder = dropout_networks.np_location_encoder(*locations, units=setting.units, rate=setting.rate)
    return _on(setting, encoder, PREDICTORS[setting.predictor](), setting.options)


def _plain(setting: NpvaeSetting) -> NonparametricVAE:
    """The plain VAE, dropout included: no match term, and an idle encoder of X that is as small as it can be."""
    encoder = dropout_networks.np_location_encoder(setting.image_shape, 1, units=1, rate=0.0)
    options = {**setting.options, "match_weight": 0.0, "decoded_weight": 0.0, "location_weight": 0.0}
    return _on(setting, encoder, KernelWeights(trainable=False), options)


def _on(
    setting: NpvaeSetting, location_encoder: tf.Module, predictor: LatentRegression, options: Mapping[str, Any]
) -> NonparametricVAE:
    sizes: dict[str, Any] = dict(units=setting.units, rate=setting.rate)
    return NonparametricVAE(
        dropout_networks.np_encoder(setting.image_shape, setting.latent_dim, **sizes),
        location_encoder,
        dropout_networks.np_decoder(setting.image_shape, setting.latent_dim, **sizes),
        latent_dim=setting.latent_dim,
        image_shape=setting.image_shape,
        predictor=predictor,
        **options,
    )


class Space(abc.ABC):
    """The space that a model's images are shown, drawn and interpolated in.

    Args:
      model: trained.
      train_images: of the training set, [N, H, W, C].
      num_anchors, seed: see `NonparametricVAE.reference_latents`.

    Attributes:
      name: "X" or "Z".
    """

    name: str

    def __init__(self, model: NonparametricVAE, train_images: np.ndarray, num_anchors: int, seed: int):
        self.model = model
        self._over_images = OverImages(lambda images, seed: self._embed(images), model.image_shape)

    def embed(self, images: np.ndarray) -> np.ndarray:
        """Points [n, D] of images [n, H, W, C]."""
        return self._over_images(images, batch_size=500)

    @abc.abstractmethod
    def _embed(self, images: tf.Tensor) -> tf.Tensor:
        """`embed` for one batch."""

    @abc.abstractmethod
    def decode(self, points: np.ndarray | tf.Tensor) -> np.ndarray:
        """Images [s, H, W, C] at points [s, D]."""

    @abc.abstractmethod
    def draw(self, num: int, seed: tf.Tensor) -> np.ndarray:
        """`num` images from the space's density; seed is stateless, [2]."""


class LocationSpace(Space):
    """X: images are decoded from predicted latents; its density is that of the anchors (`locations.draws`)."""

    name = "X"

    def __init__(self, model: NonparametricVAE, train_images: np.ndarray, num_anchors: int, seed: int):
        super().__init__(model, train_images, num_anchors, seed)
        self.references: ReferenceLatents = model.reference_latents(train_images, num_anchors, seed=seed)

    def _embed(self, images: tf.Tensor) -> tf.Tensor:
        return self.model.embed(images)

    def decode(self, points: np.ndarray | tf.Tensor) -> np.ndarray:
        return self.model.images_at(tf.convert_to_tensor(points), self.references).numpy()

    def draw(self, num: int, seed: tf.Tensor) -> np.ndarray:
        return self.model.sample_locations(num, seed, self.references).numpy()


class LatentSpace(Space):
    """Z of a plain VAE: posterior means; its density is the prior."""

    name = "Z"

    def _embed(self, images: tf.Tensor) -> tf.Tensor:
        return self.model.encode(images).mean

    def decode(self, points: np.ndarray | tf.Tensor) -> np.ndarray:
        return self.model.decode(tf.convert_to_tensor(points)).numpy()

    def draw(self, num: int, seed: tf.Tensor) -> np.ndarray:
        return self.model.sample(num, seed).numpy()


class NpvaeModel(NamedTuple):
    """How a model is built, and where its images lie."""

    build: Callable[[NpvaeSetting], NonparametricVAE]
    space: type[Space]


NPVAE_MODELS: Mapping[str, NpvaeModel] = MappingProxyType(
    {"NPVAE": NpvaeModel(_nonparametric, LocationSpace), "VAE": NpvaeModel(_plain, LatentSpace)}
)
