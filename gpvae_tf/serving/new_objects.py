"""The SavedModel of an SVGP-VAE whose objects are amortised: new objects in given views, from a few context images."""

import dataclasses

import tensorflow as tf

from gpvae_tf.gp.sparse import SufficientStatistics
from gpvae_tf.models import SVGPVAE
from gpvae_tf.serving.base import Outputs, Servable
from gpvae_tf.serving.requests import free


class ServableNewObjects(Servable):
    """Signatures for objects never seen (B objects, c context images, s images to generate, V view columns).

    represent(context_observations [B, c, H, W, C]) -> vectors [B, M]: what the embedding makes of the images.
    predict(context_observations [B, c, H, W, C], views [B, s, V]) -> latent_mean, latent_variance [B, s, L],
      observations [B, s, H, W, C]: the posterior given the training set, which is in the file, decoded at its mean. It
      is `serving_default` too.
    predict_masked(as `predict`, context_mask [B, c] boolean) -> the same: True = the image is there; what is not may
      hold anything. Objects with unequal numbers of images go into one request, filled up with images that are not
      there.
    encode(observations [N, H, W, C]) -> mean, variance [N, L]: the encoder's pseudo-observations.
    decode(latents [N, L]) -> observations [N, H, W, C]: E[y | z]. Where the decoder sees the object's vector, it also
      takes inputs [N, V + M], a view and a vector.

    Args:
      model: trained, with an embedding that is `AmortizedObjects`.
      statistics: what `model.statistics` makes of the training set.

    Raises:
      TypeError: if the embedding is another one.
    """

    default = "predict"

    def __init__(self, model: SVGPVAE, statistics: SufficientStatistics):
        embedding = model.amortized_objects()
        super().__init__(model)
        # Variables, because constants would lie in every function of the file that uses them.
        self._statistics = [tf.Variable(part, trainable=False, name="statistics") for part in statistics]
        context = free([None, None, *model.event_shape], axes="Bc")
        views = free([None, None, embedding.view_columns], model.scaling.input_dtype, axes="Bs")
        observations = free([None, *model.event_shape], axes="N")
        latents = free([None, model.latent_dim], axes="N")

        def predict(context_observations: tf.Tensor, views: tf.Tensor, mask: tf.Tensor | None = None) -> Outputs:
            known = SufficientStatistics(*(tf.convert_to_tensor(part) for part in self._statistics))
            inputs = model.inputs_of_new_objects(views, context_observations, mask)
            shape = tf.shape(views)[:2]
            flat = model.features(tf.reshape(inputs, [1, -1, inputs.shape[-1]]))
            marginals = model.latent_gp.condition_on_statistics(known).predict(flat)  # all are points of one data set
            mean, variance = (
                tf.reshape(tf.linalg.matrix_transpose(part), tf.concat([shape, [model.latent_dim]], axis=0))
                for part in marginals
            )
            return {"latent_mean": mean, "latent_variance": variance, "observations": model.decode(mean, inputs)}

        def decode(latents: tf.Tensor, *inputs: tf.Tensor) -> Outputs:
            return {"observations": model.decode(latents, *inputs)}

        def encode(observations: tf.Tensor) -> Outputs:
            mean, variance = model.encode(observations)
            return {"mean": mean, "variance": variance}

        self.offer(
            "represent",
            lambda observations: {"vectors": model.represent(observations)},
            context_observations=context,
        )
        self.offer("predict", predict, context_observations=context, views=views)
        missing = dataclasses.replace(context, observed_by="context_mask")
        mask = free([None, None], tf.bool, axes="Bc")
        self.offer("predict_masked", predict, context_observations=missing, views=views, context_mask=mask)
        self.offer("encode", encode, observations=observations)
        columns = embedding.view_columns + embedding.vector_dim
        inputs = free([None, columns], model.scaling.input_dtype, axes="N")
        self.offer("decode", decode, latents=latents, **({"inputs": inputs} if model.conditions_on_inputs else {}))
