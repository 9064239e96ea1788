"""What the models of SPRITES are made of: networks, embedding, kernel, inducing points."""

from typing import Any

import numpy as np

from gpvae_tf import inducing, kernels, networks
from gpvae_tf.datasets.sprites_splits import Sprites
from gpvae_tf.embeddings import AmortizedObjects, ObjectVectors
from gpvae_tf.experiments.object_networks import aggregation_of, model_class
from gpvae_tf.experiments.sprites import starts
from gpvae_tf.experiments.sprites.config import SpritesConfig
from gpvae_tf.latent_gps import IndependentMeanField, SparseGP, TitsiasGP
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import SVGPVAE, LatentGPVAE

VAE_VARIANCE = 0.01**2  # of pixels, in the authors' VAE
SPARSE_GPS = {"SVGPVAE_Hensman": SparseGP, "SVGPVAE_Titsias": TitsiasGP}
DRAWN_VARIANCES = (1e-4, 100.0)  # the range of the latents' variances in draws


def build_vae(config: SpritesConfig, data: Sprites) -> LatentGPVAE:
    """A VAE with prior N(0, I)."""
    latent_gp, likelihood = IndependentMeanField(config.gp_dtype), GaussianLikelihood(VAE_VARIANCE)
    return LatentGPVAE(**_common(config, data), latent_gp=latent_gp, likelihood=likelihood, name="vae")


def build_svgp_vae(config: SpritesConfig, data: Sprites, poses: np.ndarray, **options: Any) -> SVGPVAE:
    """SVGP-VAE whose features are a pose's vector and a character's.

    Args:
      config: of the run.
      data: for principal components of frames.
      poses: the poses' vectors at first, [A, L_action]; learned with --GPLVM_joint.
      options: likelihood and objective.
    """
    dtype = config.dtypes["variable_dtype"]
    network = networks.sprites_representation_network(config.L_character, data.image_shape, policy=config.precision)
    network.trainable = config.repr_nn_pretrain != "yes_fixed"
    vectors = ObjectVectors(poses, trainable=config.GPLVM_joint, view_columns=0, dtype=dtype)
    points = starts.inducing_points(data.train, poses, config.L_character, config.m, config.seed, config.PCA)
    aggregation = aggregation_of(config, config.L_character, config.precision)
    seen = config.L_character if config.decoder_sees_object else 0
    return model_class(config)(
        **_common(config, data, seen),
        kernel=kernels.view_object(_side_kernel(config), _side_kernel(config), view_columns=config.L_action),
        inducing_points=inducing.InducingPoints(points, trainable=config.ip_joint, dtype=dtype),
        embedding=AmortizedObjects(network, config.L_character, aggregation=aggregation, views=vectors),
        sparse_gp=SPARSE_GPS[config.elbo],
        num_data=len(data.train) * config.frames_per_character,
        jitter=config.jitter,
        sample_clip=DRAWN_VARIANCES,
        **options,
    )


def _side_kernel(config: SpritesConfig) -> kernels.Kernel:
    """The kernel of the poses' vectors, or of the characters'."""
    if config.K_SE:
        return kernels.exponentiated_quadratic(1.0, 0.1, trainable=config.GP_joint, **config.dtypes)
    return kernels.linear(normalize=config.object_kernel_normalize, dtype=config.gp_dtype)


def _common(config: SpritesConfig, data: Sprites, seen: int = 0) -> dict[str, Any]:
    """Arguments that all models have; the decoder sees so many numbers behind the latents."""
    sizes: dict[str, Any] = {"latent_dim": config.L, "event_shape": data.image_shape}
    return {
        "encoder": networks.sprites_encoder(**sizes, policy=config.precision),
        "decoder": networks.sprites_decoder(config.L + seen, data.image_shape, policy=config.precision),
        "seed": config.seed,
        "noise_clip": (1e-3, 10.0) if config.clip_qs else None,
        **sizes,
    }
