"""Sequences from netCDF files, whose variables have named dimensions, and predictions as such files."""

import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf.data.added_names import check_added
from gpvae_tf.data.arrays import from_arrays
from gpvae_tf.data.error_columns import Errors, error_columns, errors_by_value
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
      kept: the coordinates of the file and its variables of errors, which are written again as they are.
      dims: the dimensions of every variable that was read, by name.
      order: the dimensions in the order of the observations: series if there is one, time, further ones.
      series: the dimension that numbers the sequences; None if there is one sequence.
      has_channels: whether the last dimension is the observations' last axis, which are the variables otherwise.
      errors: the variables of errors of measurement, by those of their values.
    """

    kept: "xarray.Dataset"
    dims: dict[str, tuple[str, ...]]
    order: tuple[str, ...]
    series: str | None
    has_channels: bool
    errors: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def time(self) -> str:
        """The dimension of time."""
        return self.order[0 if self.series is None else 1]

    @property
    def time_kind(self) -> str:
        """What the coordinate of time has, "dates" or "numbers"."""
        return DATES if self.kept[self.time].dtype.kind == "M" else NUMBERS

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
        coordinates = map(str, (*self.kept.variables, *self.kept.sizes))
        check_added(self.dims, more, {*coordinates, *self.order, *self.dims}, "variable or coordinate")

    def take(self, sequences: Any) -> "NetcdfLayout":
        """The layout of some of the sequences; see `SequenceData.take`."""
        if self.series is None or self.series not in self.kept.dims:
            return self
        return dataclasses.replace(self, kept=self.kept.isel({self.series: sequences}))


def from_netcdf(
    path: str | os.PathLike,
    *,
    values: str | Sequence[str] | None = None,
    time: str = "time",
    series: str = "series",
    errors: Errors = None,
    **options,
) -> SequenceData:
    """Sequences from a netCDF file: variables over (series, time, ...).

    Several variables must have the same dimensions; they become channels, the last axis of the event. So do the entries
    of a dimension "channel" of a single variable. NaN and fill values are missing. Durations, such as a variable in
    "days", are numbers in the unit of the file.

    Args:
      path: the file.
      values: names of the variables; all that have the dimension `time` and are no errors if None.
      time: the dimension of time, which has a coordinate of that name: numbers or datetimes.
      series: the dimension that numbers the sequences; the file is one sequence if it has none of that name.
      errors: the variables of the standard deviations with which values were measured, over the same dimensions:
        {"flux": "flux_error"}, or the name of that of the only variable of values.
      options: of `from_arrays`.

    Returns:
      The data; `to_netcdf` leads back.

    Raises:
      ImportError: if xarray or netCDF4 are not installed.
      ValueError: if the file cannot be read, or a variable, dimension or coordinate is not there.
    """
    dataset = _opened(path)
    dims = {str(name): tuple(map(str, dataset[name].dims)) for name in dataset}
    if values is None:
        values = [name for name in dims if time in dims[name] and name not in error_columns(errors)]
    names = [values] if isinstance(values, str) else list(values)
    _check_variables(dims, names, error_columns(errors), time)
    errors = errors_by_value(errors, names)
    if time not in dataset.coords:
        raise ValueError(f"the dimension {time!r} has no coordinate, which would be the times")
    first = dims[names[0]]
    lead = (series, time) if series in first else (time,)
    last = (CHANNEL,) if CHANNEL in first and len(names) == 1 else ()
    order = (*lead, *(dim for dim in first if dim not in (*lead, *last)), *last)
    options = {"missing": "nan"} | options

    def read(name: str) -> np.ndarray:
        """A variable as [N, n, *event], or without the axis of channels where every variable is one."""
        array = with_nan(dataset[name].transpose(*order).to_numpy(), options["missing"])
        return array if series in first else array[np.newaxis]

    def together(arrays: list[np.ndarray]) -> np.ndarray:
        return arrays[0] if last else np.stack(arrays, axis=-1)

    observations = together([read(name) for name in names])
    none = np.zeros(observations.shape if last else observations.shape[:-1])
    layout = NetcdfLayout(
        dataset.coords.to_dataset().assign({name: dataset[name] for name in error_columns(errors)}),
        {name: dims[name] for name in names},
        order,
        series if series in first else None,
        bool(last),
        errors,
    )
    return from_arrays(
        observations,
        dataset[time].to_numpy(),
        errors=together([read(errors[name]) if name in errors else none for name in names]) if errors else None,
        layout=layout,
        **options,
    )


def _opened(path: str | os.PathLike) -> "xarray.Dataset":
    """The content of a file.

    Raises:
      ImportError: if xarray or netCDF4 are not installed.
      ValueError: if it cannot be read.
    """
    check_installed("a .nc file", _PACKAGES, "'gpvae_tf[netcdf]'")
    import xarray

    try:  # a duration in "days" is a number of days, as observations are numbers: whether xarray makes timedelta64 of
        # it by itself, which would be seconds here, depends on its version
        with xarray.open_dataset(path, engine="netcdf4", decode_timedelta=False) as file:
            return file.load()
    except (*readers.ERRORS, RuntimeError) as error:  # the latter where the file opens and its content is broken
        raise readers.unreadable(path, "a netCDF file", error) from error


def _check_variables(
    dims: Mapping[str, tuple[str, ...]], values: Sequence[str], errors: Sequence[str], time: str
) -> None:
    """Refuses variables that are not there, or are not over the same dimensions with time among them.

    Args:
      dims: the dimensions of every variable of the file.
      values: those of values.
      errors: those of errors.
      time: the dimension of time.

    Raises:
      ValueError: naming the variable.
    """
    names = [*values, *errors]
    absent = [name for name in names if name not in dims]
    if absent or not values:
        lacking = f"no variable {absent[0]!r}" if absent else f"no variable with the dimension {time!r}"
        raise ValueError(f"there is {lacking}; there are {', '.join(f'{name}{dims[name]}' for name in dims)}")
    first = dims[names[0]]
    for name in names:
        if time not in dims[name] or set(dims[name]) != set(first):
            raise ValueError(
                f"variable {name!r} has the dimensions {dims[name]}, {names[0]!r} {first}; values needs variables over "
                f"the same ones, {time!r} among them, and so do their errors"
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
    result = layout.kept.copy()
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
