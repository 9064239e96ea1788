"""SavedModels: a trained model's functions as signatures, loadable without this library."""

from gpvae_tf.serving import kinds
from gpvae_tf.serving.base import Servable, export
from gpvae_tf.serving.images import ServableImages
from gpvae_tf.serving.latent_gps import ServableLatentGP, ServablePredictor
from gpvae_tf.serving.new_objects import ServableNewObjects
from gpvae_tf.serving.nonparametric import ServableNonparametric

__all__ = [
    "Servable",
    "ServableImages",
    "ServableLatentGP",
    "ServableNewObjects",
    "ServableNonparametric",
    "ServablePredictor",
    "export",
    "kinds",
]
