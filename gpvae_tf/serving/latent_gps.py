"""The SavedModel of a latent-GP model: encode, decode and predict at new inputs."""

import tensorflow as tf

from gpvae_tf.models import LatentGPVAE
from gpvae_tf.serving.base import Outputs, Servable


class ServableLatentGP(Servable):
    """Signatures of a latent-GP model (B data sets, n context points, s query points, L channels, D input columns).

    encode(observations [B, n, H, W, C]) -> mean, variance [B, n, L]: the encoder's pseudo-observations.
    decode(latents [B, s, L]) -> observations [B, s, H, W, C]: E[y | z].
    predict(context_observations [B, n, H, W, C], context_inputs [B, n, D], query_inputs [B, s, D]) ->
      latent_mean, latent_variance [B, s, L], images [B, s, H, W, C]: the posterior at new inputs, decoded at its mean.

    A model whose networks see the inputs too (`conditions_on_inputs`) takes `inputs` beside observations and latents.
    One without an encoder (`amortized` is false) has no `encode`, and its `predict` takes query_inputs alone.

    Args:
      model: trained.
      input_dim: D.
    """

    def __init__(self, model: LatentGPVAE, input_dim: int):
        super().__init__(model)
        observations = tf.TensorSpec([None, None, *model.event_shape], tf.float32)
        inputs = tf.TensorSpec([None, None, input_dim], tf.float32)
        latents = tf.TensorSpec([None, None, model.latent_dim], tf.float32)
        conditions = {"inputs": inputs} if model.conditions_on_inputs else {}
        context = {"context_observations": observations, "context_inputs": inputs} if model.amortized else {}

        def encode(observations: tf.Tensor, *inputs: tf.Tensor) -> Outputs:
            mean, variance = model.encode(observations, *inputs)
            return {"mean": mean, "variance": variance}

        def decode(latents: tf.Tensor, *inputs: tf.Tensor) -> Outputs:
            return {"observations": model.decode(latents, *inputs)}

        def predict(*tensors: tf.Tensor) -> Outputs:
            *data, query_inputs = tensors
            predictor = model.condition_on(dict(zip(("observations", "inputs"), data)) or None)
            mean, variance = predictor.predict_f(query_inputs)
            return {"latent_mean": mean, "latent_variance": variance, "observations": model.decode(mean, query_inputs)}

        if model.amortized:
            self.offer("encode", encode, observations=observations, **conditions)
        self.offer("decode", decode, latents=latents, **conditions)
        self.offer("predict", predict, **context, query_inputs=inputs)
