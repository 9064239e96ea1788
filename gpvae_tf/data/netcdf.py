"""Sequences from netCDF files, whose variables have named dimensions, and predictions as such files."""

import dataclasses
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf.data.added_names import check_added
from gpvae_tf.data.arrays import from_arrays
from gpvae_tf.data.frame_columns import DATES, NUMBERS
from gpvae_tf.data.masks import with_nan
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.series_scaling import layout_before
from gpvae_tf.files import atomic_path, check_installed, expanded, readers

if TYPE_CHECKING:
    import xarray

CHANNEL = "channel"
_PACKAGES = {"xarray": "xarray", "netCDF4": "netCDF4"}


@dataclasses.dataclass(frozen=True, eq=False)
class NetcdfLayout:
    """Variables and coordinates that sequences came from.

    Attributes:
      coordinates: of the file.
      dims: the dimensions of every variable that was read, by name.
      order: the dimensions in the order of the observations: series if there is one, time, further ones.
      series: the dimension that numbers the sequences; None if there is one sequence.
      has_channels: whether the last dimension is the observations' last axis, which are the variables otherwise.
    """

    coordinates: "xarray.Dataset"
    dims: dict[str, tuple[str, ...]]
    order: tuple[str, ...]
    series: str | None
    has_channels: bool

    @property
    def time(self) -> str:
        """The dimension of time."""
        return self.order[0 if self.series is None else 1]

    @property
    def time_kind(self) -> str:
        """What the coordinate of time has, "dates" or "numbers"."""
        return DATES if self.coordinates[self.time].dtype.kind == "M" else NUMBERS

    @property
    def times_are_dates(self) -> bool:
        """Whether the inputs are seconds since 1970, made of dates."""
        return self.time_kind == DATES

    @property
    def channel_names(self) -> list[str]:
        """Names of the observations' channels, those of the variables; none where one variable has several channels."""
        return [] if self.has_channels else list(self.dims)

    def check_added(self, more: Iterable[str]) -> None:
        """Refuses variables NAME_MORE beside those of the values where the data have something of that name.

        Raises:
          ValueError: naming it.
        """
        coordinates = map(str, (*self.coordinates.variables, *self.coordinates.sizes))
        check_added(self.dims, more, {*coordinates, *self.order, *self.dims}, "variable or coordinate")

    def take(self, sequences: Any) -> "NetcdfLayout":
        """The layout of some of the sequences; see `SequenceData.take`."""
        if self.series is None or self.series not in self.coordinates.dims:
            return self
        return dataclasses.replace(self, coordinates=self.coordinates.isel({self.series: sequences}))


def from_netcdf(
    path: str | os.PathLike,
    *,
    values: str | Sequence[str] | None = None,
    time: str = "time",
    series: str = "series",
    **options,
) -> SequenceData:
    """Sequences from a netCDF file: variables over (series, time, ...).

    Several variables must have the same dimensions; they become channels, the last axis of the event. So do the entries
    of a dimension "channel" of a single variable. NaN and fill values are missing. Durations, such as a variable in
    "days", are numbers in the unit of the file.

    Args:
      path: the file.
      values: names of the variables; all that have the dimension `time` if None.
      time: the dimension of time, which has a coordinate of that name: numbers or datetimes.
      series: the dimension that numbers the sequences; the file is one sequence if it has none of that name.
      options: of `from_arrays`.

    Returns:
      The data; `to_netcdf` leads back.

    Raises:
      ImportError: if xarray or netCDF4 are not installed.
      ValueError: if the file cannot be read, or a variable, dimension or coordinate is not there.
    """
    check_installed("a .nc file", _PACKAGES, "'gpvae_tf[netcdf]'")
    import xarray

    try:  # a duration in "days" is a number of days, as observations are numbers: whether xarray makes timedelta64 of
        # it by itself, which would be seconds here, depends on its version
        with xarray.open_dataset(path, engine="netcdf4", decode_timedelta=False) as file:
            dataset = file.load()
    except (*readers.ERRORS, RuntimeError) as error:  # the latter where the file opens and its content is broken
        raise readers.unreadable(path, "a netCDF file", error) from error
    dims = {str(name): tuple(map(str, dataset[name].dims)) for name in dataset}
    names = [name for name in dims if time in dims[name]]
    if values is not None:
        names = [values] if isinstance(values, str) else list(values)
    absent = [name for name in names if name not in dims]
    if absent or not names:
        lacking = f"no variable {absent[0]!r}" if absent else f"no variable with the dimension {time!r}"
        raise ValueError(f"there is {lacking}; there are {', '.join(f'{name}{dims[name]}' for name in dims)}")
    if time not in dataset.coords:
        raise ValueError(f"the dimension {time!r} has no coordinate, which would be the times")
    first = dims[names[0]]
    for name in names:
        if time not in dims[name] or set(dims[name]) != set(first):
            raise ValueError(
                f"variable {name!r} has the dimensions {dims[name]}, {names[0]!r} {first}; values needs variables over "
                f"the same ones, {time!r} among them"
            )
    lead = (series, time) if series in first else (time,)
    last = (CHANNEL,) if CHANNEL in first and len(names) == 1 else ()
    order = (*lead, *(dim for dim in first if dim not in (*lead, *last)), *last)
    options = {"missing": "nan"} | options
    arrays = [with_nan(dataset[name].transpose(*order).to_numpy(), options["missing"]) for name in names]
    observations = arrays[0] if last else np.stack(arrays, axis=-1)
    has_series = series in first
    layout = NetcdfLayout(
        dataset.coords.to_dataset(),
        {name: dims[name] for name in names},
        order,
        series if has_series else None,
        bool(last),
    )
    return from_arrays(
        observations if has_series else observations[np.newaxis],
        dataset[time].to_numpy(),
        layout=layout,
        **options,
    )


def to_netcdf(values: Any, path: str | os.PathLike, *, like: SequenceData, **more: Any) -> None:
    """Writes arrays of the shape of the observations as the variables, dimensions and coordinates that they came from.

    Args:
      values: [N, n, *event], such as imputations.
      path: the file, which appears whole.
      like: the data, from `from_netcdf`.
      more: further arrays of that shape, such as lower=..., upper=...; variable "x" gets "x_lower", "x_upper".

    Raises:
      ImportError: if xarray or netCDF4 are not installed.
      ValueError: if an array has another shape, the data are not from a netCDF file, or they have a variable or
        coordinate of a name that would be added.
    """
    layout = layout_before(like)
    if not isinstance(layout, NetcdfLayout):
        raise ValueError("like does not come from from_netcdf, so its variables have no names")
    layout.check_added(more)
    check_installed("a .nc file", _PACKAGES, "'gpvae_tf[netcdf]'")
    result = layout.coordinates.copy()
    for suffix, array in {"": values, **more}.items():
        array = np.asarray(array)
        if array.shape != like.observations.shape:
            raise ValueError(
                f"{suffix or 'values'} has shape {array.shape}; expected {like.observations.shape}, as the observations"
            )
        array = array if layout.series else array[0]
        for i, (name, dims) in enumerate(layout.dims.items()):
            entries = array if layout.has_channels else array[..., i]
            axes = [layout.order.index(dim) for dim in dims]
            result[f"{name}_{suffix}" if suffix else name] = (dims, entries.transpose(axes))
    with atomic_path(expanded(path)) as temporary:
        result.to_netcdf(temporary, engine="netcdf4")
