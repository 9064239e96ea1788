"""The models of the imputation experiment, one record each."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gpvae_tf import inducing, kernels
from gpvae_tf._keras import Network
from gpvae_tf.as_coded import AsCodedBandedGPVAE
from gpvae_tf.experiments.imputation.config import ImputationConfig
from gpvae_tf.experiments.imputation.data_types import DATA_TYPES
from gpvae_tf.kernels import psd_kernels
from gpvae_tf.latent_gps import IndependentMeanField
from gpvae_tf.models import FGPVAE, GPVAE, SVGPVAE, BandedGPVAE, LatentGPVAE, MarkovGPVAE, VecchiaGPVAE

BANDED: dict[str, type[BandedGPVAE]] = {"paper": BandedGPVAE, "authors_code": AsCodedBandedGPVAE}
WHITE_NOISE = 0.001  # that the authors add to the diagonal of their Cauchy kernel


@dataclasses.dataclass(frozen=True)
class ImputationModel:
    """How a model is built, and what it is shown.

    Attributes:
      build: makes it of the configuration, the number of frames, and the keywords of every model.
      sees_mask: whether it knows what is missing; or else missing pixels are observed zeros to it.
      only_seen: whether frames of which nothing is observed can be left out of training, which is cheaper: a masked
        point is a removed one.
    """

    build: Callable[[ImputationConfig, int, dict[str, Any]], LatentGPVAE]
    sees_mask: bool = True
    only_seen: bool = True


def kernel_of(config: ImputationConfig, num_channels: int | None = None) -> kernels.Kernel:
    """The prior's kernel (docs/deviations.md, I3) of some channels, all of them if None."""
    channels, scales = num_channels or config.latent_dim, np.array(config.length_scale)
    if config.kernel_scales > 1:
        sizes = [-(-channels // config.kernel_scales)] * (config.kernel_scales - 1)
        sizes.append(channels - sum(sizes))  # the last part has what is left
        scales = np.repeat(config.length_scale / 2.0 ** np.arange(config.kernel_scales), sizes)
    return KERNEL_FAMILIES[config.kernel](config, scales)


def _options(config: ImputationConfig) -> dict[str, Any]:
    return dict(trainable=config.learn_kernel, **config.dtypes)


def _cauchy(config: ImputationConfig, scales: np.ndarray) -> kernels.Kernel:
    positive = lambda value, name: kernels.positive(value, name=name, **_options(config))
    amplitude, scale = positive(math.sqrt(config.sigma), "amplitude"), positive(scales / math.sqrt(2.0), "length_scale")
    return psd_kernels.RationalQuadratic(amplitude, scale, scale_mixture_rate=np.ones([], config.gp_dtype))


# What makes a kernel of length scales, by the name of --kernel; those of the authors' three have their meaning.
KERNEL_FAMILIES: dict[str, Callable[[ImputationConfig, np.ndarray], kernels.Kernel]] = {
    "rbf": lambda config, scales: kernels.exponentiated_quadratic(scales / math.sqrt(2.0), **_options(config)),
    "matern": lambda config, scales: kernels.matern(0.5, np.sqrt(scales), **_options(config)),
    "matern32": lambda config, scales: kernels.matern(1.5, scales, **_options(config)),
    "matern52": lambda config, scales: kernels.matern(2.5, scales, **_options(config)),
    "cauchy": _cauchy,
}


def _encoder(
    config: ImputationConfig, event_shape: tuple[int, ...], outputs: int, window: int | None = None
) -> Network:
    """The encoder of sequences, or of single observations if there is no window."""
    seen = (*event_shape[:-1], event_shape[-1] * (1 + config.mask_channel))
    return DATA_TYPES[config.data_type].encoder(config, seen, outputs, window)


def _of_each(config: ImputationConfig, options: dict[str, Any]) -> Network:
    """The encoder of single observations, means and log variances."""
    return _encoder(config, options["event_shape"], 2 * config.latent_dim)


def _banded(config: ImputationConfig, num_frames: int, options: dict[str, Any]) -> LatentGPVAE:
    parts = 3 if config.banded_covar else 2
    encoder = _encoder(config, options["event_shape"], parts * config.latent_dim, config.window_size)
    # The bound needs K^-1, which a smooth kernel without noise has not: with "rbf" training diverges.
    noise = WHITE_NOISE if config.kernel == "cauchy" or config.preset == "paper" else 0.0
    kind = BANDED[config.preset]
    return kind(encoder, kernel=kernel_of(config), white_noise=noise, coupled=config.banded_covar, **options)


def _independent(config: ImputationConfig, num_frames: int, options: dict[str, Any]) -> LatentGPVAE:
    return LatentGPVAE(_of_each(config, options), latent_gp=IndependentMeanField(config.gp_dtype), **options)


def _exact(config: ImputationConfig, num_frames: int, options: dict[str, Any]) -> LatentGPVAE:
    return GPVAE(_of_each(config, options), kernel=kernel_of(config), **options)


def _markov(config: ImputationConfig, num_frames: int, options: dict[str, Any]) -> LatentGPVAE:
    return MarkovGPVAE(_of_each(config, options), kernel=kernel_of(config), **options)


def _vecchia(config: ImputationConfig, num_frames: int, options: dict[str, Any]) -> LatentGPVAE:
    encoder, num = _of_each(config, options), config.num_neighbours
    return VecchiaGPVAE(encoder, kernel=kernel_of(config), num_neighbours=num, **options)


def _sparse(config: ImputationConfig, num_frames: int, options: dict[str, Any]) -> LatentGPVAE:
    locations = inducing.grid(0.0, num_frames - 1.0, config.m)
    points = inducing.InducingPoints(locations, dtype=config.dtypes["variable_dtype"])
    return SVGPVAE(_of_each(config, options), kernel=kernel_of(config), inducing_points=points, **options)


def _factorized(config: ImputationConfig, num_frames: int, options: dict[str, Any]) -> LatentGPVAE:
    num_local = config.num_local or max(1, 2 * config.latent_dim // 3)
    return FGPVAE(_of_each(config, options), local=kernel_of(config, num_local), num_local=num_local, **options)


IMPUTATION_MODELS = {
    "vae": ImputationModel(_independent, sees_mask=False, only_seen=False),
    "hi-vae": ImputationModel(_independent),
    "gp-vae": ImputationModel(_banded, only_seen=False),  # its posterior is of missing frames too
    "exact": ImputationModel(_exact),
    "markov": ImputationModel(_markov),
    "vecchia": ImputationModel(_vecchia),
    "svgp": ImputationModel(_sparse),
    "fgp": ImputationModel(_factorized),
}
