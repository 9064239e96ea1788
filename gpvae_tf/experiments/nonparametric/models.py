"""What the nonparametric VAE's script can train, and the space in which each model's images lie."""

import abc
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.evaluation.batched import OverImages
from gpvae_tf.models.embedding_space import EmbeddingSpace
from gpvae_tf.models.latent_regression import GaussianProcessRegression, KernelRegression, LatentRegression
from gpvae_tf.models.nonparametric_vae import NonparametricVAE
from gpvae_tf.networks.dropout import DropoutNetworks

PREDICTORS: Mapping[str, Callable[[], LatentRegression]] = MappingProxyType(
    {
        "kernel": KernelRegression,
        "gp": lambda: GaussianProcessRegression(kernels.exponentiated_quadratic(trainable=True)),
    }
)


_WEIGHTS = ("match_weight", "decoded_weight", "location_weight")
ImageShape = tuple[int, int, int]


def _nonparametric(config: Any, event_shape: ImageShape) -> NonparametricVAE:
    encoder = _networks(config, event_shape).location_encoder(config.dim_x)
    weights = {name: getattr(config, name) for name in _WEIGHTS}
    predictor = PREDICTORS[config.predictor]()
    return _on(config, event_shape, encoder, predictor=predictor, match=config.match, **weights)


def _plain(config: Any, event_shape: ImageShape) -> NonparametricVAE:
    """The plain VAE, dropout included: no match term, and an idle encoder of X that is as small as it can be."""
    encoder = DropoutNetworks(event_shape, units=1, rate=0.0).location_encoder(1)
    return _on(
        config, event_shape, encoder, predictor=KernelRegression(trainable=False), **dict.fromkeys(_WEIGHTS, 0.0)
    )


def _networks(config: Any, event_shape: ImageShape) -> DropoutNetworks:
    return DropoutNetworks(event_shape, config.n_hidden, 1.0 - config.keep_prob, config.precision)


def _on(config: Any, event_shape: ImageShape, location_encoder: tf.Module, **options: Any) -> NonparametricVAE:
    networks = _networks(config, event_shape)
    options |= {"latent_dim": config.dim_z, "event_shape": event_shape, "match_moves_z": config.match_moves_z}
    encoder, decoder = networks.encoder(config.dim_z), networks.decoder(config.dim_z)
    return NonparametricVAE(encoder, location_encoder, decoder, seed=config.seed, **options)


class Space(abc.ABC):
    """The space that a model's images are shown, drawn and interpolated in.

    Args:
      model: trained.
      train_images: of the training set, [N, H, W, C].
      num_anchors, seed: see `EmbeddingSpace.of_images`.

    Attributes:
      name: "X" or "Z".
    """

    name: str

    def __init__(self, model: NonparametricVAE, train_images: np.ndarray, num_anchors: int, seed: int):
        self.model = model
        self._over_images = OverImages(lambda images, seed: self._embed(images), model)

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
    """X: images are decoded from predicted latents; its density is that of the reference points.

    Attributes:
      embedding: X with its reference points.
    """

    name = "X"

    def __init__(self, model: NonparametricVAE, train_images: np.ndarray, num_anchors: int, seed: int):
        super().__init__(model, train_images, num_anchors, seed)
        self.embedding = EmbeddingSpace.of_images(model, train_images, num_anchors, seed=seed)

    def _embed(self, images: tf.Tensor) -> tf.Tensor:
        return self.model.embed(images)

    def decode(self, points: np.ndarray | tf.Tensor) -> np.ndarray:
        return self.embedding.images_at(tf.convert_to_tensor(points)).numpy()

    def draw(self, num: int, seed: tf.Tensor) -> np.ndarray:
        return self.embedding.sample(num, seed).numpy()


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
    """How a model is built from an `NpvaeConfig` and the shape of the images, and where its images lie."""

    build: Callable[[Any, ImageShape], NonparametricVAE]
    space: type[Space]


NPVAE_MODELS: Mapping[str, NpvaeModel] = MappingProxyType(
    {"NPVAE": NpvaeModel(_nonparametric, LocationSpace), "VAE": NpvaeModel(_plain, LatentSpace)}
)
