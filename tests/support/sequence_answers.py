"""What SavedModels of models with a latent GP have to answer, worked out by the models themselves."""

import numpy as np
import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf.models import SVGPVAE, LatentGPVAE
from tests.support.eager import running_eagerly
from tests.support.sequence_models import as_one_set, queries


def servable(model: LatentGPVAE, batch: dict[str, tf.Tensor]) -> serving.ServableLatentGP:
    return serving.ServableLatentGP(model, input_dim=batch["inputs"].shape[-1])


def answers(model: LatentGPVAE, batch: dict[str, tf.Tensor]):
    """Encodings and predictions at half the inputs of a batch, a little moved, and their images."""
    images, inputs = batch["observations"], batch["inputs"]
    query = queries(model, batch)
    mean, variance = model.condition_on({"observations": images, "inputs": inputs}).predict_f(query)
    conditions = {"inputs": query} if model.conditions_on_inputs else {}
    decoded = model.decode(mean, **conditions)
    predicted = {"latent_mean": mean, "latent_variance": variance, "observations": decoded}
    found = {"decode": ({"latents": tf.cast(mean, tf.float32)} | conditions, {"observations": decoded})}
    found |= answers_with_gaps(model, batch, query)
    if not model.amortized:
        return found | {"predict": ({"query_inputs": query}, predicted)}
    conditions = {"inputs": inputs} if model.conditions_on_inputs else {}
    encoded = model.encode(images, **conditions)
    return found | {
        "encode": ({"observations": images} | conditions, {"mean": encoded.mean, "variance": encoded.variance}),
        "predict": ({"context_observations": images, "context_inputs": inputs, "query_inputs": query}, predicted),
    }


def answers_with_gaps(model: LatentGPVAE, batch: dict[str, tf.Tensor], query: tf.Tensor):
    """Distributions of the data at new inputs, given all of a batch or what a mask leaves, and the batch filled in."""
    rng = np.random.default_rng(8)
    mask = rng.uniform(size=batch["observations"].shape) < 0.8
    mask[:, 1] = False
    seed = tf.constant([5, 6])
    draws = {"num_samples": tf.constant(20), "seed": seed, "levels": tf.constant([0.1, 0.5])}
    asked = {"query_inputs": query} | draws
    context = {"context_observations": batch["observations"], "context_inputs": batch["inputs"]}
    holes = batch | {"mask": mask}
    with running_eagerly():
        imputed = model.impute(holes, 0.8, 20, seed)._asdict()
        predicted = [model.predict_y(given, query, 20, seed, quantiles=(0.1, 0.5)) for given in (batch, holes)]
        latents = model.condition_on(holes).predict_f(query)
        lower, upper = model.predict_y(holes, query, 20, seed, quantiles=(0.1, 0.9)).quantiles
    whole, masked = (found._asdict() | {"stddev": found.stddev} for found in predicted)
    share = {"num_samples": tf.constant(20), "seed": seed, "interval": tf.constant(0.8)}
    interval = {"mean": masked["mean"], "stddev": masked["stddev"], "lower": lower, "upper": upper}
    fill = {"observations": batch["observations"], "inputs": batch["inputs"], "mask": tf.constant(mask)}
    fill |= share
    if not model.amortized:
        given = {"query_inputs": query} | share
        return {"predict_y": (asked, whole), "predict_interval": (given, interval), "impute": (fill, imputed)}
    conditions = {"inputs": query} if model.conditions_on_inputs else {}
    decoded = {"observations": model.decode(latents.mean, **conditions)}
    decoded |= {"latent_mean": latents.mean, "latent_variance": latents.variance}
    holey = context | {"query_inputs": query, "context_mask": tf.constant(mask)}
    return {
        "predict_masked": (holey, decoded),
        "predict_interval": (holey | share, interval),
        "predict_y": (context | asked, whole),
        "predict_y_masked": (context | asked | {"context_mask": tf.constant(mask)}, masked),
        "impute": (fill, imputed),
    }


def servable_new_objects(model: SVGPVAE, batch: dict[str, tf.Tensor]) -> serving.ServableNewObjects:
    return serving.ServableNewObjects(model, model.statistics([as_one_set(batch)]))


def answers_about_new_objects(model: SVGPVAE, batch: dict[str, tf.Tensor]):
    """Two objects with three context images each, seen at two other angles."""
    images, context = batch["observations"][0], batch["observations"][:2, :3]
    views = tf.constant([[[0.3], [1.7]], [[2.0], [0.1]]])
    vectors = model.embedding.represent(context)
    inputs = model.embedding.inputs_at(views, vectors)
    predictor = model.condition_on(as_one_set(batch))
    latents = predictor.predict_f(tf.reshape(inputs, [1, 4, 3]))
    seen = batch["inputs"][:2, :3, :1]
    inferred = {"vectors": predictor.infer_vectors(seen, context)}
    mean, variance = (tf.reshape(part, [2, 2, -1]) for part in latents)
    conditions = {"inputs": inputs[0]} if model.conditions_on_inputs else {}
    encoded, decoded = model.encode(images), model.decode(mean[0], **conditions)
    predicted = {"latent_mean": mean, "latent_variance": variance, "observations": model.decode(mean, inputs)}
    longer = tf.concat([context, tf.fill(context.shape, np.nan)], axis=1)
    there = tf.constant([[True] * 3 + [False] * 3] * 2)
    seen_longer = tf.concat([seen, seen], axis=1)
    return {
        "represent": ({"context_observations": context}, {"vectors": vectors}),
        "predict": ({"context_observations": context, "views": views}, predicted),
        "predict_masked": ({"context_observations": longer, "views": views, "context_mask": there}, predicted),
        "infer_vectors": ({"context_observations": context, "context_views": seen}, inferred),
        "infer_vectors_masked": (
            {"context_observations": longer, "context_views": seen_longer, "context_mask": there},
            inferred,
        ),
        "predict_at": ({"vectors": vectors, "views": views}, predicted),
        "encode": ({"observations": images}, {"mean": encoded.mean, "variance": encoded.variance}),
        "decode": ({"latents": tf.cast(mean[0], tf.float32)} | conditions, {"observations": decoded}),
    }
