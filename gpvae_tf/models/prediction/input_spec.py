"""The check of prediction inputs against the context: shapes, and eagerly values."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from gpvae_tf.embeddings import Embedding
from gpvae_tf.models.input_checks import as_tensor, check_inputs, feature_gaps


class KernelInputs(NamedTuple):
    """What a kernel sees of inputs, and how close those of the data lie there.

    Attributes:
      of: features [..., n, F] of inputs [..., n, D], those columns whose differences the kernel computes.
      without_roles: the columns of the inputs that the features are of.
      dtype: of the kernel's algebra.
      gaps: between the data's neighbours in every column, [F].
    """

    of: Callable[[tf.Tensor], tf.Tensor]
    without_roles: Callable[[tf.Tensor], tf.Tensor]
    dtype: tf.DType
    gaps: Sequence[float] | None = None

    def check(self, inputs: tf.Tensor) -> None:
        """Refuses inputs so far away that the kernel's algebra would lose differences like those of the data.

        Raises:
          ValueError: see `input_checks.check_inputs`.
        """
        check_inputs(self.without_roles(inputs).numpy(), self.of(inputs).numpy(), self.dtype, self.gaps)


class AskedObjects(Protocol):
    """The objects that inputs may ask for."""

    def check(self, inputs: tf.Tensor) -> None:
        """Refuses eager inputs that ask for others."""


class InputSpec(NamedTuple):
    """What inputs [*lead, s, D] have to be.

    Attributes:
      lead: leading axes, (B,) for a context of B data sets; None stands for any size.
      num_columns: the numbers that D may be, one of which is None for any.
      data_columns: that of the data; inputs of another have an object's vector in the place of its id.
      kernel: what a kernel sees of them; None where an embedding is between.
      objects: those that inputs may ask for; None for any.
    """

    lead: tuple[int | None, ...]
    num_columns: tuple[int | None, ...]
    data_columns: int | None
    kernel: KernelInputs | None = None
    objects: AskedObjects | None = None

    @classmethod
    def of(
        cls,
        lead: tuple[int | None, ...],
        columns: int | None,
        embedding: Embedding | None,
        kernel: KernelInputs | None = None,
    ) -> "InputSpec":
        """What inputs have to be where the data have so many columns, and go through the embedding, if there is one."""
        num_columns = (columns,) if embedding is None else embedding.query_columns(columns)
        return cls(lead, num_columns, columns, kernel)

    @property
    def columns(self) -> str:
        """The numbers of columns in words."""
        return " or ".join("D" if number is None else str(number) for number in self.num_columns)

    def has_data_columns(self, inputs: tf.Tensor) -> bool:
        """Whether inputs have the columns of the data, and not vectors in the place of ids."""
        return self.data_columns in self.num_columns and self.data_columns in (None, inputs.shape[-1])

    def check(self, inputs: Any) -> None:
        """Refuses inputs of other data sets or columns, which would broadcast, and, eagerly, what `fit` refuses.

        Raises:
          ValueError: naming what came and what was expected; see also `input_checks.check_inputs`.
        """
        inputs = as_tensor(inputs)
        if any(inputs.shape.is_compatible_with((*self.lead, None, columns)) for columns in self.num_columns):
            if self.has_data_columns(inputs) and tf.executing_eagerly():
                self._check_values(inputs)
            return
        sizes = [*map(str, self.lead), "s", self.columns]
        raise ValueError(
            f"inputs has shape {tuple(inputs.shape)}; expected [{', '.join(sizes)}]: the context's data sets, and "
            "inputs of as many columns as the model takes, on an axis of their own (np.broadcast_to repeats what the "
            "data sets share)"
        )

    def _check_values(self, inputs: tf.Tensor) -> None:
        if self.kernel is None:
            check_inputs(inputs.numpy())
        else:
            self.kernel.check(inputs)
        if self.objects is not None:
            self.objects.check(inputs)


class ShapeRecorder:
    """Batches that are passed on, while the shapes of their inputs are recorded and compared with the first one's.

    Args:
      batches: anything that gives batches.
      batches_add: what a further batch adds, "points" or "data sets".
      kernel: what a kernel sees of inputs, which gets the gaps of the first batch's; None for nothing.
    """

    def __init__(
        self, batches: Iterable[Mapping[str, tf.Tensor]], batches_add: str, kernel: KernelInputs | None = None
    ):
        self._batches, self._batches_add, self._kernel = batches, batches_add, kernel
        self._shapes = list[tuple[int | None, ...]]()

    def __iter__(self) -> Iterator[Mapping[str, tf.Tensor]]:
        for batch in self._batches:
            inputs = batch["inputs"]
            self._shapes.append(tuple(getattr(inputs, "shape", None) or np.shape(inputs)))
            self._check_last()
            if len(self._shapes) == 1 and self._kernel is not None and tf.executing_eagerly():
                self._kernel = self._kernel._replace(gaps=feature_gaps(self._kernel.of(as_tensor(inputs)).numpy()))
            yield batch

    def _check_last(self) -> None:
        """Refuses a batch that does not go with the first one: statistics of fewer data sets would broadcast.

        Raises:
          ValueError: with the shapes of both.
        """
        first, last = self._shapes[0], self._shapes[-1]
        adds_points = self._batches_add == "points"
        fitting = [*first]
        fitting[-2 if adds_points else 0] = None
        if not tf.TensorShape(last).is_compatible_with(fitting):
            what = "more points of the same data sets" if adds_points else "other data sets of the same length"
            instead = "call it once per batch, condition_on(batch) for batch in data" if adds_points else "pad and mask"
            raise ValueError(
                f"batches has inputs of shape {last} behind those of shape {first}, and this model takes a further "
                f"batch for {what}: {instead}"
            )

    def input_spec(self, embedding: Embedding | None) -> InputSpec:
        """What inputs have to be to fit the batches that passed.

        Args:
          embedding: what the inputs go through, or None.
        """
        *lead, _, columns = self._shapes[0]
        if self._batches_add == "data sets" and len(self._shapes) > 1:
            sizes = [shape[0] for shape in self._shapes]
            lead[0] = None if None in sizes else sum(size for size in sizes if size is not None)
        return InputSpec.of(tuple(lead), columns, embedding, self._kernel)
