"""Separation of classes in an embedding made without labels: the accuracy of nearest neighbours."""

import numpy as np
import scipy.spatial

from gpvae_tf.checks import checked_classes


def nearest_neighbour_accuracy(
    train_x: np.ndarray,
    train_labels: np.ndarray,
    test_x: np.ndarray,
    test_labels: np.ndarray,
    *,
    num_neighbours: int = 10,
) -> float:
    """Share of test points whose class is that of most of their k nearest training points; ties go to the nearer.

    Args:
      train_x, test_x: locations, [n, D].
      train_labels, test_labels: classes, [n] integers >= 0.
      num_neighbours: k.

    Raises:
      ValueError: if sizes differ, a location is not finite, labels are no whole numbers from 0, or k is not in
        1, ..., number of training points.
    """
    for name, x, labels in (("train", train_x, train_labels), ("test", test_x, test_labels)):
        if np.ndim(x) != 2 or np.shape(labels) != np.shape(x)[:1] or not len(x):
            shapes = f"{name}_x has shape {np.shape(x)}, {name}_labels {np.shape(labels)}"
            raise ValueError(f"{shapes}; expected [n, D] and [n], n >= 1")
        if not np.all(np.isfinite(x)):
            raise ValueError(f"{name}_x has {np.count_nonzero(~np.isfinite(x))} values that are not finite")
    train_labels, test_labels = (
        checked_classes("train_labels", train_labels),
        checked_classes("test_labels", test_labels),
    )
    if not 1 <= num_neighbours <= len(train_x):
        raise ValueError(f"num_neighbours must lie in 1, ..., {len(train_x)}, got {num_neighbours}")
    ranks = np.arange(1, num_neighbours + 1)
    _, nearest = scipy.spatial.cKDTree(train_x).query(test_x, k=ranks)  # [n, k]
    votes = np.zeros((len(test_x), int(train_labels.max()) + 1))
    for neighbour, rank in zip(nearest.T, ranks):
        votes[np.arange(len(votes)), train_labels[neighbour]] += 1.0 - 1e-6 * rank
    return float(np.mean(votes.argmax(axis=1) == test_labels))
