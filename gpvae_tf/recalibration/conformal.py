"""Split conformal prediction with normalised scores: intervals whose coverage holds whatever the distribution is."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_fraction
from gpvae_tf.recalibration.base import Recalibration, fitting, kept_axes
from gpvae_tf.recalibration.hidden_values import HeldOut
from gpvae_tf.types import Imputation, Predictive


class Conformal(Recalibration):
    """Intervals mean +- q stddev, q the k-th smallest held-out |truth - mean| / stddev with k = ceil((n + 1) interval).

    (Lei et al., 2018, "Distribution-free predictive inference for regression", Section 5.2.)

    If a new entry and the n held-out ones are exchangeable, it lies in the interval with a probability of at least
    `interval`, and at most 1 / (n + 1) more where no two scores are equal, whether model and likelihood are right or
    not. That is a mean over entries of a group: neither every series nor every time has that coverage. Entries hidden
    otherwise than the held-out ones, later times, or noisier series are not exchangeable with them. Entries of one
    series are so with each other only as far as hiding is at random; for new series the number of series counts more
    than that of entries.

    It changes intervals and quantiles, and neither standard deviations nor draws.

    Args:
      scores: held-out |truth - mean| / stddev of every group.
      per: see `Recalibration`.
      shape: how the groups lie, [N or 1, 1, ..., C or 1].

    Raises:
      ValueError: if there are more or fewer groups.
    """

    def __init__(
        self, scores: Sequence[Sequence[float] | np.ndarray], per: Sequence[str] = (), *, shape: Sequence[int]
    ):
        self.per, self._shape = tuple(per), tuple(shape)
        self._scores = [np.sort(np.asarray(group, np.float64)) for group in scores]
        if len(self._scores) != math.prod(self._shape):
            raise ValueError(f"scores has {len(self._scores)} groups; expected {math.prod(self._shape)}")

    @classmethod
    def fit(cls, held_out: HeldOut, per: Sequence[str] = ()) -> "Conformal":
        """The scores of held-out values.

        Args:
          held_out: see `recalibration.held_out`.
          per: see `Recalibration`; the guarantee is then for every group, of which each needs values enough.

        Raises:
          ValueError: if nothing was held out, or an error is not finite.
        """
        held_out = held_out.of_numbers()
        scores, where = np.abs(held_out.standardized()), held_out.where
        kept = kept_axes(per, scores.ndim)
        shape = tuple(size if axis in kept else 1 for axis, size in enumerate(scores.shape))
        group = np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), scores.shape)[where]
        ends = np.cumsum(np.bincount(group, minlength=math.prod(shape)))[:-1]
        groups = np.split(scores[where][np.argsort(group, kind="stable")], ends)
        return cls(groups, per, shape=shape).within(held_out.support, held_out.classes)

    def multipliers(self, interval: float) -> np.ndarray:
        """q of every group, [N or 1, 1, ..., C or 1].

        Raises:
          ValueError: if the interval is outside (0, 1), or a group has fewer values than interval / (1 - interval).
        """
        check_fraction("interval", interval, positive=True)
        used = np.ones(self._shape, bool)
        if "channel" in self.per:
            used[..., list(self.classes)] = False
        groups = [group for group, is_used in zip(self._scores, used.ravel()) if is_used]
        ranks = [max(1, math.ceil(round((len(group) + 1) * interval, 9))) for group in groups]
        fewest = min(map(len, groups))
        if any(rank > len(group) for rank, group in zip(ranks, groups)):
            needed = max(1, math.ceil(round(interval / (1.0 - interval), 9)))
            raise ValueError(
                f"interval={interval:g} needs {needed} held-out values in every group, the smallest has {fewest}; "
                f"per={self.per} may be less fine"
            )
        found = np.zeros(self._shape)
        found[used] = [group[rank - 1] for rank, group in zip(ranks, groups)]
        return found

    def _imputation(self, filled: Imputation, interval: float) -> Imputation:
        half = fitting("the conformal interval", self.multipliers(interval), filled.mean) * filled.stddev
        return filled._replace(lower=filled.mean - half, upper=filled.mean + half)

    def _predictive(self, predicted: Predictive, quantiles: Sequence[float]) -> Predictive:
        """What `predict_y` returns, its quantile of level p an end of the interval of level |2 p - 1|."""
        ends = []
        for level in quantiles:
            side = 0.0 if abs(level - 0.5) < 1e-9 else math.copysign(1.0, level - 0.5)  # np.linspace rounds a middle
            width = self.multipliers(abs(2.0 * level - 1.0)) if side else np.zeros(self._shape)
            ends.append(
                predicted.mean + fitting("the conformal interval", side * width, predicted.mean) * predicted.stddev
            )
        return predicted._replace(quantiles=tf.stack(ends) if ends else predicted.quantiles)

    def numbers(self) -> dict[str, Any]:
        return {"scores": [group.tolist() for group in self._scores], "per": list(self.per), "shape": list(self._shape)}
