"""Encoders and decoders, one file per paper's table of networks, named for the data they were made for.

An encoder maps images [N, H, W, C] to [N, 2L]: means, then log variances. A decoder maps latents [N, L] to
[N, H, W, C]. Hidden layers follow `policy` (float32, float64, mixed_bfloat16, mixed_float16); the last layer is never
in half precision (`output_dtype`).
"""

from gpvae_tf.networks import blocked_convolutions, category_head, dropout, gated, images, layers, two_convolutions
from gpvae_tf.networks.ball import ball_decoder, ball_encoder
from gpvae_tf.networks.default_networks import event_decoder, event_encoder, is_picture, sequence_encoder
from gpvae_tf.networks.imputation import imputation_decoder, imputation_encoder
from gpvae_tf.networks.layers import output_dtype
from gpvae_tf.networks.rotated_mnist import (
    mnist_decoder,
    mnist_encoder,
    mnist_representation_network,
    wide_decoder,
    wide_encoder,
)
from gpvae_tf.networks.sprites import sprites_decoder, sprites_encoder, sprites_representation_network

__all__ = [
    "ball_decoder",
    "ball_encoder",
    "blocked_convolutions",
    "category_head",
    "dropout",
    "event_decoder",
    "event_encoder",
    "gated",
    "images",
    "imputation_decoder",
    "imputation_encoder",
    "is_picture",
    "layers",
    "mnist_decoder",
    "mnist_encoder",
    "mnist_representation_network",
    "output_dtype",
    "sequence_encoder",
    "sprites_decoder",
    "sprites_encoder",
    "sprites_representation_network",
    "two_convolutions",
    "wide_decoder",
    "wide_encoder",
]
