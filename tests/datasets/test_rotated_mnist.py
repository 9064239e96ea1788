"""Rotated MNIST: the authors' arrays from their settings, any other settings, several digits, caching, bad input.

`tests/golden/rotated_mnist_digit3.npz` holds row order, train mask and some images of the published files, and the
MNIST images those come from.
"""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from gpvae_tf.data.pca import pca_object_vectors
from gpvae_tf.datasets import cache, mnist, rotated_mnist
from gpvae_tf.datasets.rotation_recipes import RotationConfig, make_plan

GOLDEN = Path(__file__).parents[1] / "golden" / "rotated_mnist_digit3.npz"
SMALL = dict(num_instances=10, num_angles=5, angles_per_instance=3)


@pytest.fixture(scope="module")
def golden():
    return dict(np.load(GOLDEN))


@pytest.fixture(scope="module")
def published(golden):
    """The recipe with the authors' settings, on a training file that is black but for the golden objects.

    The file has another digit before every 3, which must not be counted.
    """
    labels = np.tile(np.array([7, 3]), golden["pool_size"])
    images = np.zeros((len(labels), 28, 28), np.uint8)
    images[labels == 7] = 255
    images[2 * golden["positions"] + 1] = golden["upright"]
    return rotated_mnist.generate(images, labels)


@pytest.fixture
def source():
    """60 random images, 20 each of 3 classes."""
    draw = np.random.default_rng(0)
    return draw.integers(0, 256, (60, 28, 28), np.uint8), np.tile([3, 6, 9], 20)


def test_authors_settings_give_the_published_splits(published, golden):
    assert [len(split) for split in (published.train, published.eval, published.test)] == [4050, 640, 270]
    for name in ("test", "eval"):
        split = getattr(published, name)
        np.testing.assert_array_equal(split.ids, golden[f"{name}_ids"])
        np.testing.assert_allclose(split.angles, golden[f"{name}_angles"], atol=3e-7)
        np.testing.assert_allclose(split.images[golden[f"{name}_rows"]], golden[f"{name}_images"], atol=1e-6)
    np.testing.assert_array_equal(published.train_mask, np.unpackbits(golden["train_mask"], count=5400).astype(bool))
    np.testing.assert_allclose(published.held_out_angle, np.radians(157.5), rtol=1e-7)


def test_train_rows_are_what_the_mask_says(published):
    others = np.delete(published.angles, 7)
    place = published.train.ids * 15 + np.searchsorted(others, published.train.angles)
    np.testing.assert_array_equal(np.sort(place), np.flatnonzero(published.train_mask))
    assert np.any(np.diff(place) < 0)  # in the order drawn
    assert published.train.ids.max() == 359 and published.eval.ids.min() == 360


def test_validation_is_what_the_authors_leave_unused(published):
    """The other 90 training objects at the held-out angle: never trained on, never tested on."""
    assert len(published.validation) == 90 and set(published.validation.angles) == {published.held_out_angle}
    assert sorted([*published.validation.ids, *published.test.ids]) == list(range(360))
    assert published.held_out_angle not in set(published.train.angles)


@pytest.mark.parametrize("digits, degrees", [((3, 6), 112.5), ((1, 3, 6, 7, 9), 90.0), (tuple(range(10)), 67.5)])
def test_several_digits_follow_the_authors_draws(digits, degrees):
    """Held-out angles as the authors' code draws them for these digits (docs/deviations.md, B23)."""
    sizes = dict(enumerate((5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)))
    config = RotationConfig(digits=digits)
    plan = make_plan(config, [sizes[digit] for digit in digits])
    n = len(digits)
    assert config.degrees[plan.held_out] == degrees
    assert (len(plan.train), len(plan.eval), len(plan.test)) == (4050 * n, 640 * n, 270 * n)
    assert set(plan.eval.ids) == {400 * k + i for k in range(n) for i in range(360, 400)}
    assert len({tuple(chosen[:5]) for chosen in plan.chosen}) == n


def test_ids_run_over_digits_and_images_belong_to_them(source):
    images, labels = source
    data = rotated_mnist.generate(images, labels, RotationConfig(digits=(9, 3), **SMALL))
    assert data.digits == (9, 3) and data.num_objects == 20
    np.testing.assert_array_equal(data.object_digits, [9] * 10 + [3] * 10)
    assert set(data.eval.ids) == {9, 19} and len(data.eval) == 10
    for split in data.splits.values():
        upright = split.angles == 0
        np.testing.assert_allclose(split.images[upright, ..., 0], data.upright[split.ids[upright]], atol=1e-5)
    rows = np.array([np.flatnonzero((images == np.rint(255 * image)).all((1, 2)))[0] for image in data.upright])
    np.testing.assert_array_equal(labels[rows], data.object_digits)
    assert len(set(rows)) == 20


def test_a_rotation_by_a_right_angle_turns_counterclockwise(source):
    config = RotationConfig(num_instances=10, num_angles=4, held_out_degrees=180.0)
    data = rotated_mnist.generate(*source, config)
    (row,) = np.flatnonzero((data.eval.ids == 9) & np.isclose(data.eval.angles, np.pi / 2))
    np.testing.assert_allclose(data.eval.images[row, ..., 0], np.rot90(data.upright[9]), atol=1e-5)


