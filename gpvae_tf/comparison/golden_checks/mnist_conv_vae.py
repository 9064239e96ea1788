"""mnist_conv_vae*.npz: the rotated-MNIST encoder and decoder of SVGP-VAE with given weights, L = 16.

Inputs: encoder_weight_0..7, decoder_weight_0..7 (kernel, bias, in layer order), images [N, 28, 28, 1], latents [N, L].
Outputs: encoder_mean, encoder_variance [N, L], decoded [N, 28, 28, 1].
"""

import numpy as np

from gpvae_tf import networks
from gpvae_tf.comparison.original_process import Arrays
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import VAE

NUM_WEIGHTS = 8  # per network
INPUTS = (*(f"{part}_weight_{i}" for part in ("encoder", "decoder") for i in range(NUM_WEIGHTS)), "images", "latents")
OUTPUTS = ("encoder_mean", "encoder_variance", "decoded")


def compute(file: Arrays) -> dict[str, np.ndarray]:
    """The outputs, through the model that the script builds for --elbo=VAE, in float64."""
    latent_dim = file["latents"].shape[-1]
    encoder, decoder = (
        build(latent_dim, policy="float64") for build in (networks.mnist_encoder, networks.mnist_decoder)
    )
    for part, network in (("encoder", encoder), ("decoder", decoder)):
        network.set_weights([file[f"{part}_weight_{i}"] for i in range(NUM_WEIGHTS)])
    likelihood = GaussianLikelihood(1e-4)
    model = VAE(encoder, decoder, image_shape=(28, 28, 1), latent_dim=latent_dim, likelihood=likelihood)
    mean, variance = model.encode(file["images"])
    values = (mean, variance, model.decode(file["latents"]))
    return {key: value.numpy() for key, value in zip(OUTPUTS, values, strict=True)}
