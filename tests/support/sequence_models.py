"""A tiny instance of every model with a latent GP, and batches for them."""

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels, networks
from gpvae_tf._keras import keras
from gpvae_tf.as_coded.ball_kl import AsCodedGP
from gpvae_tf.embeddings import AmortizedObjects, AttentionAggregation, ObjectVectors
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import IndependentMeanField, SparseGP, TitsiasGP
from gpvae_tf.latent_gps.correlated import CorrelatedSharedGaussian
from gpvae_tf.latent_gps.low_rank import LowRankGP
from gpvae_tf.latent_gps.product_features import ProductFeatures
from gpvae_tf.models import (
    CVAE,
    FGPVAE,
    GPPVAE,
    GPVAE,
    SVGPVAE,
    VAE,
    BandedGPVAE,
    DeepSVIGP,
    LatentGPVAE,
    MarkovGPVAE,
    NeuralProcessGPVAE,
    ObjectSVGPVAE,
    VecchiaGPVAE,
)
from tests.support import tiny
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM, build_networks

OPTIONS = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)
NUM_OBJECTS, NUM_VIEWS = 3, 5
ANGLES = np.arange(NUM_VIEWS) * 2.0 * np.pi / NUM_VIEWS
videos = tiny.videos


def objects(rng: np.random.Generator) -> dict[str, tf.Tensor]:
    """3 objects, each a data set of its own, of 5 images with inputs (angle, id)."""
    inputs = np.stack([np.tile(ANGLES, (NUM_OBJECTS, 1)), np.repeat(np.arange(3.0)[:, None], NUM_VIEWS, 1)], axis=-1)
    images = rng.uniform(size=(NUM_OBJECTS, NUM_VIEWS, *IMAGE_SHAPE))
    return {"observations": tf.constant(images, tf.float32), "inputs": tf.constant(inputs, tf.float32)}


def one_set_of_objects(rng: np.random.Generator) -> dict[str, tf.Tensor]:
    """The same images as one data set, with the rows that they are of it."""
    return as_one_set(objects(rng)) | {"index": tf.range(NUM_OBJECTS * NUM_VIEWS)[tf.newaxis]}


