"""What every recalibration is: something fitted on held-out values that changes predictions, and a small JSON file."""

import abc
import copy
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import tensorflow as tf

from gpvae_tf.checks import check_fraction
from gpvae_tf.files import atomic_write, expanded
from gpvae_tf.files.readers import DamagedFileError, read_json_object
from gpvae_tf.recalibration import supports
from gpvae_tf.types import Imputation, Predictive

LEAST_SHARE = 1e-6  # of the mean of all squared errors, for a group whose errors are all 0
PER = ("series", "channel")  # what can have numbers of its own; nothing of it means one for all

Own = TypeVar("Own", bound="Recalibration")
Made = TypeVar("Made", Imputation, Predictive)


class Recalibration(abc.ABC):
    """Predictions whose intervals are repaired. Means stay as they are, but for those of `ResidualGP`.

    A subclass gives `_imputation` and `_predictive`; what lies outside the support is moved to its ends here.

    Attributes:
      per: which of "series" and "channel", the last axis of the observations, have numbers of their own. With "series"
        it serves predictions of the very series that it was fitted on, in their order.
      support: what can be observed, 0 and 1 of yes or no; see `HeldOut`.
      classes: the channels of classes, whose predictions stay as they are.
      takes_errors: whether it can be fitted on values that were measured with errors of known size.
    """

    per: tuple[str, ...]
    takes_errors = False
    support: supports.Support = supports.EVERYWHERE
    classes: tuple[int, ...] = ()

    def within(self: Own, support: supports.Support, classes: Sequence[int] = ()) -> Own:
        """The recalibration whose means, draws and ends of intervals lie in a support, and which leaves classes alone.

        Ends of intervals of whole numbers are such numbers, outwards. Their draws are where they were moved: rounded
        they would have another mean.

        Args:
          support, classes: see the class.
        """
        other = copy.copy(self)
        other.support, other.classes = supports.Support(*support), tuple(map(int, classes))
        return other

    def imputation(self, filled: Imputation, interval: float) -> Imputation:
        """What `impute` returns, recalibrated.

        Args:
          filled: made with the same `interval`.
          interval: share of the data that is to lie between `lower` and `upper`.

        Raises:
          ValueError: if the share is outside (0, 1), there were other series, or too few held-out values for such an
            interval.
        """
        check_fraction("interval", interval, positive=True)
        made = self._without_classes(filled, self._imputation(filled, interval))
        lower, upper = (supports.at_level(end, level, self.support) for end, level in zip(made[-2:], (0.0, 1.0)))
        return self._in_support(made._replace(lower=lower, upper=upper), "filled", "mean", "lower", "upper")

    def predictive(self, predicted: Predictive, quantiles: Sequence[float]) -> Predictive:
        """What `predict_y` returns, recalibrated.

        Args:
          predicted: made with the same `quantiles`.
          quantiles: their levels.

        Raises:
          ValueError: see `imputation`.
        """
        for level in quantiles:
            check_fraction("quantiles", level, positive=True)
        made = self._without_classes(predicted, self._predictive(predicted, quantiles))
        ends = [supports.at_level(*end, self.support) for end in zip(made.quantiles, quantiles)]
        changed = made._replace(quantiles=tf.stack(ends)) if ends else made
        return self._in_support(changed, "mean", "quantiles", "samples")

    @abc.abstractmethod
    def _imputation(self, filled: Imputation, interval: float) -> Imputation:
        """`imputation`, wherever the values lie."""

    @abc.abstractmethod
    def _predictive(self, predicted: Predictive, quantiles: Sequence[float]) -> Predictive:
        """`predictive`, wherever the values lie."""

    def _without_classes(self, before: Made, made: Made) -> Made:
        """Predictions whose channels of classes are what they were; draws are whole, or none."""
        if not self.classes:
            return made
        is_class = np.isin(np.arange(made.mean.shape[-1]), self.classes)
        parts = {name: part for name, part in made._asdict().items() if part is not None}
        kept = {
            name: tf.where(is_class, tf.cast(getattr(before, name), part.dtype), part) for name, part in parts.items()
        }
        return made._replace(**kept)

    def _in_support(self, made: Made, *names: str) -> Made:
        """Predictions whose parts of these names, if they are there, lie in the support."""
        parts = {name: part for name in names if (part := getattr(made, name)) is not None}
        return made._replace(**{name: supports.clipped(part, self.support) for name, part in parts.items()})

    def at(self, inputs: tf.Tensor) -> "Recalibration":
        """The recalibration of predictions at inputs [N, s, D]; by default it is the same everywhere.

        Raises:
          ValueError: if it is not, and the inputs are of other series.
        """
        return self

    def measured_with(self, errors: np.ndarray) -> "Recalibration":
        """The recalibration of predictions of values as they are measured: `impute(measured=True)`.

        Args:
          errors: standard deviations of the errors, of the shape of the predictions; they stay as they are.

        Raises:
          ValueError: if it takes none.
        """
        raise ValueError(f"{type(self).__name__} takes no errors of measurement; VarianceScaling does")

    @abc.abstractmethod
    def numbers(self) -> dict[str, Any]:
        """The arguments that make it anew, as JSON has them."""

    def save(self, path: str | Path) -> None:
        """Writes it as a JSON file, beside the model that it belongs to."""
        content = {"kind": type(self).__name__, "support": supports.as_json(self.support), **self.numbers()}
        content |= {"classes": list(self.classes)} if self.classes else {}
        with atomic_write(expanded(path)) as file:
            file.write(json.dumps(content) + "\n")


