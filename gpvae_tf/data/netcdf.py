"""netCDF files as sequences, and back."""

import os
from typing import TYPE_CHECKING, Any

from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.xarray_data import from_xarray
from gpvae_tf.data.xarray_layout import to_xarray
from gpvae_tf.files import atomic_path, check_installed, expanded, readers

if TYPE_CHECKING:
    import xarray

_PACKAGES = {"xarray": "xarray", "netCDF4": "netCDF4"}


def from_netcdf(path: str | os.PathLike, **options: Any) -> SequenceData:
    """Sequences from a netCDF file: variables over (series, time, ...).

    Fill values are missing, as NaN is. Durations, such as a variable in "days", are numbers in the unit of the file.

    Args:
      path: the file.
      options: of `from_xarray`, which say what its variables and dimensions are.

    Raises:
      ImportError: if xarray or netCDF4 are not installed.
      ValueError: if the file cannot be read, or see `from_xarray`.
    """
    return from_xarray(read_netcdf(path), **options)


def to_netcdf(values: Any, path: str | os.PathLike, *, like: SequenceData, **more: Any) -> None:
    """Writes arrays of the shape of the observations as the variables, dimensions and coordinates that they came from.

    Args:
      values, like, more: see `to_xarray`.
      path: the file, which appears whole.

    Raises:
      ImportError: if xarray or netCDF4 are not installed.
      ValueError: see `to_xarray`.
    """
    _check_packages()
    written = to_xarray(values, like=like, **more)
    with atomic_path(expanded(path)) as temporary:
        written.to_netcdf(temporary, engine="netcdf4")


def read_netcdf(path: str | os.PathLike) -> "xarray.Dataset":
    """The content of a file.

    Raises:
      ImportError: if xarray or netCDF4 are not installed.
      ValueError: if it cannot be read.
    """
    _check_packages()
    import xarray

    try:  # a duration in "days" is a number of days, as observations are numbers: whether xarray makes timedelta64 of
        # it by itself, which would be seconds here, depends on its version
        with xarray.open_dataset(expanded(path), engine="netcdf4", decode_timedelta=False) as file:
            return file.load()
    except (*readers.ERRORS, RuntimeError) as error:  # the latter where the file opens and its content is broken
        raise readers.unreadable(path, "a netCDF file", error) from error


def _check_packages() -> None:
    """Refuses netCDF files where what reads and writes them is not installed.

    Raises:
      ImportError: naming what to install.
    """
    check_installed("a .nc file", _PACKAGES, "'gpvae_tf[netcdf]'")
