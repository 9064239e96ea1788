"""Values that were observed and hidden, beside what they were filled in with."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gpvae_tf.types import EntryScores, Imputation

MODEL, RECALIBRATED = "scores", "recalibrated"  # what is made, as the file of the scores has it
LINE, PERIOD = "linear interpolation", "one period before"  # baselines


class Filled(NamedTuple):
    """What k hidden values were filled in with, and how well it foretold each of them; arrays [k].

    Attributes:
      mean: of the forecasts.
      lower, upper: the ends of the interval.
      log_density: log p(truth), nats.
      crps: continuous ranked probability score.
      scored: whether these two can be compared with the model's own; a density cannot be with a probability.
    """

    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    log_density: np.ndarray
    crps: np.ndarray
    scored: np.ndarray

    @classmethod
    def of(
        cls, made: Imputation, hidden: np.ndarray, scores: EntryScores, scored: np.ndarray | bool = True
    ) -> "Filled":
        """The k hidden values of an imputation, by a boolean array of its shape, and their scores [k].

        `scored` is one value, or one for every channel [C].
        """
        mean, lower, upper = (np.asarray(part)[hidden] for part in (made.mean, made.lower, made.upper))
        return cls(mean, lower, upper, *scores, np.broadcast_to(scored, hidden.shape)[hidden])

    def at(self, where: np.ndarray) -> "Filled":
        """Some of the values, by a boolean array of their shape."""
        return Filled(*(part[where] for part in self))


class HiddenValues(NamedTuple):
    """k hidden values.

    Attributes:
      truth: [k].
      made: what a model filled them in with, `MODEL`, and what was made of that, `RECALIBRATED`.
      baselines: what was filled in without a model, [k], by names; `LINE` is there.
      channels: the numbers of their channels, [k]; those of one point stand beside each other.
      quarters: in which quarter of the horizon they are, 0 to 3, [k]; None where there is none.
    """

    truth: np.ndarray
    made: Mapping[str, Filled]
    baselines: Mapping[str, np.ndarray]
    channels: np.ndarray
    quarters: np.ndarray | None = None

    def at(self, where: np.ndarray) -> "HiddenValues":
        """Some of the values, by a boolean array [k]."""
        return HiddenValues(
            self.truth[where],
            {name: each.at(where) for name, each in self.made.items()},
            {name: each[where] for name, each in self.baselines.items()},
            self.channels[where],
            None if self.quarters is None else self.quarters[where],
        )

    @classmethod
    def of(cls, parts: "Sequence[HiddenValues]") -> "HiddenValues":
        """The values of several parts, one after the other."""
        made, baselines = parts[0].made, parts[0].baselines
        quarters = [part.quarters for part in parts if part.quarters is not None]
        return cls(
            np.concatenate([part.truth for part in parts]),
            {name: Filled(*map(np.concatenate, zip(*(part.made[name] for part in parts)))) for name in made},
            {name: np.concatenate([part.baselines[name] for part in parts]) for name in baselines},
            np.concatenate([part.channels for part in parts]),
            np.concatenate(quarters) if quarters else None,
        )
