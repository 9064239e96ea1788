"""Which variables of an xarray data set sequences came from, and arrays as such a data set again."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gpvae_tf.data.added_names import check_added
from gpvae_tf.data.layout import DATES, NUMBERS, Layout
from gpvae_tf.data.named_roles import NamedRoles
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.series_scaling import layout_before
from gpvae_tf.data.xarray_known import decoded
from gpvae_tf.entry_masks import entry_mask

if TYPE_CHECKING:
    import xarray

CHANNEL = "channel"  # the dimension whose entries are channels of a single variable
_OF_BOUNDS = ("units", "long_name")  # attributes that hold of a bound or a deviation as they do of the values


@dataclasses.dataclass(frozen=True, eq=False)
class XarrayLayout(Layout):
    """Variables and coordinates that sequences came from.

    Attributes:
      kept: the coordinates of the data set, its variables of errors and of what is known beside the time, and those
        without time, such as names of stations, which are written again.
      dims: the dimensions of every variable that was read, by name.
      order: the dimensions in the order of the observations: series if there is one, time, further ones.
      roles: what its dimensions and variables are.
      has_channels: whether the last dimension is the observations' last axis, which are the variables otherwise.
      numbers: of the series in the data set, N of them.
      attributes: of every variable that was read, such as its units, by name.
    """

    kept: "xarray.Dataset"
    dims: dict[str, tuple[str, ...]]
    order: tuple[str, ...]
    roles: NamedRoles
    has_channels: bool
    numbers: Sequence[int]
    attributes: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    suffixes: ClassVar[Sequence[str]] = (".nc", ".npz")

    @property
    def time_kind(self) -> str:
        """What the coordinate of time has, "dates" or "numbers"."""
        return DATES if self.kept[self.roles.time].dtype.kind == "M" else NUMBERS

    @property
    def channel_names(self) -> list[str]:
        """Names of the observations' channels, those of the variables; none where one variable has several channels."""
        return [] if self.has_channels else list(self.dims)

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs' columns: that of the time, and those of what is known beside it."""
        return [self.roles.time, *self.roles.known]

    @property
    def ids(self) -> list[Any]:
        """The series' ids, N of them: those of the coordinate of their dimension, or their numbers in the data set."""
        import pandas as pd

        name = self.roles.series
        if name is None or name not in self.kept.coords:
            return list(self.numbers)
        return pd.Series(decoded(self.kept[name].to_numpy())).tolist()

    def columns(self) -> dict[str, Any]:
        """The variables and dimensions that were read; see `Layout.columns`."""
        return self.roles.columns()

    def check_added(self, more: Iterable[str]) -> None:
        """Refuses variables NAME_MORE beside those of the values where the data have something of that name.

        Raises:
          ValueError: naming it.
        """
        coordinates = map(str, (*self.kept.variables, *self.kept.sizes))
        check_added(self.dims, more, {*coordinates, *self.order, *self.dims}, "variable or coordinate")

    def entries_of(self, name: str, array: np.ndarray, dims: Sequence[str]) -> np.ndarray:
        """A variable's entries of an array [N, n, *event], with axes as some dimensions, those of the variable."""
        array = array if self.roles.series else array[0]
        entries = array if self.has_channels else array[..., list(self.dims).index(name)]
        return entries.transpose([self.order.index(dim) for dim in dims])

    def take(self, sequences: Any) -> "XarrayLayout":
        """The layout of some of the sequences; see `SequenceData.take`."""
        numbers = np.asarray(self.numbers)[sequences].tolist()
        if self.roles.series is None or self.roles.series not in self.kept.dims:
            return dataclasses.replace(self, numbers=numbers)
        return dataclasses.replace(self, kept=self.kept.isel({self.roles.series: sequences}), numbers=numbers)


def to_xarray(values: Any, *, like: SequenceData, **more: Any) -> "xarray.Dataset":
    """Arrays of the shape of the observations as the variables, dimensions and coordinates that they came from.

    Args:
      values: [N, n, *event], such as imputations; those that were filled in have no error beside them.
      like: the data, from `from_xarray` or `from_netcdf`.
      more: further arrays of that shape, such as lower=..., upper=...; variable "x" gets "x_lower", "x_upper".

    Raises:
      ValueError: if an array has another shape, the data are of neither, or they have a variable or coordinate of a
        name that would be added.
    """
    layout = layout_before(like)
    if not isinstance(layout, XarrayLayout):
        raise ValueError("like comes neither from from_xarray nor from_netcdf, so its variables have no names")
    layout.check_added(more)
    result = layout.kept.copy()
    known = entry_mask(like.mask, like.observations.shape)
    for name, error in layout.roles.errors.items():  # a value that was filled in has none
        result[error] = result[error].where(layout.entries_of(name, known, tuple(map(str, result[error].dims))))
    for suffix, array in {"": values, **more}.items():
        array = np.asarray(array)
        if array.shape != like.observations.shape:
            raise ValueError(
                f"{suffix or 'values'} has shape {array.shape}; expected {like.observations.shape}, as the observations"
            )
        for name, dims in layout.dims.items():
            kept = layout.attributes.get(name, {})
            attributes = {key: value for key, value in kept.items() if not suffix or key in _OF_BOUNDS}
            result[f"{name}_{suffix}" if suffix else name] = (dims, layout.entries_of(name, array, dims), attributes)
    return result
