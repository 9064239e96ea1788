"""Networks built with their model, from the shapes that it knows; Keras would build them in their first call."""

from typing import Any

from gpvae_tf._keras import Network, build
from gpvae_tf.embeddings import Embedding


def encoder_shape(event_shape: tuple[int, ...], mask_channel: bool, num_conditions: int) -> tuple[int, ...]:
    """The shape of what an encoder sees of one observation, with what is put behind it on the last axis."""
    *front, channels = event_shape
    return (*front, channels * (1 + mask_channel) + num_conditions)


class BuildsNetworks:
    """Mixed into a model of sequences: what its networks see of one observation, and their variables from the start.

    Attributes:
      num_conditions: numbers that encoder and decoder see beside observations and latents, such as the CVAE's two.
    """

    num_conditions = 0
    encoder: Any
    decoder: Network
    embedding: Embedding | None
    event_shape: tuple[int, ...]
    latent_dim: int
    mask_channel: bool

    def build_networks(self) -> None:
        """Makes the variables that encoder, decoder and embedding have not made yet (`_keras.build`)."""
        build(self.decoder, "decoder", [self.decoder_width])
        if self.encoder is not None:
            build(self.encoder, "encoder", self.encoder_shape)
        if self.embedding is not None:
            self.embedding.build(self.event_shape)

    @property
    def encoder_shape(self) -> tuple[int | None, ...]:
        """The shape of what the encoder sees of one observation."""
        return encoder_shape(self.event_shape, self.mask_channel, self.num_conditions)

    @property
    def decoder_width(self) -> int:
        """How many numbers the decoder sees of one point."""
        return self.latent_dim + self.num_conditions