def as_one_set(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """The images of several data sets as one."""
    return {name: tf.reshape(part, [1, -1, *part.shape[2:]]) for name, part in batch.items()}


def _kernel():
    return kernels.exponentiated_quadratic(1.3, trainable=True)


def _points():
    return InducingPoints(np.array([[1.5], [3.0], [6.5]]), dtype="float64", trainable=True)


def _vectors():
    return ObjectVectors(np.random.default_rng(5).normal(size=(NUM_OBJECTS, 3)), trainable=True)


def vae(policy="float32", **options):
    return VAE(*build_networks(policy), **OPTIONS | options)


def mean_field(policy="float32", **options):
    return LatentGPVAE(*build_networks(policy), IndependentMeanField(), **OPTIONS | options)


def gp_vae(policy="float32", **options):
    return GPVAE(*build_networks(policy), _kernel(), **OPTIONS | options)


def markov_gp_vae(policy="float32", **options):
    kernel = kernels.matern(1.5, 1.3, trainable=True)
    return MarkovGPVAE(*build_networks(policy), kernel, **OPTIONS | options)


def vecchia_gp_vae(policy="float32", **options):
    return VecchiaGPVAE(*build_networks(policy), _kernel(), num_neighbours=3, **OPTIONS | options)


def neural_process(policy="float32", **options):
    return NeuralProcessGPVAE(*build_networks(policy), _kernel(), **OPTIONS | options)


def banded(policy="float32", **options):
    encoder = networks.sequence_encoder(IMAGE_SHAPE, 3 * LATENT_DIM, units=8, window=3, policy=policy)
    return BandedGPVAE(encoder, build_networks(policy)[1], _kernel(), **OPTIONS | options)


def svgp_vae(policy="float32", **options):
    return SVGPVAE(*build_networks(policy), _kernel(), _points(), **OPTIONS | options)


def titsias(policy="float32", **options):
    return svgp_vae(policy, sparse_gp=TitsiasGP, **options)


def as_coded(policy="float32", **options):
    return svgp_vae(policy, sparse_gp=AsCodedGP, **options)


def fgp_vae(policy="float32", **options):
    return FGPVAE(*build_networks(policy), kernels.periodic(trainable=True), num_local=1, **OPTIONS | options)


def sparse_fgp_vae(policy="float32", **options):
    local = SparseGP(kernels.periodic(trainable=True), InducingPoints(ANGLES[:3, None], trainable=True))
    return FGPVAE(*build_networks(policy), local, num_local=1, **OPTIONS | options)


def correlated_fgp_vae(policy="float32", **options):
    shared = CorrelatedSharedGaussian(kernels.linear(normalize=True))
    return fgp_vae(policy, shared=shared, embedding=_vectors(), **options)


def gppvae(policy="float32", **options):
    features = ProductFeatures(kernels.periodic(0.8, 1.3, trainable=True), ANGLES)
    prior = LowRankGP(features, noise_variance=0.3, trainable=True)
    inputs = one_set_of_objects(np.random.default_rng(0))["inputs"][0].numpy()
    return GPPVAE(*build_networks(policy), prior, inputs, embedding=_vectors(), **OPTIONS | options)


def deep_svigp(policy="float32", **options):
    kernel = kernels.view_object(kernels.periodic(trainable=True), kernels.linear())
    points = InducingPoints(np.random.default_rng(6).normal(size=(4, 4)), trainable=True)
    sizes = dict(num_data=NUM_OBJECTS * NUM_VIEWS, embedding=_vectors(), jitter=1e-6)
    return DeepSVIGP(build_networks(policy)[1], kernel, points, **OPTIONS | sizes | options)


def table_svgp_vae(policy="float32", **options):
    """Of objects with two numbers each in a table."""
    kernel = kernels.view_object(kernels.periodic(), kernels.linear())
    points = InducingPoints(np.random.default_rng(6).normal(size=(6, 3)))
    table = ObjectVectors(np.random.default_rng(5).normal(size=(NUM_OBJECTS, 2)), trainable=True)
    sizes = dict(num_data=NUM_OBJECTS * NUM_VIEWS, embedding=table, jitter=1e-6)
    return SVGPVAE(*build_networks(policy), kernel, points, **OPTIONS | sizes | options)


def amortized_svgp_vae(policy="float32", **options):
    """Of objects that a network represents by two numbers; every object is a data set."""
    return SVGPVAE(*build_networks(policy), **_of_amortized_objects(policy) | options)


def object_svgp_vae(policy="float32", **options):
    """The same with a decoder that sees the two numbers, which attention helps to make."""
    aggregation = AttentionAggregation(2, num_heads=2, key_dim=3, dtype=networks.output_dtype(policy))
    aggregation.gain.assign([0.5, -0.3])
    encoder = build_networks(policy)[0]
    decoder = networks.ball_decoder(IMAGE_SHAPE, LATENT_DIM + 2, units=8, policy=policy)
    return ObjectSVGPVAE(encoder, decoder, **_of_amortized_objects(policy, aggregation=aggregation) | options)


def _of_amortized_objects(policy, **of_objects):
    outside = networks.output_dtype(policy)
    layers = [keras.layers.InputLayer(IMAGE_SHAPE, dtype=outside), keras.layers.Flatten(dtype=policy)]
    network = keras.Sequential([*layers, keras.layers.Dense(2, dtype=outside)])
    kernel = kernels.view_object(kernels.periodic(trainable=True), kernels.linear())
    points = InducingPoints(np.random.default_rng(6).normal(size=(4, 3)), trainable=True)
    sizes = dict(num_data=NUM_OBJECTS * NUM_VIEWS, embedding=AmortizedObjects(network, 2, **of_objects), jitter=1e-6)
    return {"kernel": kernel, "inducing_points": points, **OPTIONS, **sizes}


def cvae(policy="float32", **options):
    height, width, channels = IMAGE_SHAPE
    encoder = networks.ball_encoder((height, width, channels + 2), LATENT_DIM, units=8, policy=policy)
    decoder = networks.ball_decoder(IMAGE_SHAPE, LATENT_DIM + 2, units=8, policy=policy)
    return CVAE(encoder, decoder, **OPTIONS | options)


def queries(model: LatentGPVAE, batch: dict[str, tf.Tensor]) -> tf.Tensor:
    """Half the inputs of a batch, a little moved."""
    inputs = batch["inputs"]
    return inputs[:, ::2] + tf.eye(1, inputs.shape[-1]) * 0.25


def queries_about_objects(model: SVGPVAE, batch: dict[str, tf.Tensor]) -> tf.Tensor:
    """The objects of a batch at two other angles."""
    vectors = model.embedding.represent(batch["observations"])
    return model.embedding.inputs_at(tf.constant([[[0.3], [1.7]]] * len(vectors)), vectors)
