"""Two published recipes that choose the digits, images and angles of rotated MNIST's splits.

Both draw from Python's generator, seeded once, in the order of the authors' `generate_rotated_MNIST`
(ratschlab/SVGP-VAE and metodj/FGP-VAE, utils.py), so that their settings give their data. Nothing here touches pixels.
"""

import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from gpvae_tf.checks import check_choice, check_fraction


@dataclasses.dataclass(frozen=True)
class RotationConfig:
    """The settings that determine a rotated MNIST.

    Attributes:
      digits: classes, in the order of their object ids; up to all ten.
      num_instances: objects per digit, drawn from the training file; the last tenth of each digit is the eval split.
      num_angles: angles 0, 360 / num_angles, ... degrees.
      held_out_degrees: angle of the test split; drawn if None. The draw is made in any case, so naming the angle that
        would be drawn changes nothing.
      drop_rate: share of images (recipe svgp) or objects (fgp) left out of the training and test splits.
      recipe: svgp (images dropped at random, in random order) or fgp (whole objects, in order).
      angles_per_instance: number of training angles kept per object, for the recipe fgp only.
      seed: random seed of the draws.

    Raises:
      ValueError: on a value out of range, or a held-out angle that is not among the angles.
    """

    digits: tuple[int, ...] = (3,)
    num_instances: int = 400
    num_angles: int = 16
    held_out_degrees: float | None = None
    drop_rate: float = 0.25
    recipe: str = "svgp"
    angles_per_instance: int = 11
    seed: int = 0

    def __post_init__(self):
        object.__setattr__(self, "digits", tuple(int(digit) for digit in self.digits))
        if not self.digits or len(set(self.digits)) < len(self.digits) or not set(self.digits) <= set(range(10)):
            raise ValueError(f"digits must be different classes of 0 to 9, got {self.digits}")
        for name in ("num_instances", "num_angles"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} must be >= 2, got {getattr(self, name)}")
        check_fraction("drop_rate", self.drop_rate)
        check_choice("recipe", self.recipe, RECIPES)
        if self.recipe == "fgp" and not 1 <= self.angles_per_instance < self.num_angles:
            raise ValueError(
                f"angles_per_instance must be in 1 to {self.num_angles - 1} (the angles but the held-out one), got "
                f"{self.angles_per_instance}"
            )
        if self.held_out_degrees is not None and not np.isclose(self.degrees, self.held_out_degrees, atol=1e-6).any():
            listing = ", ".join(f"{angle:g}" for angle in self.degrees)
            raise ValueError(f"held_out_degrees = {self.held_out_degrees} is not among the angles {listing}")

    @property
    def degrees(self) -> np.ndarray:
        """The angles, [num_angles] float64, degrees."""
        return np.linspace(0, 360, self.num_angles + 1)[:-1]

    @property
    def num_objects(self) -> int:
        """Number of objects of all digits; ids run over digits: digits[k] has k * num_instances, ..."""
        return len(self.digits) * self.num_instances

    @property
    def num_train_objects(self) -> int:
        """Number of objects per digit that are not in the eval split."""
        return 9 * self.num_instances // 10


@dataclasses.dataclass(frozen=True)
class Rows:
    """Images named by numbers: object ids and positions in the list of angles, both [n]."""

    ids: np.ndarray
    angles: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


@dataclasses.dataclass(frozen=True)
class Plan:
    """A recipe's draws.

    Attributes:
      chosen: one array [num_instances] per digit, its objects' positions among that digit's images in file order.
      held_out: position of the test angle.
      train, eval, test: the images of each split, in order.
      validation: the training objects at the test angle that the recipe leaves out of `test`, to choose settings by;
        none if drop_rate is 0.
      train_mask: [training objects * (num_angles - 1)], object-major: which images of the training objects at the
        other angles are in `train`.
    """

    chosen: list[np.ndarray]
    held_out: int
    train: Rows
    eval: Rows
    test: Rows
    validation: Rows
    train_mask: np.ndarray


def make_plan(config: RotationConfig, pool_sizes: Sequence[int]) -> Plan:
    """Draws the objects, the test angle and the splits.

    Args:
      config: the settings.
      pool_sizes: number of images of each digit in the training file.

    Raises:
      ValueError: if a digit has fewer than num_instances images, or nothing would be left in a split.
    """
    draws = random.Random(config.seed)
    chosen = []
    for digit, size in zip(config.digits, pool_sizes, strict=True):
        if size < config.num_instances:
            raise ValueError(f"digit {digit} has {size} images, but num_instances = {config.num_instances}")
        chosen.append(np.array(draws.sample(range(size), config.num_instances)))
    held_out = draws.sample(range(config.num_angles), 1)[0]
    if config.held_out_degrees is not None:
        held_out = int(np.abs(config.degrees - config.held_out_degrees).argmin())
    others = np.delete(np.arange(config.num_angles), held_out)

    ids = np.arange(config.num_objects).reshape(len(config.digits), -1)
    train_ids, eval_ids = np.split(ids, [config.num_train_objects], axis=1)
    train, test = RECIPES[config.recipe](config, draws, train_ids, others, held_out)
    for name, rows in (("train", train), ("test", test)):
        if not len(rows):
            raise ValueError(f"drop_rate = {config.drop_rate} leaves no image in the {name} split")
    taken = np.zeros((config.num_objects, config.num_angles), bool)
    taken[train.ids, train.angles] = True
    mask = taken[train_ids.ravel()][:, others].ravel()
    left_out = np.setdiff1d(train_ids.ravel(), test.ids)
    validation = _product(left_out, np.array([held_out]))
    evaluation = _product(eval_ids.ravel(), np.arange(config.num_angles))
    return Plan(chosen, held_out, train, evaluation, test, validation, mask)


def _product(ids: np.ndarray, angles: np.ndarray) -> Rows:
    """Every object at every angle, object-major."""
    return Rows(np.repeat(ids, len(angles)), np.tile(angles, len(ids)))


def _svgp(config: RotationConfig, draws: random.Random, train_ids: np.ndarray, others: np.ndarray, held_out: int):
    """A random part of all images, of all digits, in the order drawn: 4,050 and 270 a digit (SVGP-VAE Section 4.2)."""
    splits = []
    for pool in (_product(train_ids.ravel(), others), _product(train_ids.ravel(), np.array([held_out]))):
        kept = np.array(draws.sample(range(len(pool)), int(len(pool) * (1 - config.drop_rate))), int)
        splits.append(Rows(pool.ids[kept], pool.angles[kept]))
    return tuple(splits)


def _fgp(config: RotationConfig, draws: random.Random, train_ids: np.ndarray, others: np.ndarray, held_out: int):
    """All objects at `angles_per_instance` random angles each; test: the first part of each digit's objects.

    First come the objects in the test split, then the others, as the authors append them. They cut once over the
    concatenated digits, which leaves the last digits without test images, and draw the angles without a seed.
    """
    num_kept = int(config.num_train_objects * (1 - config.drop_rate))
    in_test, not_in_test = (part.ravel() for part in np.split(train_ids, [num_kept], axis=1))
    ids = np.concatenate([in_test, not_in_test])
    angles = [sorted(draws.sample(list(others), config.angles_per_instance)) for _ in ids]
    train = Rows(np.repeat(ids, config.angles_per_instance), np.concatenate(angles))
    return train, _product(in_test, np.array([held_out]))


RECIPES: Mapping[str, Callable[..., tuple[Rows, Rows]]] = {"svgp": _svgp, "fgp": _fgp}
