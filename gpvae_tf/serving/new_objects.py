"""The SavedModel of an SVGP-VAE whose objects have vectors: new objects in given views, from a few context images."""

import dataclasses

import tensorflow as tf

from gpvae_tf.embeddings import AmortizedObjects
from gpvae_tf.gp.sparse import SufficientStatistics
from gpvae_tf.latent_gps import LatentPredictor
from gpvae_tf.models import SVGPVAE
from gpvae_tf.models.prediction.predictor import Predictor
from gpvae_tf.models.prediction.vector_inference import object_embedding
from gpvae_tf.serving.base import Outputs, Servable
from gpvae_tf.serving.requests import free


class ServableNewObjects(Servable):
    """Signatures for objects never seen (B objects, c context images, s images to generate, V view columns).

    infer_vectors(context_observations [B, c, H, W, C], context_views [B, c, V]) -> vectors [B, M]: those that explain
      the images best (`Predictor.infer_vectors`), which takes many times as long as `represent`.
    infer_vectors_masked(as `infer_vectors`, context_mask [B, c] boolean) -> the same; see `predict_masked`. At least
      one image of every object has to be there.
    predict_at(vectors [B, M], views [B, s, V]) -> as `predict`: objects with these vectors.
    encode(observations [N, H, W, C]) -> mean, variance [N, L]: the encoder's pseudo-observations.
    decode(latents [N, L]) -> observations [N, H, W, C]: E[y | z]. Where the decoder sees the object's vector, it also
      takes inputs [N, V + M], a view and a vector.

    Where a network makes vectors of images (`AmortizedObjects`), also:

    represent(context_observations [B, c, H, W, C]) -> vectors [B, M]: what the embedding makes of the images.
    predict(context_observations [B, c, H, W, C], views [B, s, V]) -> latent_mean, latent_variance [B, s, L],
      observations [B, s, H, W, C]: the posterior given the training set, which is in the file, decoded at its mean. It
      is `serving_default` too.
    predict_masked(as `predict`, context_mask [B, c] boolean) -> the same: True = the image is there; what is not may
      hold anything. Objects with unequal numbers of images go into one request, filled up with images that are not
      there.

    Args:
      model: trained, with an embedding that gives objects vectors.
      statistics: what `model.statistics` makes of the training set.

    Raises:
      TypeError: if the embedding is another one.
    """

    default = "predict"

    def __init__(self, model: SVGPVAE, statistics: SufficientStatistics):
        embedding = object_embedding(model)
        if statistics.vector.shape[0] != 1:
            raise ValueError(f"the training set has {statistics.vector.shape[0]} data sets; expected all points in one")
        super().__init__(model)
        # Variables, because constants would lie in every function of the file that uses them.
        self._statistics = [tf.Variable(part, trainable=False, name="statistics") for part in statistics]
        context = free([None, None, *model.event_shape], axes="Bc").of(model.likelihood, model.scaling.restore)
        seen = free([None, None, embedding.view_columns], model.scaling.input_dtype, axes="Bc")
        views = dataclasses.replace(seen, axes="Bs").answering(model.event_shape)
        masked = {"context_mask": free([None, None], tf.bool, axes="Bc")}
        missing = dataclasses.replace(context, observed_by="context_mask")

        def latent() -> LatentPredictor:
            known = SufficientStatistics(*(tf.convert_to_tensor(part) for part in self._statistics))
            return model.latent_gp.condition_on_statistics(known)

        def predict_at(vectors: tf.Tensor, views: tf.Tensor) -> Outputs:
            inputs = embedding.inputs_at(views, vectors)
            flat = model.features(tf.reshape(inputs, [1, -1, inputs.shape[-1]]))  # all are points of one data set
            shape = tf.concat([tf.shape(views)[:2], [model.latent_dim]], axis=0)
            mean, variance = (tf.reshape(part, shape) for part in latent().predict(flat).transposed())
            return {"latent_mean": mean, "latent_variance": variance, "observations": model.decode(mean, inputs)}

        def predict(context_observations: tf.Tensor, views: tf.Tensor, mask: tf.Tensor | None = None) -> Outputs:
            return predict_at(model.represent(context_observations, mask), views)

        def infer_vectors_masked(images: tf.Tensor, views: tf.Tensor, mask: tf.Tensor) -> Outputs:
            return {"vectors": Predictor(model, latent()).infer_vectors(views, images, mask)}

        def infer_vectors(images: tf.Tensor, views: tf.Tensor) -> Outputs:  # whose large graph both use
            return self.functions["infer_vectors_masked"](images, views, tf.ones(tf.shape(images)[:2], tf.bool))

        def decode(latents: tf.Tensor, *inputs: tf.Tensor) -> Outputs:
            return {"observations": model.decode(latents, *inputs)}

        def encode(observations: tf.Tensor) -> Outputs:
            mean, variance = model.encode(observations)
            return {"mean": mean, "variance": variance}

        if isinstance(embedding, AmortizedObjects):
            self.offer(
                "represent",
                lambda observations: {"vectors": model.represent(observations)},
                context_observations=context,
            )
            self.offer("predict", predict, context_observations=context, views=views)
            self.offer("predict_masked", predict, context_observations=missing, views=views, **masked)
        else:
            self.default = "predict_at"
        looked = {"context_observations": missing, "context_views": seen}
        some = {"context_mask": dataclasses.replace(masked["context_mask"], some_of_each=True)}
        self.offer("infer_vectors_masked", infer_vectors_masked, **looked, **some)
        self.offer("infer_vectors", infer_vectors, context_observations=context, context_views=seen)
        self.offer("predict_at", predict_at, vectors=free([None, embedding.vector_dim], axes="B"), views=views)
        images = tf.TensorSpec([None, *model.event_shape])
        self.offer("encode", encode, observations=dataclasses.replace(context, spec=images, axes="N"))
        columns = embedding.view_columns + embedding.vector_dim
        inputs = free([None, columns], model.scaling.input_dtype, axes="N")
        latents = free([None, model.latent_dim], axes="N").answering(model.event_shape)
        self.offer("decode", decode, latents=latents, **({"inputs": inputs} if model.conditions_on_inputs else {}))
