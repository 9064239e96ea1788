"""The models of the imputation experiment, one record each."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gpvae_tf import inducing, kernels, networks
from gpvae_tf.as_coded import AsCodedBandedGPVAE
from gpvae_tf.experiments.imputation.config import ImputationConfig
from gpvae_tf.kernels import psd_kernels
from gpvae_tf.latent_gps import IndependentMeanField
from gpvae_tf.models import GPVAE, SVGPVAE, BandedGPVAE, LatentGPVAE

BANDED: dict[str, type[BandedGPVAE]] = {"paper": BandedGPVAE, "authors_code": AsCodedBandedGPVAE}
WHITE_NOISE = {"cauchy": 0.001}  # what the authors' kernels add to the diagonal


@dataclasses.dataclass(frozen=True)
class ImputationModel:
    """How a model is built, and what it is shown.

    Attributes:
      build: makes it of the configuration, the number of frames, and the keywords of every model.
      sees_mask: whether it knows what is missing; or else missing pixels are observed zeros to it.
    """

    build: Callable[[ImputationConfig, int, dict[str, Any]], LatentGPVAE]
    sees_mask: bool = True


def kernel_of(config: ImputationConfig) -> kernels.Kernel:
    """The prior's kernel, one length scale for every channel (docs/deviations.md, I3)."""
    scales = np.array(config.length_scale)
    if config.kernel_scales > 1:
        sizes = [-(-config.latent_dim // config.kernel_scales)] * (config.kernel_scales - 1)
        sizes.append(config.latent_dim - sum(sizes))  # the last part has what is left
        scales = np.repeat(config.length_scale / 2.0 ** np.arange(config.kernel_scales), sizes)
    options: dict[str, Any] = dict(trainable=config.learn_kernel, **config.dtypes)
    if config.kernel == "rbf":
        return kernels.exponentiated_quadratic(scales / math.sqrt(2.0), **options)
    if config.kernel == "matern":
        return kernels.matern(0.5, np.sqrt(scales), **options)
    positive = lambda value, name: kernels.positive(value, name=name, **options)
    amplitude, scale = positive(math.sqrt(config.sigma), "amplitude"), positive(scales / math.sqrt(2.0), "length_scale")
    return psd_kernels.RationalQuadratic(amplitude, scale, scale_mixture_rate=np.ones([], config.gp_dtype))


def _encoder(config: ImputationConfig, event_shape: tuple[int, ...], outputs: int, window: int | None):
    seen = (*event_shape[:-1], event_shape[-1] * (1 + config.mask_channel))
    sizes: dict[str, Any] = dict(units=config.sizes("encoder_sizes"), window=window, policy=config.precision)
    filters: dict[str, Any] = dict(filters=config.sizes("cnn_sizes"), filter_size=config.cnn_kernel_size)
    return networks.imputation_encoder(seen, outputs, **sizes, **filters)


def _of_frames(config: ImputationConfig, event_shape: tuple[int, ...]):
    """The encoder of single frames, means and log variances."""
    return _encoder(config, event_shape, 2 * config.latent_dim, None)


def _banded(config: ImputationConfig, num_frames: int, options: dict[str, Any]) -> LatentGPVAE:
    del num_frames
    parts = 3 if config.banded_covar else 2
    encoder = _encoder(config, options["event_shape"], parts * config.latent_dim, config.window_size)
    noise = WHITE_NOISE.get(config.kernel, 0.0)
    kind = BANDED[config.preset]
    return kind(encoder, kernel=kernel_of(config), white_noise=noise, coupled=config.banded_covar, **options)


def _independent(config: ImputationConfig, num_frames: int, options: dict[str, Any]) -> LatentGPVAE:
    encoder = _of_frames(config, options["event_shape"])
    return LatentGPVAE(encoder, latent_gp=IndependentMeanField(config.gp_dtype), **options)


def _exact(config: ImputationConfig, num_frames: int, options: dict[str, Any]) -> LatentGPVAE:
    return GPVAE(_of_frames(config, options["event_shape"]), kernel=kernel_of(config), **options)


def _sparse(config: ImputationConfig, num_frames: int, options: dict[str, Any]) -> LatentGPVAE:
    locations = inducing.grid(0.0, num_frames - 1.0, config.m)
    points = inducing.InducingPoints(locations, dtype=config.dtypes["variable_dtype"])
    return SVGPVAE(
        _of_frames(config, options["event_shape"]), kernel=kernel_of(config), inducing_points=points, **options
    )


IMPUTATION_MODELS = {
    "vae": ImputationModel(_independent, sees_mask=False),
    "hi-vae": ImputationModel(_independent),
    "gp-vae": ImputationModel(_banded),
    "exact": ImputationModel(_exact),
    "svgp": ImputationModel(_sparse),
}
