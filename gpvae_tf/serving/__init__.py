"""SavedModels: a trained model's functions as signatures, loadable without this library."""

from gpvae_tf.serving import kinds, request_checks, warm_up
from gpvae_tf.serving.base import Servable
from gpvae_tf.serving.categories import ServableCategories
from gpvae_tf.serving.images import ServableImages
from gpvae_tf.serving.latent_gps import ServableLatentGP
from gpvae_tf.serving.loading import Served, load
from gpvae_tf.serving.new_objects import ServableNewObjects
from gpvae_tf.serving.nonparametric import ServableNonparametric
from gpvae_tf.serving.predictors import ServablePredictor
from gpvae_tf.serving.requests import Argument, Limits

__all__ = [
    "Argument",
    "Limits",
    "Servable",
    "ServableCategories",
    "ServableImages",
    "ServableLatentGP",
    "ServableNewObjects",
    "ServableNonparametric",
    "ServablePredictor",
    "Served",
    "kinds",
    "load",
    "request_checks",
    "warm_up",
]
