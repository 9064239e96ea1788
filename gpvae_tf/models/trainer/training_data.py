"""What `fit` trains on: one clear sentence for what is no dataset of a model, before any work is lost."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf.models.observation_checks import check_dense
from gpvae_tf.types import Batch

_ROWS = 32  # of arrays, that are looked at as a batch


class TrainingData(NamedTuple):
    """What `fit` was given as data, once it was opened.

    Attributes:
      dataset: a `tf.data.Dataset` of batches, or a mapping of tensors, which Keras cuts into batches.
      example: a batch that can be looked at without moving a shuffle on; None if there is none.
      num_data: points of the one data set of which a batch holds some; None if batches hold whole data sets.
      source: what it was opened from, where that can begin at any step (`data.SequenceData`); else None.
    """

    dataset: Any
    example: Batch | None
    num_data: int | None
    source: Any = None

    def from_step(self, step: int, steps_per_epoch: int | None) -> tuple[Any, int | None]:
        """What to train on from a step on, and the steps of an epoch; see `data.SequenceData.from_step`.

        Keras' BackupAndRestore restores the step only afterwards, so what it continues begins with the first batch.
        """
        if self.source is None:
            return self.dataset, steps_per_epoch
        return self.source.from_step(step, steps_per_epoch)

    def first_batch(self) -> Batch | None:
        """The example, or the first batch of an iteration of its own; None if there is none."""
        return next(iter(self.dataset.take(1)), None) if self.example is None else self.example


def opened(data: Any, needs: Sequence[str] = ("observations",), name: str = "x") -> TrainingData:
    """The dataset in what was given to `fit`: a `tf.data.Dataset`, or an object that has one as `dataset`.

    Such an object, as `data.SequenceData` is, may also have an `example`, `num_data` and `from_step`.

    Args:
      data: what was given, or a mapping of arrays.
      needs: what batches must have.
      name: what messages call the data.

    Raises:
      TypeError: if it is something else, its elements are no mappings, or have ragged or sparse tensors.
      ValueError: if the batches lack something.
    """
    dataset = as_tensors(data) if isinstance(data, Mapping) else getattr(data, "dataset", data)
    elements = dataset if isinstance(dataset, Mapping) else getattr(dataset, "element_spec", None)
    if elements is None:
        raise TypeError(f"{name} is {_a(dataset)}; expected {_expected(needs)}")
    if not isinstance(elements, Mapping):
        kind = type(elements).__name__.removesuffix("Spec")
        raise TypeError(f"{name} has elements of type {kind}; expected {_expected(needs)}")
    if lacks := [name for name in needs if name not in elements]:
        hint = ": what was called 'images' is called 'observations'" if "images" in elements else ""
        found, lacking = (", ".join(map(repr, names)) for names in (elements, lacks))
        raise ValueError(f"{name} has batches of {found}; expected also {lacking}{hint}")
    check_dense(name, elements)
    example = getattr(data, "example", None)
    if example is None and isinstance(dataset, Mapping):
        example = {part: array[:_ROWS] for part, array in dataset.items()}
    source = data if hasattr(data, "from_step") else None
    return TrainingData(dataset, example, getattr(data, "num_data", None), source)


def as_tensors(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays in their own dtype, which Keras would round to float32 (times have more digits); None is left out."""
    given = {name: array for name, array in arrays.items() if array is not None}
    return {name: tf.constant(array) if isinstance(array, np.ndarray) else array for name, array in given.items()}


def check_ends(dataset: Any, steps: int | None, name: str, steps_name: str) -> None:
    """Refuses data to evaluate on that are known to have no batch, or no last one.

    Raises:
      ValueError: naming the data, and what says how many batches to take.
    """
    batches = int(dataset.cardinality()) if isinstance(dataset, tf.data.Dataset) else tf.data.UNKNOWN_CARDINALITY
    if batches == 0:
        raise ValueError(f"{name} has no batches: fewer data than one batch with drop_remainder=True, or none")
    if batches == tf.data.INFINITE_CARDINALITY and steps is None:
        raise ValueError(f"{name} never ends: give {steps_name}, or data that do not repeat, as in_order() gives them")


def check_length(dataset: tf.data.Dataset, steps_per_epoch: int | None, epochs: int) -> None:
    """Refuses a dataset that is known to be empty or to end before training does, which Keras only warns of.

    Raises:
      ValueError: with both numbers of batches.
    """
    batches = int(dataset.cardinality())
    if batches == 0:
        raise ValueError("x has no batches: fewer data than one batch with drop_remainder=True, or none")
    if steps_per_epoch is None or batches < 0:  # infinite or unknown
        return
    if batches < steps_per_epoch * epochs:
        raise ValueError(
            f"x has {batches} batches; steps_per_epoch={steps_per_epoch} in {epochs} epochs need "
            f"{steps_per_epoch * epochs}: repeat the dataset, or leave steps_per_epoch out"
        )


def check_steps(taken: int, wanted: int) -> None:
    """Warns of a dataset of unknown length that ended before training did."""
    if taken < wanted:
        warnings.warn(
            f"x ended after {taken} batches of {wanted}: training took {taken} steps. Repeat the dataset, or leave "
            "steps_per_epoch out",
            stacklevel=3,
        )


def _expected(needs: Sequence[str]) -> str:
    """The data that a model takes whose batches must have so much, in words."""
    parts = "".join(f'"{name}": ..., ' for name in needs)
    made = ", as data.from_arrays makes them" if "inputs" in needs else ", or such a dictionary of arrays"
    return f"a tf.data.Dataset of batches {{{parts}...}}{made}"


def _a(value: Any) -> str:
    kind = type(value)
    return f"{kind.__name__}" if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