def load(path: str | Path) -> Recalibration:
    """What `Recalibration.save` wrote.

    Raises:
      ValueError: if the file holds no recalibration.
    """
    content = read_json_object(expanded(path))
    kinds = {kind.__name__: kind for kind in Recalibration.__subclasses__()}
    if not isinstance(content.get("kind"), str) or content["kind"] not in kinds:
        raise ValueError(f"{path} holds no recalibration; expected one of the kinds {', '.join(kinds)}")
    try:
        support, classes = content.pop("support", None), content.pop("classes", ())  # files from before have none
        made = kinds[content.pop("kind")](**content)
        return made if support is None else made.within(supports.from_json(support), classes)
    except (ValueError, TypeError) as error:
        raise DamagedFileError(f"{path} is damaged: {error}") from error


def kept_axes(per: Sequence[str], ndim: int) -> tuple[int, ...]:
    """The axes of arrays [N, n, *event] that have numbers of their own.

    Raises:
      ValueError: if `per` names anything else, or there are no channels.
    """
    if not set(per) <= set(PER) or len(set(per)) != len(tuple(per)):
        raise ValueError(f"per must hold some of {PER}, each once, got {tuple(per)}")
    if "channel" in per and ndim < 3:
        raise ValueError(f"per={tuple(per)}: observations of {ndim} axes [N, n] have no channels")
    return tuple({"series": 0, "channel": ndim - 1}[name] for name in per)


def pooled_axes(per: Sequence[str], ndim: int) -> tuple[int, ...]:
    """The other axes, over which held-out values are pooled."""
    return tuple(axis for axis in range(ndim) if axis not in kept_axes(per, ndim))


def fitting(name: str, factors: np.ndarray, mean: tf.Tensor) -> tf.Tensor:
    """Numbers of groups, [N or 1, 1, ..., C or 1], in the dtype of predictions [N, s, *event].

    Raises:
      ValueError: if the predictions are of another number of series or channels, or have other axes.
    """
    sizes = list(mean.shape)
    if len(sizes) != factors.ndim or any(own not in (1, size) for own, size in zip(factors.shape, sizes)):
        raise ValueError(f"{name} was fitted for {list(factors.shape)}; the predictions have shape {sizes}")
    return tf.cast(factors, mean.dtype)


def shrunk_logs(logs: np.ndarray, noise: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """Logarithms of groups' scales, drawn towards their mean as far as they are uncertain: empirical Bayes.

    What the logs vary beyond their own variances is how much the scales vary; a group's log is then the mean of its own
    and that of all groups, weighted by the two variances.

    Args:
      logs: estimates, one for every group.
      noise: their variances.
      filled: boolean, the groups that have values; others get the mean of all.
    """
    num = np.count_nonzero(filled)
    spread = max(np.var(logs[filled], ddof=1) - np.mean(noise[filled]), 0.0) if num > 1 else math.inf
    own = np.where(filled, 1.0 if math.isinf(spread) else spread / (spread + noise), 0.0)
    return own * np.where(filled, logs, 0.0) + (1.0 - own) * np.mean(logs[filled])
