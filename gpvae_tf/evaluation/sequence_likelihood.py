"""Importance-weighted log-likelihood (Burda et al., 2016) of whole data sets under models with a latent GP.

The ELBO compares models by how well their posteriors are approximated, too; log p(Y) by what they say of data alone.
"""

import functools
from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import at_least_one
from gpvae_tf.embeddings import AmortizedObjects
from gpvae_tf.evaluation.importance import CHUNK_SIZE, streamed_log_mean_exp
from gpvae_tf.latent_gps import cost
from gpvae_tf.models import LatentGPVAE, masks
from gpvae_tf.types import Batch


def importance_weighted(
    model: LatentGPVAE, batch: Batch, *, num_samples: int, seed: tf.Tensor, chunk_size: int = CHUNK_SIZE
) -> tf.Tensor:
    """log 1/S sum_s p(Y | Z_s) p(Z_s) / q(Z_s | Y), Z_s ~ q(Z | Y), of every data set of a batch; [B], float64, nats.

    A lower bound on log p(Y) in expectation, tighter the larger S. The draws are joint over a data set's points: from
    the encoder's pseudo-observations by exact GP regression, whatever the model's own inference, or from the encoder's
    chain (`latent_gps.proposals`).

    Args:
      model: the generative model with its encoder.
      batch: complete data sets; see `models.latent_gp_vae`.
      num_samples: S.
      seed: stateless seed [2].
      chunk_size: draws that are decoded at a time, for all data sets of the batch.

    Raises:
      ValueError: if num_samples or chunk_size is below 1.
    """
    proposal = model.latent_gp.proposal(model.latent_dataset(batch))
    num_sets, num_points = tf.unstack(tf.shape(batch["inputs"])[:2])

    def log_weights(size: int, seed: tf.Tensor) -> tf.Tensor:
        z, log_ratio = proposal.draw(size, seed)  # [S, B, L, n], [S, B, L]
        z = tf.reshape(tf.linalg.matrix_transpose(z), [size * num_sets, num_points, model.latent_dim])
        repeated = {name: tf.tile(part, [size] + [1] * (part.shape.rank - 1)) for name, part in batch.items()}
        per_point = tf.cast(model.log_likelihood_at(z, repeated), tf.float64)
        per_set = tf.reduce_sum(tf.reshape(per_point, [size, num_sets, num_points]), axis=-1)
        return per_set + tf.reduce_sum(tf.cast(log_ratio, tf.float64), axis=-1)

    scaled = streamed_log_mean_exp(log_weights, num_samples, seed=seed, chunk_size=chunk_size)
    data = model.observed(batch)
    per_unit = model.scaling.restore_log_density(tf.zeros(tf.shape(data.values), tf.float64))
    per_unit = per_unit if data.mask is None else tf.where(data.mask, per_unit, tf.zeros_like(per_unit))
    return scaled + tf.reduce_sum(tf.reshape(per_unit, [num_sets, -1]), axis=-1)


def log_likelihoods(
    model: LatentGPVAE,
    batches: Batch | Iterable[Batch],
    *,
    num_samples: int,
    seed: tuple[int, int] = (0, 0),
    chunk_size: int = CHUNK_SIZE,
) -> np.ndarray:
    """log p(Y) of every data set, over what was observed of it, [N], float64, nats, in the units of the data.

    The model's bound (`evaluate`) is of scaled data: it differs by the logarithm of the scales as well. Of two models
    the one with the higher mean over data sets held out says more of new ones; see `importance_weighted`.

    Args:
      model: trained.
      batches: one, or several that hold further data sets, such as `sequences.in_order()`.
      num_samples, chunk_size: see `importance_weighted`.
      seed: two integers; the same seed, batches and chunk_size give the same numbers.

    Raises:
      ValueError: if a count is below 1, there is no batch, a batch is one that `fit` would refuse or some points of a
        data set, or the model has no encoder or makes its inputs of the observations.
      MemoryError: if a data set has more points than memory holds matrices of.
    """
    at_least_one("num_samples", num_samples)
    at_least_one("chunk_size", chunk_size)
    if not model.amortized:
        raise ValueError(f"model is a {type(model).__name__}, which has no encoder to draw latents of new data from")
    if isinstance(model.embedding, AmortizedObjects):
        raise ValueError("the model's embedding sees the observations, so that they have no likelihood given inputs")
    if getattr(batches, "points_per_batch", None) is not None:
        raise ValueError("batches has points_per_batch; expected whole data sets, as without it")
    estimate = functools.partial(importance_weighted, model, num_samples=num_samples, chunk_size=chunk_size)
    compiled = tf.function(estimate, reduce_retracing=True)
    found = []
    for number, batch in enumerate([batches] if isinstance(batches, Mapping) else batches):
        model.check_batch(batch)
        num_sets, num_points = tf.convert_to_tensor(batch["observations"]).shape[:2]
        cost.check_exact(num_points, num_sets, model.latent_dim, model.latent_dim, model.latent_gp.dtype.size)
        batch = {name: tf.convert_to_tensor(part) for name, part in masks.encodable(batch).items() if part is not None}
        found.append(compiled(batch, seed=tf.random.fold_in(tf.constant(seed, tf.int32), number)))
    if not found:
        raise ValueError("batches is empty: there is nothing to evaluate")
    return np.concatenate(found)
