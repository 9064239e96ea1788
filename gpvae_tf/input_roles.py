"""Columns of the inputs that a kernel does not see: conditions of the networks, and exposures of counts."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.saving import Configurable


@dataclasses.dataclass(frozen=True)
class InputRoles(Configurable):
    """What columns of the inputs [..., D] are for; those without a role are what the latent functions are of.

    **Conditions**, such as age, sex or a sensor's type, are what encoder and decoder see beside observations and
    latents: p(y | f(t), c). They may be the same at all times of a series.

    **Exposures** say how long, or among how many, counts were counted, such as the population of cases: a count y with
    exposure e has the mean e * rate, and the rate is what latents and decoder are of (the offset log e of a Poisson
    regression).

    Both have to be known wherever something is predicted, as all inputs are. Networks see them in units of the model's
    `scaling`.

    Attributes:
      conditions: the columns of conditions.
      exposure: of every channel, [C], the column that has its exposure, None for a channel without one; empty for none.

    Raises:
      ValueError: if a column is the first one, or has two roles.
    """

    conditions: tuple[int, ...] = ()
    exposure: tuple[int | None, ...] = ()

    def __post_init__(self):
        conditions = tuple(map(int, self.conditions))
        exposure = tuple(None if column is None else int(column) for column in self.exposure)
        object.__setattr__(self, "conditions", conditions)
        object.__setattr__(self, "exposure", exposure if self.exposures else ())
        for name, columns in (("conditions", conditions), ("exposure", self.exposures)):
            if columns and min(columns) < 1:
                raise ValueError(
                    f"{name} has the input columns {list(columns)}; expected those from 1 on, as column 0 is the time, "
                    "or whatever else the latent functions are of"
                )
        if len(set(conditions)) < len(conditions) or {*conditions} & {*self.exposures}:
            raise ValueError(f"conditions has columns twice, or those of exposures: {list(conditions)}")

    @classmethod
    def of(cls, conditions: int | Sequence[int], exposure: Any, names: Sequence[str]) -> "InputRoles":
        """The roles of columns.

        Args:
          conditions: a column, or several.
          exposure: a column for all channels, or {channel: column}, the channel by its number or name; None for none.
          names: of the channels, [C].

        Raises:
          ValueError: if the exposure is none of these, or of other channels, or see the class.
        """
        conditions = (conditions,) if isinstance(conditions, (int, np.integer)) else tuple(conditions)
        if exposure is None:
            return cls(conditions)
        by_channel = exposure if isinstance(exposure, Mapping) else dict.fromkeys(range(len(names)), exposure)
        numbers = {names.index(key) if key in names else key: column for key, column in by_channel.items()}
        if len(numbers) < len(by_channel):
            raise ValueError(f"exposure has a channel by its name and its number: {exposure!r}")
        for entry in (*numbers, *numbers.values()):
            if not isinstance(entry, (int, np.integer)) or isinstance(entry, bool):
                raise ValueError(
                    f"exposure is {exposure!r}; expected the number of an input column, or {{channel: column}} with "
                    f"channels among {', '.join(names)}"
                )
        if strange := [number for number in numbers if not 0 <= number < len(names)]:
            raise ValueError(f"exposure has the channel {strange[0]}; there are {', '.join(names)}")
        return cls(conditions, tuple(numbers.get(number) for number in range(len(names))))

    def __bool__(self) -> bool:
        return bool(self.used)

    @property
    def exposures(self) -> list[int]:
        """The columns of exposures, each once."""
        return sorted({column for column in self.exposure if column is not None})

    @property
    def used(self) -> list[int]:
        """All columns that have a role."""
        return sorted((*self.conditions, *self.exposures))

    def in_words(self, names: Sequence[str]) -> str:
        """What columns with some names, [D], are: "conditions age, sex; exposure people"."""
        columns = {"conditions": self.conditions, "exposure": self.exposures}
        told = [f"{what} {', '.join(names[column] for column in own)}" for what, own in columns.items() if own]
        return "; ".join(told) or "no conditions or exposure"

    def has_exposure(self, num_channels: int) -> np.ndarray:
        """Whether a channel has an exposure, boolean [C].

        Raises:
          ValueError: if exposures are those of another number of channels.
        """
        if not self.exposure:
            return np.zeros(num_channels, bool)
        if len(self.exposure) != num_channels:
            raise ValueError(f"exposure has columns for {len(self.exposure)} channels; there are {num_channels}")
        return np.array([column is not None for column in self.exposure])

    def check_exposures(self, takes_counts: np.ndarray, offset: np.ndarray | float) -> None:
        """Refuses exposures of what is no count, and a scaling that moves them.

        Args:
          takes_counts: of every channel's likelihood, boolean [C].
          offset: what a scaling takes out of the inputs, one number or [D].

        Raises:
          ValueError: saying which, or see `has_exposure`.
        """
        if (refused := np.flatnonzero(self.has_exposure(len(takes_counts)) & ~takes_counts)).size:
            raise ValueError(
                f"exposure is given for channel {', '.join(map(str, refused))} of the last axis, whose likelihood "
                "takes none: counts do, PoissonLikelihood and NegativeBinomialLikelihood"
            )
        moved = np.asarray(offset)[self.exposures] if np.ndim(offset) else offset
        if self.exposures and np.any(moved):
            raise ValueError(
                "scaling takes an offset out of a column that is an exposure: data that were told of it, "
                "data.from_arrays(exposure=...), have one that does not"
            )

    def others(self, num_columns: int) -> list[int]:
        """The columns without a role, of so many, which a kernel sees.

        Raises:
          ValueError: if there are no such columns.
        """
        if self.used and self.used[-1] >= num_columns:
            name = "conditions" if self.used[-1] in self.conditions else "exposure"
            raise ValueError(f"{name} has column {self.used[-1]}; inputs has the columns 0 to {num_columns - 1}")
        return [column for column in range(num_columns) if column not in self.used]

    def check(self, inputs: np.ndarray, names: Sequence[str] = ()) -> None:
        """Refuses conditions that are not finite, and exposures that are not positive, of missing values too.

        Args:
          inputs: [..., D].
          names: of the columns, [D], for messages; none if they have none.

        Raises:
          ValueError: naming the first, or if there are no such columns.
        """
        self.others(inputs.shape[-1])
        for column in self.used:
            values, is_exposure = inputs[..., column], column in self.exposures
            bad = ~np.isfinite(values) | ((values <= 0.0) & is_exposure)
            if bad.any():
                first = tuple(int(i) for i in np.argwhere(bad)[0])
                name, what = ("exposures", "positive and finite") if is_exposure else ("conditions", "finite")
                where = f"column {column}" + (f" ({names[column]!r})" if names else "")
                raise ValueError(
                    f"inputs has {name} in {where} that are not {what}, the first at {first}: points whose "
                    "values are missing, and padding, need them too"
                    + (", and a count that nothing stands behind says nothing" if is_exposure else "")
                )

    def exposure_per_entry(self, inputs: tf.Tensor, event_ndims: int) -> tf.Tensor | None:
        """Exposures [..., 1, ..., 1, C] that broadcast against observations [..., *event]; None if there are none.

        Args:
          inputs: scaled, [..., D].
          event_ndims: number of an observation's axes.
        """
        if not self.exposure:
            return None
        one = inputs.shape[-1]  # the column of channels without an exposure
        columns = [one if column is None else column for column in self.exposure]
        chosen = tf.gather(tf.concat([inputs, tf.ones_like(inputs[..., :1])], axis=-1), columns, axis=-1)
        return chosen[(..., *[tf.newaxis] * (event_ndims - 1), slice(None))]


NO_ROLES = InputRoles()
