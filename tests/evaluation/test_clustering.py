"""Labels for categories from the training set only, by either rule; nearest neighbours against brute force."""

import itertools

import numpy as np
import pytest

from gpvae_tf.evaluation.clustering import NO_LABEL, clustering_accuracy
from gpvae_tf.evaluation.neighbours import nearest_neighbour_accuracy

CATEGORIES = np.array([0, 0, 0, 1, 1, 1, 3, 3])
LABELS = np.array([2, 2, 0, 2, 2, 1, 0, 0])


def test_majority_by_hand():
    result = clustering_accuracy(CATEGORIES, LABELS, [0, 1, 3, 3, 2], [2, 1, 0, 2, 0], num_categories=4)
    np.testing.assert_array_equal(result.labels, [2, 2, NO_LABEL, 0])
    assert result.accuracy == 2 / 5 and result.rule == "majority"


def test_hungarian_is_the_best_one_to_one_assignment(rng):
    categories, labels = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    result = clustering_accuracy(categories, labels, categories, labels, num_categories=5, rule="hungarian")
    assert sorted(result.labels) == list(range(5))
    best = max(np.mean(np.take(order, categories) == labels) for order in itertools.permutations(range(5)))
    assert result.accuracy == best
    majority = clustering_accuracy(categories, labels, categories, labels, num_categories=5)
    assert majority.accuracy >= best


def test_more_categories_than_classes_leave_some_without_label():
    options = dict(num_categories=4, rule="hungarian")
    result = clustering_accuracy(CATEGORIES, LABELS, CATEGORIES, LABELS, **options)
    assert sorted(result.labels) == [NO_LABEL, 0, 1, 2]


def test_the_mapping_comes_from_the_training_set():
    """Swapped test labels are all wrong, not relabelled."""
    result = clustering_accuracy([0, 0, 1, 1], [0, 0, 1, 1], [0, 1], [1, 0], num_categories=2)
    assert result.accuracy == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(rule="best"), "rule must be one of majority, hungarian, got 'best'"),
        (dict(num_categories=3), "train_categories has values 0 to 3; the model has 0, ..., 2"),
        (dict(test_categories=[0, -1]), "test_categories has 1 values below 0"),
        (dict(test_labels=[0]), "test_categories has shape .2,., test_labels .1,."),
        (dict(test_categories=[], test_labels=[]), "n >= 1"),
    ],
)
def test_refusals(arguments, message):
    given = dict(train_categories=CATEGORIES, train_labels=LABELS, test_categories=[0, 1], test_labels=[2, 2])
    with pytest.raises(ValueError, match=message):
        clustering_accuracy(**given | dict(num_categories=4) | arguments)


BAD_LABELS = [
    ([0, -1], "labels has 1 values below 0; leave out what has no label"),
    ([0.0, 1.0], "labels has dtype float64; expected whole numbers, classes from 0"),
    (["a", "b"], "labels has dtype <U1; expected whole numbers"),
]


@pytest.mark.parametrize(("labels", "message"), BAD_LABELS)
@pytest.mark.parametrize("wrong", ["train", "test"])
def test_labels_are_classes_from_0(labels, message, wrong):
    """-1 counted for the last class."""
    given = {f"{name}_labels": labels if name == wrong else [0, 1] for name in ("train", "test")}
    with pytest.raises(ValueError, match=f"{wrong}_{message}"):
        clustering_accuracy(train_categories=[0, 1], test_categories=[0, 1], num_categories=2, **given)
    x = np.arange(2.0)[:, np.newaxis]
    with pytest.raises(ValueError, match=f"{wrong}_{message}"):
        nearest_neighbour_accuracy(train_x=x, test_x=x, num_neighbours=1, **given)


def test_yes_and_no_are_classes():
    yes = np.array([True, False])
    assert clustering_accuracy([0, 1], yes, [0, 1], yes, num_categories=2).accuracy == 1.0
    x = np.arange(2.0)[:, np.newaxis]
    assert nearest_neighbour_accuracy(x, yes, x, yes, num_neighbours=1) == 1.0


@pytest.mark.parametrize("k", [1, 4])
def test_nearest_neighbours_by_brute_force(k, rng):
    train, test = rng.normal(size=(60, 2)), rng.normal(size=(40, 2))
    train_labels, test_labels = rng.integers(0, 3, 60), rng.integers(0, 3, 40)
    right = 0
    for x, label in zip(test, test_labels):
        nearest = train_labels[np.argsort(np.sum((train - x) ** 2, axis=1))[:k]]
        counts = np.bincount(nearest, minlength=3)
        tied = np.flatnonzero(counts == counts.max())
        rank_sums = [np.sum(np.flatnonzero(nearest == c)) for c in tied]
        right += tied[np.argmin(rank_sums)] == label
    ours = nearest_neighbour_accuracy(train, train_labels, test, test_labels, num_neighbours=k)
    assert ours == right / 40


def test_nearest_neighbours_refuse(rng):
    x, labels = rng.normal(size=(5, 2)), np.zeros(5, int)
    with pytest.raises(ValueError, match="num_neighbours must lie in 1, ..., 5, got 6"):
        nearest_neighbour_accuracy(x, labels, x, labels, num_neighbours=6)
    with pytest.raises(ValueError, match=r"test_x has shape \(5, 2\), test_labels \(4,\)"):
        nearest_neighbour_accuracy(x, labels, x, labels[:4])
    with pytest.raises(ValueError, match="train_x has 10 values that are not finite"):
        nearest_neighbour_accuracy(np.nan * x, labels, x, labels)