def test_fgp_keeps_some_angles_of_every_object():
    plan = make_plan(RotationConfig(recipe="fgp"), [6131])
    assert (len(plan.train), len(plan.eval), len(plan.test), len(plan.validation)) == (360 * 11, 640, 270, 90)
    assert plan.held_out == 7
    np.testing.assert_array_equal(plan.train.ids, np.repeat(np.arange(360), 11))
    angles = plan.train.angles.reshape(360, 11)
    assert np.all(np.diff(angles, axis=1) > 0) and 7 not in angles
    counts = np.bincount(angles.ravel(), minlength=16)  # binomial(360, 11/15): mean 264, standard deviation 8.4
    assert np.all(np.abs(np.delete(counts, 7) - 264) < 40) and len({tuple(row) for row in angles}) > 200
    np.testing.assert_array_equal(plan.test.ids, np.arange(270))
    np.testing.assert_array_equal(plan.test.angles, 7)
    np.testing.assert_array_equal(plan.train_mask.reshape(360, 15).sum(axis=1), 11)


def test_fgp_gives_every_digit_a_test_part(source):
    data = rotated_mnist.generate(*source, RotationConfig(digits=(3, 6), recipe="fgp", **SMALL))
    np.testing.assert_array_equal(data.test.ids, [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15])  # 6 of 9
    np.testing.assert_array_equal(data.validation.ids, [6, 7, 8, 16, 17, 18])
    rest = data.train.take(~np.isin(data.train.ids, data.test.ids))
    np.testing.assert_array_equal(rest.ids, np.repeat([6, 7, 8, 16, 17, 18], 3))
    np.testing.assert_array_equal(rest.images, data.train.images[-18:])


def test_everything_follows_from_the_seed():
    plan = lambda **options: make_plan(RotationConfig(**options), [1000])
    for recipe in ("svgp", "fgp"):
        first, again, other = plan(recipe=recipe), plan(recipe=recipe), plan(recipe=recipe, seed=1)
        for name in ("train", "test"):
            np.testing.assert_array_equal(getattr(first, name).ids, getattr(again, name).ids)
            np.testing.assert_array_equal(getattr(first, name).angles, getattr(again, name).angles)
        assert not np.array_equal(first.chosen, other.chosen)
        assert not np.array_equal(first.train.angles, other.train.angles)


@pytest.mark.parametrize(
    "recipe, train, angles, test",
    [
        ("svgp", [3, 1, 0, 0, 0, 3], [2, 1, 1, 3, 2, 3], [4, 0]),
        ("fgp", [0, 0, 3, 3, 1, 1, 4, 4], [1, 2, 1, 3, 1, 3, 2, 3], [0, 3]),
    ],
)
def test_draws_of_a_seed_stay_as_they_are(recipe, train, angles, test):
    """Scores of one version of the library are of the same images as those of the next."""
    numbers = dict(num_instances=3, num_angles=4, angles_per_instance=2, drop_rate=0.5)
    plan = make_plan(RotationConfig(digits=(3, 6), recipe=recipe, seed=5, **numbers), [40, 50])
    assert np.array_equal(plan.chosen, [[39, 16, 22], [44, 47, 41]]) and plan.held_out == 0
    assert (plan.train.ids.tolist(), plan.train.angles.tolist(), plan.test.ids.tolist()) == (train, angles, test)


def test_naming_the_drawn_angle_changes_nothing():
    drawn = make_plan(RotationConfig(), [6131])
    named, other = (make_plan(RotationConfig(held_out_degrees=angle), [6131]) for angle in (157.5, 90.0))
    np.testing.assert_array_equal(named.train.ids, drawn.train.ids)
    np.testing.assert_array_equal(named.train.angles, drawn.train.angles)
    assert set(other.test.angles) == {4} and 4 not in other.train.angles


def test_nothing_dropped_leaves_no_validation(source):
    data = rotated_mnist.generate(*source, RotationConfig(drop_rate=0.0, **SMALL))
    assert data.validation is None and np.isin(data.train.ids, data.test.ids).all() and data.train_mask.all()
    assert rotated_mnist.RotatedMNIST.from_arrays(data.to_arrays()).validation is None


