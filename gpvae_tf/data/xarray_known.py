"""Variables of an xarray data set that are known at every time, as columns of inputs behind it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gpvae_tf.data import class_columns, frame_columns
from gpvae_tf.data.class_columns import ClassColumns
from gpvae_tf.data.distinct import check_distinct, float_format
from gpvae_tf.data.masks import Missing
from gpvae_tf.data.named_roles import NamedRoles
from gpvae_tf.data.numeric import as_numbers
from gpvae_tf.data.written_dates import check_no_dates

if TYPE_CHECKING:
    import pandas as pd
    import xarray


def check_known(dataset: "xarray.Dataset", roles: NamedRoles, taken: Sequence[str]) -> None:
    """Refuses what is to be known and is not there, is something else already, or has other dimensions.

    Args:
      dataset: the data set.
      roles: what its variables are.
      taken: names of variables of values and their errors.

    Raises:
      ValueError: naming the variable.
    """
    allowed = [name for name in (roles.series, roles.time) if name is not None]
    for what, name in roles.what_is_known():
        if name not in dataset.variables:
            there = ", ".join(map(str, dataset.variables))
            raise ValueError(f"there is no variable {name!r} for the {what}; there are {there}")
        if name in (*taken, *allowed) or roles.known.count(name) > 1:
            raise ValueError(f"{what} {name!r} is a variable of values, errors, times or something known already")
        if not set(dims := tuple(map(str, dataset[name].dims))) <= set(allowed):
            raise ValueError(f"{what} {name!r} has the dimensions {dims}; expected some of {tuple(allowed)} alone")


def with_classes(
    dataset: "xarray.Dataset", roles: NamedRoles, classes: ClassColumns, missing: Missing
) -> tuple["xarray.Dataset", NamedRoles]:
    """A data set with variables of 0 and 1 beside those of classes, and roles that name them in their place.

    Args:
      dataset, roles: see `check_known`.
      classes: those of the covariates and conditions that hold classes; see `from_dataframe`.
      missing: what stands for a missing entry, beside an empty text.

    Raises:
      ValueError: if one is none of these, or see `class_columns.expanded`; of rows see `entries`.
    """
    known, others = (*roles.covariates, *roles.conditions), list(map(str, dataset.variables))
    found: dict[str, tuple[str, ...]] = {}
    for name, labels in class_columns.asked(classes).items():
        if name not in known:
            raise ValueError(f"classes has {name!r}, which is no covariate or condition: {list(known)}")
        frame, of_name = class_columns.expanded(entries(dataset, name), (), (name,), {name: labels}, missing, others)
        shape, found = dataset[name].shape, {**found, **of_name}
        added = [each for of_column in class_columns.names(of_name).values() for each in of_column]
        dataset = dataset.assign({each: (dataset[name].dims, frame[each].to_numpy().reshape(shape)) for each in added})
    covariates, conditions = (class_columns.in_place(each, found) for each in (roles.covariates, roles.conditions))
    return dataset, roles._replace(covariates=covariates, conditions=conditions, classes=found)


def inputs_of(dataset: "xarray.Dataset", roles: NamedRoles, missing: Missing) -> np.ndarray:
    """Times [n], or inputs [time, covariates, conditions, exposures] where there are such.

    These are [n, D], or [N, n, D] where one of them is of the series too; NaN where one is missing.

    Args:
      dataset, roles: see `with_classes`.
      missing: what stands for a missing entry, beside NaN and fill values.

    Raises:
      ValueError: if a variable holds no numbers, or times are merged or dates written as numbers; of rows see
        `entries`.
    """
    times = dataset[roles.time].to_numpy()
    if not roles.known:
        return times
    import xarray

    moments = as_numbers("times", times)
    check_no_dates(moments, "times", "times")
    check_distinct("times", moments[:, np.newaxis], given=float_format(times))
    columns = [xarray.DataArray(moments.astype(np.float64), dims=(roles.time,))]
    for name in roles.known:
        is_class, dims = name in roles.of_classes, dataset[name].dims  # whose 0 and 1 are never `missing`
        numbers = frame_columns.numbers(entries(dataset, name), name, missing="nan" if is_class else missing)
        columns.append(xarray.DataArray(numbers.reshape(dataset[name].shape), dims=dims))
    lead = [name for name in (roles.series, roles.time) if any(name in column.dims for column in columns)]
    return np.stack([column.transpose(*lead).to_numpy() for column in xarray.broadcast(*columns)], axis=-1)


def entries(dataset: "xarray.Dataset", name: str) -> "pd.DataFrame":
    """The entries of a variable as a column, whose rows are called by their numbers in its dimensions, from 0 on."""
    import pandas as pd

    found = decoded(dataset[name].to_numpy())
    places = list(np.ndindex(found.shape)) if found.ndim > 1 else range(found.size)
    return pd.DataFrame({name: found.ravel()}, index=places)


def decoded(entries: np.ndarray) -> np.ndarray:
    """The entries of a variable, those that are bytes as texts."""
    return np.char.decode(entries, "utf-8") if entries.dtype.kind == "S" else entries
