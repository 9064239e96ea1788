"""What can be filled in: the data of every --data_type, and the networks that suit them."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from gpvae_tf import networks
from gpvae_tf._keras import Network
from gpvae_tf.datasets import healing_mnist, missing_frames, sprites_sequences
from gpvae_tf.datasets.imputation_sets import ImputationSet, from_file
from gpvae_tf.experiments.imputation.config import ImputationConfig
from gpvae_tf.experiments.imputation.sequences_config import SequencesConfig
from gpvae_tf.likelihoods import BernoulliLikelihood, GaussianLikelihood, Likelihood

Splits = Mapping[str, ImputationSet]


def fortuin_encoder(config: ImputationConfig, seen: tuple[int, ...], outputs: int, window: int | None) -> Network:
    """The encoder of Fortuin et al. (2020), of single observations if there is no window."""
    sizes: dict[str, Any] = dict(units=config.sizes("encoder_sizes"), window=window, policy=config.precision)
    filters: dict[str, Any] = dict(filters=config.sizes("cnn_sizes"), filter_size=config.cnn_kernel_size)
    if DATA_TYPES[config.data_type].binary:
        filters["pixels"] = ((0, 0), (0, 1), (1, 1)) if config.mask_channel else ((0,), (1,))  # missing ones are 0
    return networks.imputation_encoder(seen, outputs, **sizes, **filters)


def fortuin_decoder(config: ImputationConfig, event_shape: tuple[int, ...]) -> Network:
    """The decoder of Fortuin et al. (2020)."""
    units = config.sizes("decoder_sizes")
    return networks.imputation_decoder(event_shape, config.latent_dim, units=units, policy=config.precision)


def strided_encoder(config: ImputationConfig, seen: tuple[int, ...], outputs: int, window: int | None) -> Network:
    """Convolutions of stride 2 (32, 64, ... filters), then a layer of --encoder_sizes."""
    units = config.sizes("encoder_sizes")[0]
    if window is None:
        return networks.event_encoder(seen, outputs // 2, units=units, policy=config.precision)
    return networks.sequence_encoder(seen, outputs, units=units, window=window, policy=config.precision)


def strided_decoder(config: ImputationConfig, event_shape: tuple[int, ...]) -> Network:
    """The mirror image of `strided_encoder`."""
    units = config.sizes("decoder_sizes")[0]
    return networks.event_decoder(event_shape, config.latent_dim, units=units, policy=config.precision)


@dataclasses.dataclass(frozen=True)
class DataType:
    """Sequences to fill in.

    Attributes:
      event_shape: shape of an observation.
      splits: loads "train" and what can be scored, "validation" and "test".
      binary: whether values are 0 and 1, with a Bernoulli likelihood; or else real, with a Gaussian of variance 1.
      encoder, decoder: the networks.
      halves_rate: whether the learning rate is halved every ten epochs, down to a tenth.
    """

    event_shape: tuple[int, ...]
    splits: Callable[[SequencesConfig], Splits]
    binary: bool = False
    encoder: Callable[[ImputationConfig, tuple[int, ...], int, int | None], Network] = fortuin_encoder
    decoder: Callable[[ImputationConfig, tuple[int, ...]], Network] = fortuin_decoder
    halves_rate: bool = False

    @property
    def likelihood(self) -> Likelihood:
        """p(y | z)."""
        return BernoulliLikelihood() if self.binary else GaussianLikelihood(1.0)


def _healing(config: SequencesConfig) -> Splits:
    if config.data_dir:
        return _of_file(config, labels=True, num_train=50_000)
    law = healing_mnist.HealingConfig(missing=config.missing, max_angle=config.max_angle)
    return healing_mnist.load(law, data_dir=config.cache_dir, mnist_manual_dir=config.mnist_manual_dir)


def _frames(config: SequencesConfig) -> Splits:
    places = dict(data_dir=config.cache_dir, mnist_manual_dir=config.mnist_manual_dir)
    splits = missing_frames.load(config.angles, **places)
    return {**splits, "train": splits["train and validation"]} if config.testing else splits


def _sprites(config: SequencesConfig) -> Splits:
    if config.data_dir:
        return _of_file(config, labels=False, num_train=8_000)
    assert config.sprites_dir is not None  # as the configuration has checked
    splits, expected = sprites_sequences.load(config.sprites_dir, data_dir=config.cache_dir), (64, 64, 3)
    if splits["train"].event_shape != expected:
        raise ValueError(f"--sprites_dir has frames {list(splits['train'].event_shape)}; expected {list(expected)}")
    return splits


def _physionet(config: SequencesConfig) -> Splits:
    """The authors score on the series that they trained on, at values that were hidden for that (train.py)."""
    tested = _split(config, "train", labels=True, scored="m_train_artificial")
    held = _split(config, "val", labels=True, scored="m_val_artificial")
    return {"train": _split(config, "train", labels=True), "validation": held, "test": tested}


def _of_file(config: SequencesConfig, *, labels: bool, num_train: int) -> Splits:
    """A file of the authors' without a validation split, for which the last of its training sequences serve."""
    whole, test = (_split(config, name, labels=labels) for name in ("train", "test"))
    return {"train": whole.take(slice(num_train)), "validation": whole.take(slice(num_train, None)), "test": test}


def _split(config: SequencesConfig, name: str, *, labels: bool, **more: str) -> ImputationSet:
    parts = {"truth": f"x_{name}_full", "missing": f"m_{name}_miss", **more}
    parts |= {"labels": f"y_{name}"} if labels else {}
    return from_file(config.data_dir, DATA_TYPES[config.data_type].event_shape, parts)


DATA_TYPES = {
    "hmnist": DataType((28, 28, 1), _healing, binary=True),
    "frames": DataType((28, 28, 1), _frames, binary=True, encoder=strided_encoder, decoder=strided_decoder),
    "physionet": DataType((35,), _physionet, halves_rate=True),
    "sprites": DataType((64, 64, 3), _sprites),
}
