"""Where the rows of a long data frame went, and arrays as such a frame again."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gpvae_tf.data import class_columns, frame_columns, time_columns
from gpvae_tf.data.added_names import check_added
from gpvae_tf.data.layout import NUMBERS, Layout
from gpvae_tf.data.named_roles import NamedRoles
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.series_scaling import in_units, layout_before
from gpvae_tf.data.sliding_windows import WindowLayout
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


def to_dataframe(values: Any = None, *, like: SequenceData, **more: Any) -> "pd.DataFrame":
    """Arrays of the shape of the observations as a long frame, with the ids, times, names and index of the original.

    A column of classes has the observed class, and where that is missing the most probable one, beside the columns of
    the probabilities, to which nothing is added; one of covariates or conditions has its classes alone.

    Args:
      values: [N, n, C], such as imputations; the observations with NaN where missing if None. Entries that are the
        observed ones come back in the precision that was given; those that were filled in have no error beside them.
      like: the data, from `from_dataframe` or `from_netcdf`; from `from_arrays` with event shape (C,), columns are
        called series, time, input_1, ..., value_0, .... If they went through `per_series`, all arrays are those that
        `restore` returns.
      more: further arrays [N, n, C], such as lower=..., upper=...; column "x" gets the columns "x_lower", "x_upper".

    Returns:
      The frame; rows are in the original order.

    Raises:
      ValueError: if an array has another shape, the data are no vectors or windows of others, or they have a column
        of a name that would be added.
    """
    layout = layout_before(like)
    if isinstance(layout, WindowLayout):
        raise ValueError("like are windows; give what stitch makes of them, and like=the data that were cut")
    layout = layout if isinstance(layout, FrameLayout) else _default_layout(like)
    layout.check_added(more)
    rows = np.concatenate(layout.rows)
    order = np.argsort(rows, kind="stable")
    roles = layout.roles
    result = layout.frame[roles.others].iloc[rows[order]].copy()
    own = np.stack([frame_columns.numbers(layout.frame, column) for column in roles.values], axis=-1)[rows]
    columns = own
    if values is not None:
        columns = _flat("values", values, like)
        kept = (columns == _flat("observations", in_units(like), like)) & ~np.isnan(own)
        columns = np.where(kept, own, columns)
    filled = np.isnan(own) & ~np.isnan(columns)
    for j, name in enumerate(roles.values):
        result[name] = columns[order, j]
    class_columns.add_most_probable(result, roles.classes)
    result = result.drop(columns=[name for name in roles.known if name in roles.of_classes])
    for name in set(roles.errors.values()):  # a value that was filled in has none
        of_values = [j for j, value in enumerate(roles.values) if roles.errors.get(value) == name]
        result[name] = result[name].mask(filled[order][:, of_values].all(axis=1))
    for suffix, array in more.items():
        flat = _flat(suffix, array, like)[order]
        for name in layout.numbers:
            result[f"{name}_{suffix}"] = flat[:, roles.values.index(name)]
    return result


def _flat(name: str, values: Any, like: SequenceData) -> np.ndarray:
    """[sum of lengths, C] float64."""
    array = np.asarray(values)
    if array.shape != like.observations.shape:
        raise ValueError(
            f"{name} has shape {array.shape}; expected {like.observations.shape}, that of the observations"
        )
    return np.concatenate(like.unpadded(array)).astype(np.float64)


def _default_layout(like: SequenceData) -> FrameLayout:
    """Columns for data that came from arrays, or from variables, whose names they have."""
    import pandas as pd

    if len(like.event_shape) != 1:
        raise ValueError(f"observations have event shape {like.event_shape}; a frame holds vectors of shape (C,) only")
    inputs, values = (np.concatenate(like.unpadded(array)) for array in (like.inputs, in_units(like)))
    if like.mask is not None:
        known = np.concatenate(like.unpadded(like.mask))
        values = np.where(known if known.ndim == 2 else known[:, np.newaxis], values, np.nan)
    if (named := column_roles(like)) is not None:
        layout = layout_at(like, named, like.inputs, like.lengths)
        return dataclasses.replace(layout, frame=layout.frame.assign(**dict(zip(named.values, values.T))))
    number = np.repeat(np.arange(like.num_sequences), like.lengths)
    covariates = tuple(f"input_{j}" for j in range(1, like.input_dim))
    names = tuple(f"value_{j}" for j in range(like.event_shape[0]))
    columns = {"series": number, **dict(zip(("time", *covariates), inputs.T)), **dict(zip(names, values.T))}
    rows = np.split(np.arange(len(number)), np.cumsum(like.lengths)[:-1])
    roles = NamedRoles("series", "time", names, covariates)
    return FrameLayout(pd.DataFrame(columns), roles, rows)
