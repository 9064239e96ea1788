"""Variables of a netCDF file that are known at every time, as columns of inputs behind it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gpvae_tf.data import class_columns
from gpvae_tf.data.class_columns import ClassColumns
from gpvae_tf.data.masks import Missing, with_nan
from gpvae_tf.data.named_roles import NamedRoles
from gpvae_tf.data.numeric import as_numbers

if TYPE_CHECKING:
    import xarray


def check_known(dataset: "xarray.Dataset", roles: NamedRoles, taken: Sequence[str]) -> None:
    """Refuses what is to be known and is not there, is something else already, or has other dimensions.

    Args:
      dataset: the content of the file.
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
    dataset: "xarray.Dataset", roles: NamedRoles, classes: ClassColumns, missing: Missing | None
) -> tuple["xarray.Dataset", NamedRoles]:
    """A file with variables of 0 and 1 beside those of classes, and roles that name them in their place.

    Args:
      dataset, roles: see `check_known`.
      classes: those of the covariates and conditions that hold classes; see `from_dataframe`.
      missing: what stands for a missing entry, beside an empty text.

    Raises:
      ValueError: if one is none of these, or see `class_columns.expanded`, whose rows are numbers of the variable's
        dimensions, counted from 0.
    """
    import pandas as pd

    known, number = (*roles.covariates, *roles.conditions), "nan" if missing is None else missing
    found: dict[str, tuple[str, ...]] = {}
    for name, labels in class_columns.asked(classes).items():
        if name not in known:
            raise ValueError(f"classes has {name!r}, which is no covariate or condition: {list(known)}")
        dims, entries = dataset[name].dims, dataset[name].to_numpy()
        texts = np.char.decode(entries, "utf-8") if entries.dtype.kind == "S" else entries
        frame = pd.DataFrame({name: texts.ravel()}, index=list(np.ndindex(texts.shape)))
        frame, of_name = class_columns.expanded(frame, (name,), {name: labels}, number, dataset.variables)
        added = {each: (dims, frame[each].to_numpy().reshape(texts.shape)) for each in class_columns.all_names(of_name)}
        dataset, found = dataset.assign(added), {**found, **of_name}
    covariates, conditions = (class_columns.in_place(each, found) for each in (roles.covariates, roles.conditions))
    return dataset, roles._replace(covariates=covariates, conditions=conditions, classes=found)


def inputs_of(dataset: "xarray.Dataset", roles: NamedRoles, missing: Missing | None) -> np.ndarray:
    """Times [n], or inputs [time, covariates, conditions, exposures] where there are such.

    These are [n, D], or [N, n, D] where one of them is of the series too.

    Args:
      dataset, roles: see `check_known`.
      missing: what stands for a missing entry, beside NaN and fill values; see `from_arrays`.
    """
    times = dataset[roles.time]
    if not roles.known:
        return times.to_numpy()
    import xarray

    columns = [times.copy(data=as_numbers("times", times.to_numpy()))]
    for name in roles.known:  # 0 and 1 of classes are never `missing`
        entries = dataset[name].to_numpy()
        columns.append(dataset[name].copy(data=entries if name in roles.of_classes else with_nan(entries, missing)))
    lead = [name for name in (roles.series, roles.time) if any(name in column.dims for column in columns)]
    together = xarray.broadcast(*(column.drop_vars(column.coords) for column in columns))
    return np.stack([column.transpose(*lead).to_numpy().astype(np.float64) for column in together], axis=-1)


def check_complete(inputs: np.ndarray, observations: np.ndarray, roles: NamedRoles) -> None:
    """Refuses a point that has values, and of which something is not known, or an exposure is not positive.

    Args:
      inputs: of `inputs_of`.
      observations: [N, n, *event], NaN where missing.
      roles: what their variables are.

    Raises:
      ValueError: naming the variable.
    """
    if not roles.known:
        return
    has_values = ~np.isnan(observations).all(axis=tuple(range(2, observations.ndim)))
    for number, (what, name) in enumerate(roles.what_is_known(), 1):
        values = np.broadcast_to(inputs[..., number], has_values.shape)
        bad = has_values & (~np.isfinite(values) | ((values <= 0.0) if what == "exposure" else False))
        if bad.any():
            series, time = np.argwhere(bad)[0]
            expected = "a positive number" if what == "exposure" else "a number"
            raise ValueError(
                f"{what} {name!r} is {values[series, time]:g} in series {series} at time {time} (counted from 0), "
                f"which has values; expected {expected} there"
            )
