"""What `fit` trains on: one clear sentence for what is no dataset of a model, before any work is lost."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from gpvae_tf.models.observation_checks import check_dense
from gpvae_tf.types import Batch

_EXPECTED = 'a tf.data.Dataset of batches {"observations": ..., "inputs": ..., ...}, as data.from_arrays makes them'


def training_dataset(x: Any, y: Any = None, needs: Sequence[str] = ("observations",), name: str = "x") -> Any:
    """The dataset in what was given to `fit`: a `tf.data.Dataset`, or an object that has one as `dataset`.

    Args:
      x: what was given as data. A mapping of arrays, which Keras cuts into batches, passes as it is.
      y: what was given as targets; these models have none.
      needs: what batches must have.
      name: what messages call the data.

    Raises:
      TypeError: if it is something else, its elements are no mappings, or have ragged or sparse tensors.
      ValueError: if the batches lack something.
    """
    if y is not None:
        raise TypeError("fit takes no targets y: a model is trained on the observations in x alone")
    x = dataset_of(x)
    elements = x if isinstance(x, Mapping) else getattr(x, "element_spec", None)
    if elements is None:
        raise TypeError(f"{name} is {_a(x)}; expected {_EXPECTED}")
    if not isinstance(elements, Mapping):
        raise TypeError(f"{name} has elements of type {type(elements).__name__}; expected {_EXPECTED}")
    if lacks := [name for name in needs if name not in elements]:
        hint = ": what was called 'images' is called 'observations'" if "images" in elements else ""
        found, lacking = (", ".join(map(repr, names)) for names in (elements, lacks))
        raise ValueError(f"{name} has batches of {found}; expected also {lacking}{hint}")
    check_dense(name, elements)
    return x


def dataset_of(data: Any) -> Any:
    """The dataset of an object that has one as `dataset`, such as `data.SequenceData`; anything else as it is."""
    return getattr(data, "dataset", data)


def first_batch(data: Any) -> Batch | None:
    """The first batch of what `training_dataset` takes, made by an iteration of its own; None if there is none."""
    if (example := getattr(data, "example", None)) is not None:
        return example
    dataset = dataset_of(data)
    return first_rows(dataset) if isinstance(dataset, Mapping) else next(iter(dataset.take(1)), None)


def first_rows(arrays: Mapping[str, Any], num: int = 32) -> dict[str, Any]:
    """The first rows of arrays, as a batch that can be checked."""
    return {name: array[:num] for name, array in arrays.items()}


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


def _a(value: Any) -> str:
    kind = type(value)
    return f"{kind.__name__}" if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
