"""A tiny instance of every model of single images, batches for them, and what their SavedModels have to answer."""

import numpy as np
import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf.models import CPVAE, HierarchicalVAE, ImageVAE, NonparametricVAE
from gpvae_tf.models.embedding_space import EmbeddingSpace
from gpvae_tf.networks import dropout, gated
from gpvae_tf.posteriors import MeanField
from tests.support import cp_problem, families

IMAGE_SHAPE = families.IMAGE_SHAPE
NUM_IMAGES, LATENT_DIM, TOP_DIM, UNITS = 5, 2, 3, 5
SEED = tf.constant([3, 4])


def images(rng: np.random.Generator) -> dict[str, tf.Tensor]:
    """5 standard normal images."""
    return {"observations": families.images_of(rng, NUM_IMAGES)}


def binary_images(rng: np.random.Generator) -> dict[str, tf.Tensor]:
    """5 binary images."""
    return {"observations": tf.cast(cp_problem.images(rng, NUM_IMAGES), tf.float32)}


def labelled_images(rng: np.random.Generator) -> dict[str, tf.Tensor]:
    """5 binary images, three of them with labels."""
    return binary_images(rng) | {"labels": tf.constant([2, -1, 0, -1, 2])}


def unit_images(rng: np.random.Generator) -> dict[str, tf.Tensor]:
    """5 images of values between 0 and 1."""
    return {"observations": tf.constant(rng.uniform(size=(NUM_IMAGES, *IMAGE_SHAPE)), tf.float32)}


def image_vae(family: str, policy="float32", **options) -> ImageVAE:
    return families.model_of(families.FAMILIES[family](policy), **{"decoder": families.decoder(policy)} | options)


def cp_vae(policy="float32", **options) -> CPVAE:
    return cp_problem.build(policy=policy, **{"label_weight": 0.7} | options)


def hierarchical_vae(policy="float32", **options) -> HierarchicalVAE:
    networks = gated.GatedNetworks(IMAGE_SHAPE, UNITS, policy=policy)
    return HierarchicalVAE(
        MeanField(networks.encoder(TOP_DIM), TOP_DIM),
        networks.second_encoder(LATENT_DIM, TOP_DIM),
        networks.conditional(LATENT_DIM, TOP_DIM),
        networks.two_level_decoder(LATENT_DIM, TOP_DIM),
        event_shape=IMAGE_SHAPE,
        latent_dim=LATENT_DIM,
        **options,
    )


def nonparametric_vae(policy="float32", rate=0.2, **options) -> NonparametricVAE:
    networks = dropout.DropoutNetworks(IMAGE_SHAPE, units=8, rate=rate, policy=policy)
    parts = networks.encoder(LATENT_DIM), networks.location_encoder(2), networks.decoder(LATENT_DIM)
    return NonparametricVAE(*parts, latent_dim=LATENT_DIM, event_shape=IMAGE_SHAPE, **options)


def servable(model: ImageVAE, batch: dict[str, tf.Tensor]) -> serving.ServableImages:
    return serving.ServableImages(model)


def answers(model: ImageVAE, batch: dict[str, tf.Tensor]):
    """Codes, decodings and reconstructions of a batch, and draws from the prior."""
    codes = model.encode(batch["observations"]).mean
    images = batch["observations"]
    mask = tf.random.stateless_uniform(tf.shape(images), SEED) < 0.7
    holes = {"observations": images, "mask": mask}
    draws = {"num_samples": tf.constant(20), "seed": SEED, "interval": tf.constant(0.8)}
    return {
        "impute": (holes | draws, model.impute(holes, 0.8, 20, SEED)._asdict()),
        "encode": ({"observations": batch["observations"]}, {"latents": codes}),
        "decode": ({"latents": tf.cast(codes, tf.float32)}, {"observations": model.decode(codes)}),
        "reconstruct": ({"observations": batch["observations"]}, {"observations": model.reconstruct(batch)}),
        "sample": ({"num": tf.constant(4), "seed": SEED}, {"observations": model.sample(4, SEED)}),
    }


def cp_vae_answers(model: CPVAE, batch: dict[str, tf.Tensor]):
    """The same, and categories, and images of chosen ones."""
    z, chosen = tf.random.stateless_normal([4, model.prior.continuous_dim], SEED), tf.constant([1, 0, 1, 1])
    drawn = {"category": tf.constant(1), "num": tf.constant(4), "seed": SEED}
    return answers(model, batch) | {
        "categories": (
            {"observations": batch["observations"]},
            {"probabilities": model.categories(batch["observations"])},
        ),
        "decode_as": ({"latents": z, "category": chosen}, {"observations": model.decode_as(z, chosen)}),
        "sample_category": (drawn, {"observations": model.sample_category(1, 4, SEED)}),
    }


def servable_categories(model: CPVAE, batch: dict[str, tf.Tensor]) -> serving.ServableCategories:
    return serving.ServableCategories(model)


def servable_nonparametric(model: NonparametricVAE, batch: dict[str, tf.Tensor]) -> serving.ServableNonparametric:
    return serving.ServableNonparametric(model, space_of(model, batch).references)


def space_of(model: NonparametricVAE, batch: dict[str, tf.Tensor]) -> EmbeddingSpace:
    """X with all images of the batch for reference points."""
    return EmbeddingSpace.of_images(model, batch["observations"].numpy())


def nonparametric_answers(model: NonparametricVAE, batch: dict[str, tf.Tensor]):
    """The same, and locations and what is decoded from them."""
    x = model.embed(batch["observations"])
    generated = space_of(model, batch).images_at(x + 0.1)
    return answers(model, batch) | {
        "embed": ({"observations": batch["observations"]}, {"x": x}),
        "generate": ({"x": x + 0.1}, {"observations": generated}),
    }
