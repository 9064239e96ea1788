"""Importance-weighted log-likelihood of CP-VAE with its categories enumerated.

`evaluation.importance` serves CP-VAE as it is: a latent [z, c] is drawn from q(z, c | y), whatever K. Enumerating c
instead draws z for every category; the variance is less, and an improbable category is never missed. For whole test
sets it is an argument of `importance.log_likelihoods`.
"""

import tensorflow as tf

from gpvae_tf.evaluation.importance import CHUNK_SIZE, streamed_log_mean_exp
from gpvae_tf.models.cp_vae import CPVAE


def enumerated_log_likelihood(
    model: CPVAE,
    images: tf.Tensor,
    *,
    num_samples: int,
    seed: tf.Tensor,
    mask: tf.Tensor | None = None,
    chunk_size: int = CHUNK_SIZE,
) -> tf.Tensor:
    """log 1/S sum_s sum_k p(y, z_sk, c_k) / q(z_sk | y, c_k), z_sk ~ q(z | y, c_k); [B], float64, nats.

    Args:
      model: the CP-VAE; its encoder runs once.
      images: [B, H, W, C].
      num_samples: S, draws for every category.
      seed: stateless seed [2].
      mask: boolean [B, H, W, C], True = observed, for log p of what was observed; None for all.
      chunk_size: draws that are decoded at a time, for all images and categories; memory is that of B x chunk_size x K
        decoded images, whatever the number of samples.

    Raises:
      ValueError: if num_samples or chunk_size is below 1 or the images have another shape.
    """
    images, joint = model.joint_of({"observations": images, "mask": mask})
    q = model.posterior.condition(images)
    log_probs = tf.cast(tf.transpose(tf.nn.log_softmax(q.logits)), tf.float64)  # [K, B]

    def log_weights(size: int, seed: tf.Tensor) -> tf.Tensor:
        draws = q.weighted(size, seed)  # log_prob has log q(c_k | y) in it, which cancels here
        ratio = tf.cast(joint.log_prob(images, draws.z), tf.float64) - tf.cast(draws.log_prob, tf.float64)
        by_category = tf.reshape(ratio, [size, model.num_categories, -1]) + log_probs
        return tf.reduce_logsumexp(by_category, axis=1)

    return streamed_log_mean_exp(log_weights, num_samples, seed=seed, chunk_size=chunk_size)
