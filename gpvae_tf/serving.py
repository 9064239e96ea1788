"""SavedModels: a trained model's signatures `encode`, `decode` and `predict`, loadable without this library."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from gpvae_tf.models import LatentGPVAE


class Servable(tf.Module):
    """The functions of a latent-GP model that a server offers, with fixed feature sizes and free batch and length.

    Signatures (B data sets, n context points, s query points, L channels, D input columns; float32 throughout):

    encode(images [B, n, H, W, C]) -> mean, variance [B, n, L]: the encoder's pseudo-observations.
    decode(latents [B, s, L]) -> images [B, s, H, W, C]: E[y | z].
    predict(context_images [B, n, H, W, C], context_inputs [B, n, D], query_inputs [B, s, D]) ->
      latent_mean, latent_variance [B, s, L], images [B, s, H, W, C]: the posterior at new inputs, decoded at its mean.

    A model whose networks see the inputs too (`conditions_on_inputs`) takes `inputs` beside images and latents. One
    without an encoder (`amortized` is false) has no `encode`, and its `predict` takes query_inputs alone.

    Args:
      model: trained.
      input_dim: D.

    Attributes:
      functions: by name.
    """

    def __init__(self, model: LatentGPVAE, input_dim: int):
        super().__init__(name="servable")
        self._tracked = [*model.variables, *model.non_trainable_variables]  # no Keras object enters the file
        specs = {
            "images": tf.TensorSpec([None, None, *model.image_shape], tf.float32),
            "inputs": tf.TensorSpec([None, None, input_dim], tf.float32),
            "latents": tf.TensorSpec([None, None, model.latent_dim], tf.float32),
        }
        conditions = ("inputs",) if model.conditions_on_inputs else ()
        context = ("context_images", "context_inputs") if model.amortized else ()

        def compiled(function: Callable[..., Any], names: Sequence[str]) -> Any:
            kinds = [specs[name.rpartition("_")[2]] for name in names]
            signature = [tf.TensorSpec(kind.shape, kind.dtype, name=name) for kind, name in zip(kinds, names)]
            return tf.function(function, input_signature=signature)

        encode, decode, predict = _functions(model)
        self.decode = compiled(decode, ("latents", *conditions))
        self.predict = compiled(predict, (*context, "query_inputs"))
        self.functions = {"decode": self.decode, "predict": self.predict}
        if model.amortized:
            self.encode = compiled(encode, ("images", *conditions))
            self.functions["encode"] = self.encode


def _functions(model: LatentGPVAE) -> tuple[Callable, Callable, Callable]:
    """What the signatures compute."""

    def encode(images: tf.Tensor, *inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        mean, variance = model.encode(images, *inputs)
        return {"mean": tf.cast(mean, tf.float32), "variance": tf.cast(variance, tf.float32)}

    def decode(latents: tf.Tensor, *inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": tf.cast(model.decode(latents, *inputs), tf.float32)}

    def predict(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        *context, query_inputs = tensors
        mean, variance = model.predict(dict(zip(("images", "inputs"), context)), query_inputs)
        return {
            "latent_mean": tf.cast(mean, tf.float32),
            "latent_variance": tf.cast(variance, tf.float32),
            "images": tf.cast(model.decode(mean, query_inputs), tf.float32),
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
    tf.saved_model.save(servable, str(folder), signatures=dict(servable.functions))
