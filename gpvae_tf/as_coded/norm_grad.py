"""AdamNormGrad, the optimizer of jmtomczak/vae_vampprior and of CP-VAE's code (docs/deviations.md, C5)."""

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.models import FusedAdam


@keras.saving.register_keras_serializable(package="gpvae_tf")
class AdamNormGrad(FusedAdam):
    """Adam on gradients that are divided by their Euclidean norm, variable by variable: g / (|g| + 1e-7)."""

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable) -> None:
        """Adam's step with the normalised gradient."""
        super().update_step(gradient / (tf.norm(gradient) + 1e-7), variable)
