"""What the models of SVGP-VAE's experiment are made of: their common arguments, and what the presets change in them."""

from typing import Any, NamedTuple

import numpy as np

from gpvae_tf import embeddings, inducing, kernels
from gpvae_tf.as_coded.deep_svigp import AsCodedDeepSVIGP
from gpvae_tf.as_coded.low_rank_gp import AsCodedLowRankGP
from gpvae_tf.experiments.object_networks import aggregation_of
from gpvae_tf.experiments.rotated_mnist.experiment import VECTOR_SCALE, RotatedExperiment
from gpvae_tf.experiments.rotated_mnist.svgp_config import SvgpConfig
from gpvae_tf.experiments.rotated_mnist.whole_objects import WholeObjects
from gpvae_tf.latent_gps import LowRankGP
from gpvae_tf.models import DeepSVIGP
from gpvae_tf.networks.rotated_mnist import mnist_representation_network

VAE_VARIANCE = 0.01**2  # of pixels, in the authors' VAE and CVAE
SVIGP_VARIANCE = 0.1**2  # of pixels, at first, in deep SVIGP

SvgpRun = RotatedExperiment[SvgpConfig]


class SvgpPreset(NamedTuple):
    """What one model differs in between the presets.

    Attributes:
      low_rank: class of GPPVAE's latent GP.
      gppvae_predicts_from: "mean" or "draw" of the encoder, on which GPPVAE is conditioned.
      svigp: class of deep SVIGP.
      svigp_scale: initial standard deviation of its whitened inducing variables.
    """

    low_rank: type[LowRankGP]
    gppvae_predicts_from: str
    svigp: type[DeepSVIGP]
    svigp_scale: float


SVGP_PRESETS = {
    # From the whitened prior (scale 1), whose latents have standard deviations near 5, deep SVIGP takes long to start.
    "paper": SvgpPreset(LowRankGP, "mean", DeepSVIGP, 0.01),
    # B2 and B3: GPPVAE's sign and derivatives; B5: deep SVIGP as coded.
    "authors_code": SvgpPreset(AsCodedLowRankGP, "draw", AsCodedDeepSVIGP, 1.0),
}


def model_arguments(run: SvgpRun, **others: Any) -> dict[str, Any]:
    """Arguments that all models have, and others."""
    config = run.config
    clip = (1e-3, 10.0) if config.clip_qs else None
    return {"event_shape": run.event_shape, "latent_dim": config.L, "seed": config.seed, "noise_clip": clip, **others}


def embedding_argument(run: SvgpRun) -> dict[str, Any]:
    """Object vectors; without --ov_joint they are the principal components, as in the authors' data files."""
    return {"embedding": run.embedding(use_pca=run.config.PCA or not run.config.ov_joint)}


def amortized_objects(run: SvgpRun) -> embeddings.AmortizedObjects:
    """The embedding of --object_vectors=network."""
    config = run.config
    network = mnist_representation_network(config.M, offset=config.object_offset, policy=config.precision)
    aggregation = aggregation_of(config, config.M, config.precision)
    return embeddings.AmortizedObjects(network, config.M, aggregation=aggregation)


def product_kernel(run: SvgpRun) -> kernels.Kernel:
    """The view kernel times the linear kernel of object vectors."""
    objects = kernels.linear(normalize=run.config.object_kernel_normalize, dtype=run.config.gp_dtype)
    return kernels.view_object(run.view_kernel(), objects)


def sparse_arguments(run: SvgpRun) -> dict[str, Any]:
    """Kernel, object vectors and --nr_inducing_points for every angle, the held-out one included, as in their code.

    The points' vectors are like those of the training images, from principal components, from noise if there is no
    --PCA, or from the network of --object_vectors=network as it starts.
    """
    config, data = run.config, run.data
    if config.object_vectors == "network":
        embedding = {"embedding": (amortized := amortized_objects(run))}
        whole = WholeObjects(data, config.batch_size)
        vectors, spread = np.repeat(whole.vectors(amortized), whole.train.mask.sum(axis=1), axis=0), None
    else:
        embedding = embedding_argument(run)
        vectors = run.object_vectors(use_pca=True)[data.train.ids]
        spread = None if config.PCA else VECTOR_SCALE
    points = inducing.views_and_objects(
        data.angles, vectors, config.nr_inducing_points, seed=config.seed, spread=spread
    )
    dtype = config.dtypes["variable_dtype"]
    return {
        "kernel": product_kernel(run),
        "inducing_points": inducing.InducingPoints(points, trainable=config.ip_joint, dtype=dtype),
        "num_data": len(data.train),
        "jitter": config.jitter,
        **embedding,
    }
