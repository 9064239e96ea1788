"""What training does with replicas: how they split a batch, which data they can share, and the bound of all."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import tensorflow as tf

from gpvae_tf.replicas import shares
from gpvae_tf.replicas.batches import check_enough, shared_out
from gpvae_tf.types import Batch


class Replicated:
    """The part of a Keras model that makes k replicas of a distribution strategy take the steps of one device."""

    distribute_strategy: tf.distribute.Strategy
    optimizer: Any

    @property
    def split_axis(self) -> int:
        """The axis of a batch that replicas split: the data sets, unless a model can split their points."""
        return shares.DATA_SETS

    @property
    def _num_replicas(self) -> int:
        return int(self.distribute_strategy.num_replicas_in_sync)

    def check_replicas(self, num_replicas: int) -> None:  # (most train on any number)
        """Refuses to train on so many replicas.

        Raises:
          ValueError: saying why.
        """

    def _check_shareable(self, x: Any) -> None:
        """Refuses data that the model's replicas cannot share, and replicas that the model cannot train on."""
        if self._num_replicas == 1:
            return
        self.check_replicas(self._num_replicas)
        if self.split_axis != shares.DATA_SETS and not isinstance(x, tf.data.Dataset):
            raise TypeError(
                f"x is a {type(x).__name__}, whose data sets Keras shares out; replicas of this {type(self).__name__} "
                "split the points of a data set: give fit a tf.data.Dataset"
            )

    def _check_enough_rows(self, batch: Batch) -> None:
        """Refuses a batch that leaves a replica without a row."""
        check_enough(batch["observations"].shape[self.split_axis], self.split_axis, self._num_replicas, "x")

    def _shared_out(
        self, x: Any, names: tuple[str, str], steps: int | None, *, for_epochs: bool = False
    ) -> tuple[Any, int | None]:
        """A dataset with its steps per epoch, shared out if there are several replicas; else both as they are.

        Args:
          x: a dataset, or what Keras makes one of.
          names: of the arguments that x and steps came as.
          steps: batches in an epoch; None for all.
          for_epochs: see `shared_out`.
        """
        if self._num_replicas == 1 or not isinstance(x, tf.data.Dataset):
            return x, steps
        return shared_out(x, self.distribute_strategy, self.split_axis, names, steps=steps, for_epochs=for_epochs)

    def _share_of(self, batch: Batch) -> AbstractContextManager[None]:
        """The context in which a bound and its objective are told what the other replicas have of the batch."""
        return shares.sharing(tf.shape(batch["observations"])[self.split_axis], self.split_axis)

    def _apply_gradients(self, gradients: Sequence[tf.Tensor | None], variables: Sequence[tf.Variable]) -> None:
        """A step of the optimizer along the sum of all replicas' gradients, which is taken a dtype at a time.

        What workers add up in one go TensorFlow concatenates, which fails for float32 networks beside float64 kernels.
        """
        pairs = list(zip(gradients, variables))
        if self._num_replicas > 1:
            sums: dict[Any, tf.Tensor] = {}
            for dtype in dict.fromkeys(variable.dtype for variable in variables):
                alike = [pair for pair in pairs if pair[0] is not None and pair[1].dtype == dtype]
                summed = self.optimizer.inner_optimizer.aggregate_gradients(alike) if alike else []
                sums |= {variable.ref(): gradient for gradient, variable in summed}
            pairs = [(sums.get(variable.ref()), variable) for variable in variables]
        self.optimizer.apply_gradients(pairs, skip_gradients_aggregation=self._num_replicas > 1)
