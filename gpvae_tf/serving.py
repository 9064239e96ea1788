"""SavedModels: a trained model's signatures `encode`, `decode` and `predict`, loadable without this library."""

from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from gpvae_tf.models import LatentGPVAE


class Servable(tf.Module):
    """The functions of a latent-GP model that a server offers, with fixed feature sizes and free batch and length.

    Signatures (B data sets, n context points, s query points, L channels, D input columns; float32 throughout):

    encode(images [B, n, H, W, C]) -> mean, variance [B, n, L]: the encoder's pseudo-observations.
    decode(latents [B, s, L]) -> images [B, s, H, W, C]: E[y | z].
    predict(context_images [B, n, H, W, C], context_inputs [B, n, D], query_inputs [B, s, D]) ->
      latent_mean, latent_variance [B, s, L], images [B, s, H, W, C]: the posterior at new inputs, decoded at its mean.

    Args:
      model: trained.
      input_dim: D.
    """

    def __init__(self, model: LatentGPVAE, input_dim: int):
        super().__init__(name="servable")
        self._tracked = [*model.variables, *model.non_trainable_variables]  # no Keras object enters the file
        encode, decode, predict = _functions(model)
        images = tf.TensorSpec([None, None, *model.image_shape], tf.float32)
        inputs = tf.TensorSpec([None, None, input_dim], tf.float32)
        latents = tf.TensorSpec([None, None, model.latent_dim], tf.float32)

        def named(spec: tf.TensorSpec, name: str) -> tf.TensorSpec:
            return tf.TensorSpec(spec.shape, spec.dtype, name=name)

        self.encode = tf.function(encode, input_signature=[named(images, "images")])
        self.decode = tf.function(decode, input_signature=[named(latents, "latents")])
        self.predict = tf.function(
            predict,
            input_signature=[
                named(images, "context_images"),
                named(inputs, "context_inputs"),
                named(inputs, "query_inputs"),
            ],
        )


def _functions(model: LatentGPVAE) -> tuple[Callable, Callable, Callable]:
    """What the signatures compute."""

    def encode(images: tf.Tensor) -> dict[str, tf.Tensor]:
        mean, variance = model.encode(images)
        return {"mean": tf.cast(mean, tf.float32), "variance": tf.cast(variance, tf.float32)}

    def decode(latents: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": tf.cast(model.decode(latents), tf.float32)}

    def predict(context_images: tf.Tensor, context_inputs: tf.Tensor, query_inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        mean, variance = model.predict({"images": context_images, "inputs": context_inputs}, query_inputs)
        return {
            "latent_mean": tf.cast(mean, tf.float32),
            "latent_variance": tf.cast(variance, tf.float32),
            "images": tf.cast(model.decode(mean), tf.float32),
        }

    return encode, decode, predict


def export(model: LatentGPVAE, folder: Path, *, input_dim: int) -> None:
    """Writes a SavedModel with the signatures of `Servable`.

    Args:
      model: trained.
      folder: where it goes; an older export there is replaced.
      input_dim: D, columns of the inputs.
    """
    servable = Servable(model, input_dim)
    signatures = {name: getattr(servable, name) for name in ("encode", "decode", "predict")}
    tf.saved_model.save(servable, str(folder), signatures=signatures)
