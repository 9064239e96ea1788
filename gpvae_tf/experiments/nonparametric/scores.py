"""The numbers of the nonparametric VAE's runs; the paper has none.

Of the validation and the test split, nats per image: `elbo` is the plain VAE's bound, `objective` that of Eq. 5 or,
with --match, of Eq. 1 or 2, `nll_z` and `nll_x` are -log p(y | z) at the posterior mean and at the prediction from X.
`accuracy_10` and `accuracy_5` are those of as many nearest training points, which have the labels, in X or, for the
plain VAE, in Z.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.datasets.image_sets import ImageSet
from gpvae_tf.evaluation.batched import OverImages
from gpvae_tf.evaluation.bounds import mean_bound
from gpvae_tf.evaluation.neighbours import nearest_neighbour_accuracy
from gpvae_tf.experiments.nonparametric.models import LocationSpace, Space
from gpvae_tf.models.nonparametric_vae import NonparametricVAE

NEIGHBOURS = (10, 5)
BOUND_BATCH = 500  # as in the validation loss: an image's neighbours are the others of its batch
QUERY_BATCH = 250  # images whose weights on all reference points are in memory at a time
TREE_DIMENSIONS, HARD_QUERIES = 10, 1_000  # above so many dimensions a search tree helps little: only the first images


def score(space: Space, splits: Splits) -> dict[str, float]:
    """All numbers of the module's docstring, with the learned kernel and the sizes they rest on."""
    model, train = space.model, splits.train
    likelihoods = {name: OverImages(function, model) for name, function in _likelihoods(space).items()}
    train_points = space.embed(train.images)
    numbers: dict[str, float] = {}
    for split in (splits.validation, splits.test):
        found = _bounds(model, split.images)
        for name, function in likelihoods.items():
            values = function(split.images, batch_size=QUERY_BATCH)
            found[name] = -float(np.mean(values, dtype=np.float64))
        found |= _accuracies(space, train, train_points, split)
        numbers |= {f"{split.name}_{name}": value for name, value in found.items()}
    numbers |= {"num_train": len(train), "space_deviation": float(np.sqrt(np.mean(np.var(train_points, axis=0))))}
    references = {"num_anchors": len(space.embedding.references.x)} if isinstance(space, LocationSpace) else {}
    return numbers | references | kernels.learned(model.predictor)


def _bounds(model: NonparametricVAE, images: np.ndarray) -> dict[str, float]:
    means = mean_bound(model, images, batch_size=BOUND_BATCH)
    elbo = means["reconstruction"] + means["kl"]
    parts = {name: means[name] for name in ("reconstruction", "kl", "match")}
    return {"elbo": elbo, "objective": means["elbo"], **parts}


def _likelihoods(space: Space) -> dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]]:
    """log p(y | z) of images at points z, by the name of its negative mean."""
    model = space.model
    log_prob = lambda images, z: model.likelihood.log_prob(model.decode_output(z), images)
    known = {"nll_z": lambda images, seed: log_prob(images, model.encode(images).mean)}
    if isinstance(space, LocationSpace):
        predict, references = model.predictor.predict, space.embedding.references
        known["nll_x"] = lambda images, seed: log_prob(images, predict(model.embed(images), references))
    return known


def _accuracies(space: Space, train: ImageSet, train_points: np.ndarray, split: ImageSet) -> dict[str, float]:
    if train.labels is None or split.labels is None:
        return {}
    size = len(split) if train_points.shape[1] <= TREE_DIMENSIONS else min(HARD_QUERIES, len(split))
    points, labels = space.embed(split.images[:size]), split.labels[:size]
    numbers: dict[str, float] = {"num_queries": size}
    for k in NEIGHBOURS:
        known = (train_points, train.labels, points, labels)
        numbers[f"accuracy_{k}"] = nearest_neighbour_accuracy(*known, num_neighbours=k)
    return numbers
