"""Where the rows of a long data frame went, and the layout of rows at other times; `frame_output` leads back."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gpvae_tf.data import class_columns, time_columns
from gpvae_tf.data.added_names import check_added
from gpvae_tf.data.layout import NUMBERS, Layout
from gpvae_tf.data.named_roles import NamedRoles
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.series_scaling import layout_before
from gpvae_tf.data.table_files import TABLES

if TYPE_CHECKING:
    import pandas as pd


@dataclasses.dataclass(frozen=True, eq=False)
class FrameLayout(Layout):
    """Which row of a frame every point of some sequences came from.

    Attributes:
      frame: the columns that were read, with the index of the original.
      roles: what they are.
      rows: N arrays [n_i], the rows of every series in the order of time.
    """

    frame: "pd.DataFrame"
    roles: NamedRoles
    rows: Sequence[np.ndarray]
    suffixes: ClassVar[Sequence[str]] = (*TABLES, ".npz")

    def take(self, sequences: Any) -> "FrameLayout":
        """The layout of some of the sequences; see `SequenceData.take`."""
        return dataclasses.replace(self, rows=[self.rows[i] for i in np.arange(len(self.rows))[sequences]])

    @property
    def time_kind(self) -> str:
        """What the column of times has, see `time_columns.time_kind`."""
        return time_columns.time_kind(self.frame, self.roles.time)

    @property
    def channel_names(self) -> list[str]:
        """Names of the observations' channels, those of their columns."""
        return list(map(str, self.roles.values))

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs' columns: that of the time, and those of what is known beside it."""
        return list(map(str, (self.roles.time, *self.roles.known)))

    def columns(self) -> dict[str, Any]:
        """The columns that were read; see `Layout.columns`."""
        return self.roles.columns()

    @property
    def class_channels(self) -> dict[str, list[int]]:
        """The channels of every column of values that holds classes, of 0 and 1, by its name."""
        values, of_columns = self.roles.values, class_columns.names(self.roles.classes)
        return {str(column): list(map(values.index, each)) for column, each in of_columns.items() if each[0] in values}

    def check_added(self, more: Iterable[str]) -> None:
        """Refuses columns NAME_MORE beside those of the values where the data have one of that name.

        Raises:
          ValueError: naming the column.
        """
        taken = (*self.roles.others, *self.roles.values, *self.roles.classes)
        check_added(map(str, self.numbers), more, {*map(str, taken)})

    @property
    def numbers(self) -> list[str]:
        """The columns of the observations that are none of classes."""
        return [name for name in self.roles.values if name not in self.roles.of_classes]

    @property
    def ids(self) -> list[Any]:
        """The series' ids, N of them."""
        if self.roles.series is None:
            return list(range(len(self.rows)))
        return self.frame[self.roles.series].iloc[[rows[0] for rows in self.rows]].tolist()


def column_roles(data: SequenceData) -> NamedRoles | None:
    """What the columns or variables are that data came from; None where not every channel is one of its own."""
    roles: NamedRoles | None = getattr(layout_before(data), "roles", None)  # layouts of columns or variables have them
    return roles if roles is not None and data.event_shape == (len(roles.values),) else None


def ids_of(data: SequenceData) -> list[Any]:
    """The ids of the series, N of them: their numbers where they have no others."""
    return layout_before(data).ids or list(range(data.num_sequences))


def layout_at(data: SequenceData, roles: NamedRoles, inputs: np.ndarray, lengths: np.ndarray) -> FrameLayout:
    """The rows of the series of some data at other inputs, where no value is known.

    Args:
      data, roles: see `column_roles`.
      inputs: [N, s, D], as those of the data.
      lengths: [N], the points of every series.

    Raises:
      ValueError: if the columns of 0 and 1 of a column of classes are not those of one class.
    """
    import pandas as pd

    times, *known = np.concatenate([own[:length] for own, length in zip(inputs, lengths)]).T
    class_columns.check_one_class(dict(zip(roles.known, known)), roles.classes)
    columns: dict[str, Any] = {}
    if roles.series is not None:
        columns[roles.series] = pd.Series(ids_of(data)).repeat(lengths).array
    columns[roles.time] = time_columns.as_times(times, layout_before(data).time_kind or NUMBERS)
    columns |= dict(zip(roles.known, known, strict=True)) | dict.fromkeys(roles.values, np.nan)
    rows = np.split(np.arange(len(times)), np.cumsum(lengths)[:-1])
    return FrameLayout(pd.DataFrame(columns), roles._replace(errors={}), rows)
