"""Sequences from netCDF files, whose variables have named dimensions."""

import importlib.util
import os
from collections.abc import Sequence

import numpy as np

from gpvae_tf.data import unreadable
from gpvae_tf.data.arrays import from_arrays
from gpvae_tf.data.sequences import SequenceData


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
    of a dimension "channel" of a single variable. NaN and fill values are missing.

    Args:
      path: the file.
      values: names of the variables; all that have the dimension `time` if None.
      time: the dimension of time, which has a coordinate of that name: numbers or datetimes.
      series: the dimension that numbers the sequences; the file is one sequence if it has none of that name.
      options: of `from_arrays`.

    Raises:
      ImportError: if xarray or netCDF4 are not installed.
      ValueError: if the file cannot be read, or a variable, dimension or coordinate is not there.
    """
    missing = [name for name in ("xarray", "netCDF4") if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(f".nc files need {' and '.join(missing)}: pip install 'gpvae_tf[netcdf]'")
    import xarray

    try:
        with xarray.open_dataset(path, engine="netcdf4") as file:
            dataset = file.load()
    except unreadable.ERRORS as error:
        raise unreadable.unreadable(path, "a netCDF file", error) from error
    names = [str(name) for name in dataset if time in dataset[name].dims]
    if values is not None:
        names = [values] if isinstance(values, str) else list(values)
    absent = [name for name in names if name not in dataset]
    if absent or not names:
        raise ValueError(
            f"no variable {absent[0]!r}"
            if absent
            else f"no variable has the dimension {time!r}; it has "
            f"{', '.join(f'{name}{dataset[name].dims}' for name in dataset)}"
        )
    if time not in dataset.coords:
        raise ValueError(
            f"the dimension {time!r} has no coordinate, so no point has a time; the option time names another"
        )
    first = dataset[names[0]]
    for name in names:
        if time not in dataset[name].dims or set(dataset[name].dims) != set(first.dims):
            raise ValueError(
                f"variable {name!r} has the dimensions {dataset[name].dims}, {names[0]!r} {first.dims}; values needs "
                f"variables over the same ones, {time!r} among them"
            )
    lead = [series, time] if series in first.dims else [time]
    event = [dim for dim in first.dims if dim not in (*lead, "channel")]
    stacked = len(names) > 1 or "channel" not in first.dims
    last = [dim for dim in first.dims if dim == "channel"]
    arrays = [dataset[name].transpose(*lead, *event, *last).to_numpy() for name in names]
    observations = np.stack(arrays, axis=-1) if stacked else arrays[0]
    if len(lead) == 1:
        observations = observations[np.newaxis]
    return from_arrays(observations, dataset[time].to_numpy(), **({"missing": "nan"} | options))
