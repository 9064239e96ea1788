"""SVGP-VAE whose decoder also sees the object's vector: p(y_i | z_i, v)."""

from typing import Any

import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf._keras import Network
from gpvae_tf.defaults import Facts, KernelChoice
from gpvae_tf.embeddings import ObjectEmbedding
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.models import masks
from gpvae_tf.models.input_checks import as_tensor
from gpvae_tf.models.svgp_vae import SVGPVAE
from gpvae_tf.types import Batch


class ObjectSVGPVAE(SVGPVAE):
    """SVGP-VAE with the object's vector v behind the latents that the decoder sees; not in the paper.

    The latents are linear in v if the kernel of the objects is linear, so what an image shows of its object (a style)
    has to go through them. Here it need not.

    Args:
      encoder: see `LatentVariableModel`.
      decoder: latents and vector [N, L + M] -> what the likelihood takes.
      kernel, inducing_points: see `SVGPVAE`.
      embedding: gives the vectors, which it is also asked for in predictions.
      options: see `SVGPVAE`.

    Raises:
      TypeError: if the embedding is of another kind.
    """

    embedding: ObjectEmbedding
    conditions_on_inputs = True

    def __init__(
        self,
        encoder: Network,
        decoder: Network,
        kernel: kernels.Kernel,
        inducing_points: InducingPoints,
        *,
        embedding: ObjectEmbedding,
        name: str = "object_svgp_vae",
        **options: Any,
    ):
        if not isinstance(embedding, ObjectEmbedding):
            raise TypeError(
                f"embedding must be AmortizedObjects or ObjectVectors, which give the objects' vectors; "
                f"got {type(embedding).__name__}"
            )
        super().__init__(encoder, decoder, kernel, inducing_points, embedding=embedding, name=name, **options)

    @property
    def decoder_width(self) -> int:
        """How many numbers the decoder sees of one point: its latents and its object's vector."""
        return self.latent_dim + self.embedding.vector_dim

    @classmethod
    def prior_for(cls, facts: Facts, latent_dim: int, choice: KernelChoice) -> dict[str, Any]:
        """There is no default embedding.

        Raises:
          TypeError: always.
        """
        raise TypeError(
            "ObjectSVGPVAE has no from_data: it needs an embedding that gives the objects' vectors; "
            "use SVGPVAE, which needs none"
        )

    def decoder_input(self, latents: tf.Tensor, inputs: tf.Tensor | None) -> tf.Tensor:
        """Latents and the object's vector, [..., L + M], at inputs that predictions take."""
        if inputs is None:
            raise ValueError("inputs is None: the decoder sees an object's vector behind the latents")
        latents = tf.convert_to_tensor(latents)
        vectors = self.features(inputs)[..., -self.embedding.vector_dim :]
        return tf.concat([latents, tf.cast(vectors, latents.dtype)], axis=-1)

    def decoder_inputs(self, batch: Batch) -> tf.Tensor:
        """Inputs with the vectors that the batch's own observations give."""
        inputs = as_tensor(batch["inputs"])
        data = self.observed(batch)
        return self.embedding.queries_of_batch(inputs, data.values, masks.context_of(batch, data.points))
