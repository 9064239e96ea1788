"""The convolutional networks of rotated MNIST in float64."""

from typing import Any

from gpvae_tf import networks

PIXELS = 28 * 28


def build_networks(latent_dim: int, conditions: int = 0) -> tuple[Any, Any]:
    """Our encoder and decoder; `conditions` is the number of columns that both are given besides."""
    options: dict[str, Any] = dict(conditions=conditions, policy="float64")
    return networks.mnist_encoder(latent_dim, **options), networks.mnist_decoder(latent_dim, **options)
