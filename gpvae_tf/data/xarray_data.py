"""Sequences from xarray, whose variables have named dimensions; `xarray_layout` leads back, `netcdf` is on disk."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf.data import frame_columns
from gpvae_tf.data.arrays import from_arrays
from gpvae_tf.data.class_columns import ClassColumns
from gpvae_tf.data.masks import Missing, missing_error, with_nan
from gpvae_tf.data.named_roles import NamedRoles
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.value_columns import OfValues, columns_by_value, named_columns
from gpvae_tf.data.xarray_known import check_known, inputs_of, with_classes
from gpvae_tf.data.xarray_layout import CHANNEL, XarrayLayout
from gpvae_tf.files import check_installed

if TYPE_CHECKING:
    import xarray


def from_xarray(
    dataset: "xarray.Dataset | xarray.DataArray",
    *,
    values: str | Sequence[str] | None = None,
    time: str = "time",
    series: str | None = None,
    covariates: str | Sequence[str] = (),
    conditions: str | Sequence[str] = (),
    errors: OfValues = None,
    exposure: OfValues = None,
    classes: ClassColumns = None,
    **options,
) -> SequenceData:
    """Sequences from an xarray data set: variables over (series, time, ...).

    Several variables must have the same dimensions; they become channels, the last axis of the event. So do the entries
    of a dimension "channel" of a single variable. NaN is missing, and durations count in seconds.

    Args:
      dataset: the data set, or a single array, whose variable is called "value" if it has no name. It stays as it is.
      values: names of the variables; all that have the dimension `time` and are nothing else if None.
      time: the dimension of time, which has a coordinate of that name: numbers or datetimes.
      series: the dimension that numbers the sequences; "series" if None. Where variables have none, there is one
        sequence; one that has other dimensions in its place is refused, unless the name is "series".
      errors: the variables of the standard deviations with which values were measured, over the same dimensions:
        {"flux": "flux_error"}, or the name of that of the only variable of values.
      covariates, conditions, exposure: variables or coordinates over the series, such as a station's height, the time,
        or both, which are known at every time; see `from_dataframe` for what they are.
      classes: those of the covariates and conditions that hold classes, such as texts; see `from_dataframe`.
      options: of `from_arrays`.

    Returns:
      The data; `to_xarray` and `to_netcdf` lead back.

    Raises:
      ImportError: if xarray is not installed.
      ValueError: if it is no data set, or a variable, dimension or coordinate is not there or has no place there.
    """
    dataset = in_memory(dataset)
    dims = {str(name): tuple(map(str, dataset[name].dims)) for name in dataset}
    roles = _roles_of(dims, values, time, series, covariates, conditions, errors, exposure)
    if time not in dataset.coords:
        raise ValueError(f"the dimension {time!r} has no coordinate, which would be the times")
    options = {"missing": "nan"} | options
    missing: Missing = "nan" if options["missing"] is None else options["missing"]
    names, of_errors = roles.values, list(roles.errors.values())
    check_known(dataset, roles, (*names, *of_errors))
    dataset, roles = with_classes(dataset, roles, classes, missing)
    first = dims[names[0]]
    lead = (time,) if roles.series is None else (roles.series, time)
    last = (CHANNEL,) if CHANNEL in first and len(names) == 1 else ()
    order = (*lead, *(dim for dim in first if dim not in (*lead, *last)), *last)

    def read(name: str, missing: Missing | None) -> np.ndarray:
        """A variable as [N, n, *event], or without the axis of channels where every variable is one."""
        array = with_nan(dataset[name].transpose(*order).to_numpy(), missing)
        return array if roles.series else array[np.newaxis]

    def together(arrays: list[np.ndarray]) -> np.ndarray:
        return arrays[0] if last else np.stack(arrays, axis=-1)

    observations = together([read(name, options["missing"]) for name in names])
    inputs = inputs_of(dataset, roles, missing)
    spread, unknown = None, missing_error(options["missing"])
    if roles.errors:
        none = np.zeros(observations.shape if last else observations.shape[:-1])
        spread = together([read(roles.errors[name], unknown) if name in roles.errors else none for name in names])
    written_again = [*of_errors, *roles.as_read(roles.known), *(name for name in dims if time not in dims[name])]
    layout = XarrayLayout(
        dataset.coords.to_dataset().assign({name: dataset[name] for name in written_again}),
        {name: dims[name] for name in names},
        order,
        roles,
        bool(last),
        range(len(observations)),
        {name: dict(dataset[name].attrs) for name in names},
    )
    of_inputs = roles.roles_of_inputs()
    if last and roles.exposure:  # the channels of a variable have one
        of_inputs["exposure"] = roles.known.index(roles.exposures[0]) + 1
    return from_arrays(observations, inputs, errors=spread, layout=layout, **of_inputs, **options)


def in_memory(given: Any) -> "xarray.Dataset":
    """A data set, or an array as one, whose entries are in memory.

    Raises:
      ImportError: if xarray is not installed.
      ValueError: if it is neither.
    """
    check_installed("from_xarray", {"xarray": "xarray"}, "'gpvae_tf[netcdf]'")
    import xarray

    if isinstance(given, xarray.DataArray):
        given = given.to_dataset(name=given.name or "value")
    if not isinstance(given, xarray.Dataset):
        raise ValueError(f"dataset is {type(given).__name__}; expected an xarray.Dataset or DataArray")
    return given.compute()


def _roles_of(
    dims: Mapping[str, tuple[str, ...]],
    values: str | Sequence[str] | None,
    time: str,
    series: str | None,
    covariates: str | Sequence[str],
    conditions: str | Sequence[str],
    errors: OfValues,
    exposure: OfValues,
) -> NamedRoles:
    """What variables with some dimensions are; see `from_xarray` for the others.

    Raises:
      ValueError: see `_check_variables`, or if errors or exposures are of something that is no value.
    """
    of_errors, exposures = named_columns("errors", errors), named_columns("exposure", exposure)
    covariates, conditions = frame_columns.listed(covariates), frame_columns.listed(conditions)
    if values is None:
        others = (*of_errors, *covariates, *conditions, *exposures)
        values = [name for name in dims if time in dims[name] and name not in others]
    names = frame_columns.listed(values)
    _check_variables(dims, names, of_errors, time)
    errors = columns_by_value("errors", errors, names)
    exposure = columns_by_value("exposure", exposure, names, of_all=True)
    in_order = tuple(dict.fromkeys(exposure.values()))  # of the values, however they were named
    first = dims[names[0]]
    may_be_one = series == "series" or {*first} <= {time, CHANNEL}  # what was read with a name has a file of one, too
    if series is not None and series not in first and not may_be_one:
        raise ValueError(f"series is {series!r}, which is no dimension of {names[0]!r}; it has {', '.join(first)}")
    lead = next((name for name in (series, "series") if name in first), None)
    return NamedRoles(lead, time, names, covariates, conditions, in_order, errors, exposure)


def _check_variables(
    dims: Mapping[str, tuple[str, ...]], values: Sequence[str], errors: Sequence[str], time: str
) -> None:
    """Refuses variables that are not there, or are not over the same dimensions with time among them.

    Args:
      dims: the dimensions of every variable.
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
    if time not in first:
        raise ValueError(f"time is {time!r}, which is no dimension of {names[0]!r}; it has {', '.join(first)}")
    for name in names:
        if set(dims[name]) != set(first):
            raise ValueError(
                f"variable {name!r} has the dimensions {dims[name]}, {names[0]!r} {first}; values needs variables over "
                f"the same ones, {time!r} among them, and so do their errors; values=... names them, and covariates or "
                "conditions what is known beside them"
            )
