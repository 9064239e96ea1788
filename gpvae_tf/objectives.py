"""How a bound is trained: objectives turn a `Bound` into the scalar that is minimised."""

import abc

import tensorflow as tf

from gpvae_tf.types import Bound


class Objective(tf.Module, abc.ABC):
    """Maps a bound, one value per data set, to a loss per data set."""

    @abc.abstractmethod
    def __call__(self, bound: Bound) -> tf.Tensor:
        """The loss of every data set in the batch, same shape as the bound's terms."""


class BetaELBO(Objective):
    """-(reconstruction + beta * regularizer); beta = 1 is the evidence lower bound.

    Args:
      beta: weight, >= 0.

    Raises:
      ValueError: if beta is negative.
    """

    def __init__(self, beta: float = 1.0):
        super().__init__(name="beta_elbo")
        if not beta >= 0:
            raise ValueError(f"beta must be >= 0, got {beta}")
        self.beta = float(beta)

    def __call__(self, bound: Bound) -> tf.Tensor:
        return -(bound.reconstruction + self.beta * bound.regularizer)