def test_made_once(source, tmp_path, monkeypatch):
    calls = []

    def load(split, **where):
        calls.append((split, where))
        return mnist.LabelledImages(*source)

    monkeypatch.setattr(mnist, "load", load)
    config = RotationConfig(**SMALL)
    first, again = (rotated_mnist.load(config, data_dir=tmp_path, mnist_manual_dir="files") for _ in range(2))
    assert calls == [("train", {"manual_dir": "files", "data_dir": tmp_path / "tensorflow_datasets"})]
    assert first.to_arrays().keys() == again.to_arrays().keys()
    for name, array in first.to_arrays().items():
        np.testing.assert_array_equal(again.to_arrays()[name], array)
        assert again.to_arrays()[name].dtype == array.dtype
    monkeypatch.delenv(cache.FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    rotated_mnist.load(config)
    assert calls[1:] == [("train", {"manual_dir": None, "data_dir": None})]  # TFDS's own folder then


def test_every_setting_has_a_file_of_its_own():
    changes = [
        {},
        dict(digits=(6,)),
        dict(digits=(3, 6)),
        dict(digits=(6, 3)),
        dict(num_instances=20),
        dict(num_angles=8),
        dict(held_out_degrees=90.0),
        dict(held_out_degrees=0.0),
        dict(drop_rate=0.5),
        dict(recipe="fgp"),
        dict(recipe="fgp", angles_per_instance=5),
        dict(seed=1),
    ]
    assert len({rotated_mnist.cache_name(RotationConfig(**change)) for change in changes}) == len(changes)


@pytest.mark.parametrize(
    "change, message",
    [
        (dict(digits=()), r"digits must be different classes of 0 to 9, got \(\)"),
        (dict(digits=(3, 3)), "digits must be different"),
        (dict(digits=(3, 10)), "digits must be different"),
        (dict(num_instances=1), "num_instances must be >= 2, got 1"),
        (dict(num_angles=1), "num_angles must be >= 2, got 1"),
        (dict(drop_rate=1.0), r"drop_rate must lie in \[0, 1\), got 1.0"),
        (dict(drop_rate=float("nan")), "drop_rate"),
        (dict(recipe="casale"), "recipe must be one of svgp, fgp, got 'casale'"),
        (dict(recipe="fgp", angles_per_instance=16), "angles_per_instance must be in 1 to 15 .* got 16"),
        (dict(held_out_degrees=100.0), "held_out_degrees = 100.0 is not among the angles 0, 22.5, 45, "),
    ],
)
def test_wrong_settings_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        RotationConfig(**change)


def test_what_the_images_cannot_give_is_refused(source):
    images, labels = source
    with pytest.raises(ValueError, match="digit 6 has 20 images, but num_instances = 21"):
        rotated_mnist.generate(images, labels, RotationConfig(digits=(6,), num_instances=21))
    with pytest.raises(ValueError, match="drop_rate = 0.95 leaves no image in the test split"):
        rotated_mnist.generate(images, labels, RotationConfig(drop_rate=0.95, **SMALL))
    with pytest.raises(ValueError, match=r"images is float64 \(60, 28, 28\) and labels \(60,\); expected uint8"):
        rotated_mnist.generate(images / 255, labels)


def test_first_vectors_are_principal_components_or_came_with_the_data(source):
    data = rotated_mnist.generate(*source, RotationConfig(**SMALL))
    np.testing.assert_array_equal(data.first_vectors(3), pca_object_vectors(data.upright, 3))
    given = np.arange(20.0).reshape(10, 2)
    published = dataclasses.replace(data, upright=None, object_vectors=given)
    assert published.num_objects == 10
    np.testing.assert_array_equal(published.first_vectors(1), given[:, :1])
    with pytest.raises(ValueError, match="dim = 3, but the data came with vectors of dimension 2"):
        published.first_vectors(3)


def test_a_file_of_all_arrays_is_read_and_checked(source, tmp_path):
    data = rotated_mnist.generate(*source, RotationConfig(**SMALL))
    path = tmp_path / "all.npz"
    np.savez(path, **data.to_arrays(), object_vectors=np.zeros((data.num_objects, 1)))
    digits = "".join(map(str, data.digits))
    read = rotated_mnist.from_file(path, digits)
    np.testing.assert_array_equal(read.train.images, data.train.images)
    np.testing.assert_array_equal(read.first_vectors(3), data.first_vectors(3))  # of the upright images
    with pytest.raises(ValueError, match=f"all.npz holds the digits {digits}; expected 07"):
        rotated_mnist.from_file(path, "07")
    np.savez(path, train_images=data.train.images)
    with pytest.raises(ValueError, match="all.npz does not hold rotated MNIST: it has no array 'train_ids'"):
        rotated_mnist.from_file(path, digits)
    path.write_bytes(b"PK not a zip")
    with pytest.raises(ValueError, match="all.npz does not hold rotated MNIST"):
        rotated_mnist.from_file(path, digits)
    with pytest.raises(FileNotFoundError, match="none.npz is not there, or no file; expected an .npz file of rotated"):
        rotated_mnist.from_file(tmp_path / "none.npz", digits)
    with pytest.raises(ValueError, match="upright and object_vectors are None"):
        dataclasses.replace(data, upright=None)


def test_objects_outside_the_table_are_refused(source):
    arrays = rotated_mnist.generate(*source, RotationConfig(**SMALL)).to_arrays()
    message = r"eval: image 0 shows object 9, but the table of object vectors has 9 rows \(0 to 8\)"
    with pytest.raises(ValueError, match=message):
        rotated_mnist.RotatedMNIST.from_arrays(arrays | {"object_digits": arrays["object_digits"][:9]})
