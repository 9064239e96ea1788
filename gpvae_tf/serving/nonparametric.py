"""The SavedModel of a nonparametric VAE: that of any model of images, with its space X."""

import numpy as np
import tensorflow as tf

from gpvae_tf.models.latent_regression import ReferenceLatents
from gpvae_tf.models.nonparametric_vae import NonparametricVAE
from gpvae_tf.serving.base import Outputs
from gpvae_tf.serving.images import ServableImages
from gpvae_tf.serving.requests import free


class ServableNonparametric(ServableImages):
    """Signatures of `ServableImages` and two more (N images, D dimensions of X).

    embed(observations [N, H, W, C]) -> x [N, D].
    generate(x [N, D]) -> observations [N, H, W, C]: E[y | z~], z~ predicted from the reference points in the file.

    Weights of all reference points are in memory for all x of a request: with 55,000 of them about 1 MB for each.

    Args:
      model: trained.
      references: the reference points, which predictions rest on.
      mean: see `ServableImages`.
    """

    def __init__(self, model: NonparametricVAE, references: ReferenceLatents, mean: np.ndarray | None = None):
        super().__init__(model, mean)
        # Variables, because constants would lie in every function of the file that uses them.
        self._references = [tf.Variable(part, trainable=False, name="anchors") for part in references]
        self.offer(
            "embed",
            lambda observations: {"x": model.embed(self.centred(observations))},
            observations=self.arguments["encode"]["observations"],
        )

        def generate(x: tf.Tensor) -> Outputs:
            known = ReferenceLatents(*(tf.convert_to_tensor(part) for part in self._references))
            return self.shown(model.decode(model.predictor.predict(tf.cast(x, known.x.dtype), known)))

        self.offer("generate", generate, x=free([None, references.x.shape[-1]], axes="N").answering(model.event_shape))
