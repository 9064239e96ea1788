"""Counts that were not all counted for equally long or among equally many: how much stood behind each of them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf.saving import Configurable


@dataclasses.dataclass(frozen=True)
class Exposure(Configurable):
    """Columns of the inputs that say how long, or among how many, counts were counted: the population of cases.

    A count y with exposure e has the mean e * rate, and the rate is what latents and decoder are of (the offset log e
    of a Poisson regression). Exposures have to be known wherever a count is predicted, as inputs are; the kernel does
    not see their columns. In a model they count in units of its `scaling`.

    Attributes:
      columns: of every channel, [C], the column of the inputs that has its exposure; None for a channel without one.

    Raises:
      ValueError: if a column is the first one, the time, or no channel has one.
    """

    columns: tuple[int | None, ...]

    def __post_init__(self):
        object.__setattr__(self, "columns", tuple(self.columns))
        if not self.used or min(self.used) < 1:
            raise ValueError(
                f"exposure has the input columns {list(self.columns)} for the channels; expected one of the columns "
                "from 1 on for a channel at least, as column 0 is the time, or whatever else counts are a function of"
            )

    @classmethod
    def of(cls, value: Any, names: Sequence[str]) -> "Exposure":
        """An exposure as it is, or the one that a column for all channels makes, or columns by channel.

        Args:
          value: an `Exposure`, a column, or {channel: column}, the channel by its number or name.
          names: of the channels, [C].

        Raises:
          ValueError: if it is none of these, or of other channels.
        """
        if isinstance(value, Exposure):
            return value.checked(len(names))
        by_channel = value if isinstance(value, Mapping) else dict.fromkeys(range(len(names)), value)
        numbers = {names.index(key) if key in names else key: column for key, column in by_channel.items()}
        for entry in (*numbers, *numbers.values()):
            if not isinstance(entry, (int, np.integer)) or isinstance(entry, bool):
                raise ValueError(
                    f"exposure is {value!r}; expected the number of an input column, or {{channel: column}} with "
                    f"channels among {', '.join(names)}"
                )
        if strange := [number for number in numbers if not 0 <= number < len(names)]:
            raise ValueError(f"exposure has the channel {strange[0]}; there are {', '.join(names)}")
        columns = (numbers.get(number) for number in range(len(names)))
        return cls(tuple(None if column is None else int(column) for column in columns))

    def checked(self, num_channels: int) -> "Exposure":
        """The exposure itself, if it is one of so many channels.

        Raises:
          ValueError: if it is not.
        """
        if len(self.columns) != num_channels:
            raise ValueError(f"exposure has columns for {len(self.columns)} channels; there are {num_channels}")
        return self

    @property
    def used(self) -> list[int]:
        """The columns that have exposures, each once."""
        return sorted({column for column in self.columns if column is not None})

    @property
    def has(self) -> np.ndarray:
        """Whether a channel has an exposure, boolean [C]."""
        return np.array([column is not None for column in self.columns])

    def others(self, num_columns: int) -> list[int]:
        """The other ones of so many columns, which a kernel sees.

        Raises:
          ValueError: if there are no such columns.
        """
        if self.used[-1] >= num_columns:
            raise ValueError(f"exposure is column {self.used[-1]}; inputs has the columns 0 to {num_columns - 1}")
        return [column for column in range(num_columns) if column not in self.used]

    def check(self, inputs: np.ndarray) -> None:
        """Refuses exposures that are not positive; those of missing counts have to be, too, as they are predicted.

        Args:
          inputs: [..., D].

        Raises:
          ValueError: naming the first.
        """
        self.others(inputs.shape[-1])
        for column in self.used:
            bad = ~(inputs[..., column] > 0.0)
            if bad.any():
                first = tuple(int(i) for i in np.argwhere(bad)[0])
                raise ValueError(
                    f"inputs has exposures in column {column} that are not positive, the first at {first}: leave a "
                    "count out that nothing stands behind; points that are missing or padding need an exposure too"
                )

    def per_entry(self, inputs: tf.Tensor, event_ndims: int) -> tf.Tensor:
        """Exposures [..., 1, ..., 1, C] that broadcast against observations [..., *event]; 1 in channels without one.

        Args:
          inputs: scaled, [..., D].
          event_ndims: number of an observation's axes.
        """
        with_one = tf.concat([inputs, tf.ones_like(inputs[..., :1])], axis=-1)
        columns = [-1 if column is None else column for column in self.columns]
        chosen = tf.gather(with_one, [column % with_one.shape[-1] for column in columns], axis=-1)
        lead = tf.shape(chosen)[:-1]
        return tf.reshape(chosen, tf.concat([lead, [1] * (event_ndims - 1), [len(columns)]], axis=0))
