"""The models of the rotated-MNIST experiment, built from its configuration."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf import inducing, kernels
from gpvae_tf.as_coded.deep_svigp import AsCodedDeepSVIGP
from gpvae_tf.as_coded.low_rank_gp import AsCodedLowRankGP
from gpvae_tf.experiments.rotated_mnist.config import VECTOR_SCALE
from gpvae_tf.experiments.rotated_mnist.training import FAST, Learning
from gpvae_tf.latent_gps import IndependentMeanField, LowRankGP, SparseGP
from gpvae_tf.latent_gps.product_features import ProductFeatures
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import CVAE, GPPVAE, SVGPVAE, DeepSVIGP, LatentGPVAE

if TYPE_CHECKING:
    from gpvae_tf.experiments.rotated_mnist.svgp import MnistConfig

CHUNK = 1024  # images encoded at once to predict from the whole training split
VAE_VARIANCE = 0.01**2  # of pixels, in the authors' VAE and CVAE
SVIGP_VARIANCE = 0.1**2  # of pixels, at first, in deep SVIGP

# Differences between the presets that concern one model.
PRESETS: dict[str, dict[str, Any]] = {
    "paper": {
        "low_rank": LowRankGP,
        "gppvae_predicts_from": "mean",
        "svigp": DeepSVIGP,
        "svigp_scale": 0.01,
        "learning": FAST,
    },
    # B2 and B3: GPPVAE's sign and derivatives; B5: deep SVIGP as coded; one constant learning rate.
    "authors_code": {
        "low_rank": AsCodedLowRankGP,
        "gppvae_predicts_from": "draw",
        "svigp": AsCodedDeepSVIGP,
        "svigp_scale": 1.0,
        "learning": Learning(1e-3),
    },
}


def _options(config: "MnistConfig") -> dict[str, Any]:
    return dict(
        image_shape=(28, 28, 1),
        latent_dim=config.L,
        seed=config.seed,
        noise_clip=(1e-3, 10.0) if config.clip_qs else None,
    )


def _kernel(config: "MnistConfig") -> kernels.Kernel:
    objects = kernels.linear(normalize=config.object_kernel_normalize, dtype=config.gp_dtype)
    return kernels.view_object(config.view_kernel(), objects)


def _inducing_points(config: "MnistConfig") -> inducing.InducingPoints:
    """--nr_inducing_points for each of the angles, the held-out one included, as in the authors' code."""
    vectors = config.object_vectors(use_pca=True)[config.data.train.ids]
    points = inducing.views_and_objects(
        config.data.angles,
        vectors,
        config.nr_inducing_points,
        seed=config.seed,
        spread=None if config.PCA else VECTOR_SCALE,
    )
    dtype = config.dtypes["variable_dtype"]
    return inducing.InducingPoints(points, trainable=config.ip_joint, dtype=dtype)


def _sparse(config: "MnistConfig") -> dict[str, Any]:
    return dict(
        kernel=_kernel(config),
        inducing_points=_inducing_points(config),
        num_data=len(config.data.train),
        jitter=config.jitter,
        # without --ov_joint the inputs are the principal components, as in the authors' data files
        embedding=config.embedding(use_pca=config.PCA or not config.ov_joint),
    )


def svgp_vae(sparse_gp: type[SparseGP]) -> Callable[["MnistConfig"], LatentGPVAE]:
    """SVGP-VAE with a sparse GP's variant."""

    def build(config: "MnistConfig") -> LatentGPVAE:
        options = _options(config) | _sparse(config) | config.likelihood_and_objective()
        return SVGPVAE(*config.networks(), sparse_gp=sparse_gp, **options)

    return build


def deep_svigp(config: "MnistConfig") -> LatentGPVAE:
    """Deep SVIGP; the preset says which."""
    decoder = config.networks()[1]
    options = _options(config) | _sparse(config) | {"variable_dtype": config.dtypes["variable_dtype"]}
    # from the whitened prior, whose latents have standard deviations near 5, it takes long to get going
    options |= {
        "likelihood": GaussianLikelihood(SVIGP_VARIANCE, trainable=True),
        "initial_scale": config.switch("svigp_scale"),
    }
    return config.switch("svigp")(decoder, **options)


def gppvae(config: "MnistConfig") -> LatentGPVAE:
    """GPPVAE with a low-rank prior; the preset says which."""
    views = np.delete(config.data.angles, np.flatnonzero(config.data.angles == config.data.held_out_angle))
    features = ProductFeatures(
        config.view_kernel(), views, normalize=config.object_kernel_normalize, jitter=config.jitter
    )
    latent_gp = config.switch("low_rank")(
        features, trainable=config.GP_joint, variable_dtype=config.dtypes["variable_dtype"]
    )
    options = _options(config) | {"noise_clip": (1e-3, 100.0) if config.clip_qs else None}
    return GPPVAE(
        *config.networks(),
        latent_gp,
        config.data.train.inputs,
        embedding=config.embedding(use_pca=config.PCA or not config.ov_joint),
        likelihood=GaussianLikelihood(VAE_VARIANCE),
        predict_from=config.switch("gppvae_predicts_from"),
        **options,
    )


def vae(config: "MnistConfig") -> LatentGPVAE:
    """A VAE with prior N(0, I), sigma_y = 0.01."""
    options = _options(config) | {"likelihood": GaussianLikelihood(VAE_VARIANCE)}
    return LatentGPVAE(*config.networks(), IndependentMeanField(config.gp_dtype), name="vae", **options)


def cvae(config: "MnistConfig") -> LatentGPVAE:
    """A conditional VAE, sigma_y = 0.01."""
    options = _options(config) | {"likelihood": GaussianLikelihood(VAE_VARIANCE), "gp_dtype": config.gp_dtype}
    return CVAE(*config.networks(conditions=2), **options)
