"""CVAE (Sohn et al., 2015): a VAE whose encoder and decoder see the view; a baseline of SVGP-VAE and FGP-VAE."""

from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf._keras import Network
from gpvae_tf.checks import check_shape
from gpvae_tf.defaults import Facts, KernelChoice
from gpvae_tf.latent_gps import IndependentMeanField, LatentDataset
from gpvae_tf.latent_gps.object_average import ID_COLUMN, ObjectAverage
from gpvae_tf.likelihoods import GaussianLikelihood, Likelihood
from gpvae_tf.models.encoding import behind
from gpvae_tf.models.input_checks import as_tensor
from gpvae_tf.models.latent_gp_vae import LatentGPVAE
from gpvae_tf.models.masks import points_of
from gpvae_tf.types import Batch, Gaussian


class CVAE(LatentGPVAE):
    """A conditional VAE on views w: sum_i E_q[log p(y_i | z_i, w_i)] - KL(q(z_i | y_i, w_i) || N(0, I)).

    The condition is (sin w, cos w). The encoder sees it as two constant planes behind the pixels, the decoder as two
    entries behind the latents (`networks.mnist_encoder(conditions=2)` and `mnist_decoder(conditions=2)` are made for
    that; they use it a second time further in). Inputs are (w in radians, object id), which no scaling changes; ids
    matter to predictors only, where an object's latents are the average over its images in the data (`ObjectAverage`).

    Args:
      encoder: observations and condition [N, ..., C + 2] -> [N, 2L].
      decoder: latents and condition [N, L + 2] -> what the likelihood takes, [N, *event] for most.
      likelihood: N(y; decoder output, 0.01^2) by default, as in ratschlab/SVGP-VAE.
      gp_dtype: dtype of the latent Gaussians' algebra.
      options: see `LatentGPVAE`.
    """

    conditions_on_inputs, num_conditions = True, 2

    def __init__(
        self,
        encoder: Network,
        decoder: Network,
        *,
        likelihood: Likelihood | None = None,
        gp_dtype: str = "float64",
        name: str = "cvae",
        **options,
    ):
        likelihood = likelihood or GaussianLikelihood(1e-4)
        super().__init__(encoder, decoder, IndependentMeanField(gp_dtype), likelihood=likelihood, name=name, **options)

    @classmethod
    def prior_for(cls, facts: Facts, latent_dim: int, choice: KernelChoice) -> dict[str, Any]:
        """Nothing, of data with the two columns that `features` takes."""
        _check_columns(facts.input_dim)
        return {}

    def features(self, inputs: tf.Tensor) -> tf.Tensor:
        """View and id as they came: an offset or a scale would make other objects of the ids.

        Raises:
          ValueError: if there are other columns.
        """
        inputs = as_tensor(inputs)
        check_shape("inputs", inputs, ("...", "n", "D"))
        _check_columns(inputs.shape[-1])
        return tf.cast(inputs, self.latent_gp.dtype)

    def check_batch(self, batch: Batch) -> None:
        super().check_batch(batch)
        ids, mask = np.asarray(batch["inputs"])[..., ID_COLUMN], batch.get("mask")
        seen = True if mask is None else np.asarray(points_of(tf.convert_to_tensor(mask), 2))
        wrong = ids[((ids != np.floor(ids)) | (ids < 0) | (ids >= self._num_ids)) & seen]
        if wrong.size:
            raise ValueError(
                f"inputs has the object id {wrong[0]:.10g} in column {ID_COLUMN}; a CVAE takes whole numbers from 0 to "
                f"{self._num_ids - 1}, behind the view in radians"
            )

    @property
    def _num_ids(self) -> int:
        """Whole numbers from 0 on that the algebra's dtype, and int32, tell apart."""
        return 2**31 if self.latent_gp.dtype == tf.float64 else 2**24

    def encoder_input(self, scaled: tf.Tensor, inputs: tf.Tensor | None) -> tf.Tensor:
        """Observations and two constant channels of sin w and cos w, [..., H, W, C + 2] of images."""
        return behind(scaled, _condition(inputs, scaled.dtype), self.event_ndims)

    def decoder_input(self, latents: tf.Tensor, inputs: tf.Tensor | None) -> tf.Tensor:
        """Latents, sin w and cos w, [..., L + 2]."""
        latents = tf.convert_to_tensor(latents)
        return tf.concat([latents, _condition(inputs, latents.dtype)], axis=-1)

    def condition_latents(self, data: LatentDataset) -> ObjectAverage:
        """The average over an object's images."""
        data = data.never_empty()
        return ObjectAverage(self.latent_gp.condition(data).marginals(), data.x[..., ID_COLUMN], data.mask)

    def latents_elsewhere(self, data: LatentDataset) -> Gaussian:
        """The average over an object's images, N(0, I) where it has none."""
        return self.condition_latents(data).predict_or_prior(data.x)


def _check_columns(number: int | None) -> None:
    if number != 2:
        raise ValueError(f"inputs has {number} columns; a CVAE takes two, the view in radians and the object's id")


def _condition(inputs: tf.Tensor | None, dtype: tf.DType) -> tf.Tensor:
    """(sin w, cos w) of inputs [..., n, D], column 0 being w in radians."""
    if inputs is None:
        raise ValueError("inputs is None: a CVAE encodes and decodes an image together with its view")
    angle = tf.cast(tf.convert_to_tensor(inputs)[..., 0], dtype)
    return tf.stack([tf.sin(angle), tf.cos(angle)], axis=-1)
