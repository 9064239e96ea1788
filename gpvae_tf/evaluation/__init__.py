"""Metrics of trained models, one module for each question asked of a model."""

from gpvae_tf.evaluation import (
    batched,
    bounds,
    category_likelihood,
    clustering,
    conditional_generation,
    estimator_bias,
    importance,
    latent_use,
    neighbours,
    new_objects,
    object_tasks,
    posterior_grid,
    significance,
    styles,
    trajectories,
    two_sample,
)

__all__ = [
    "batched",
    "bounds",
    "category_likelihood",
    "clustering",
    "conditional_generation",
    "estimator_bias",
    "importance",
    "latent_use",
    "neighbours",
    "new_objects",
    "object_tasks",
    "posterior_grid",
    "significance",
    "styles",
    "trajectories",
    "two_sample",
]
