"""Which columns of a data frame are what: ids, times, values, and what is known beside them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gpvae_tf.data import class_columns, frame_columns
from gpvae_tf.data.masks import Missing
from gpvae_tf.data.named_roles import NamedRoles
from gpvae_tf.data.value_columns import columns_by_value, named_columns

if TYPE_CHECKING:
    import pandas as pd


def roles_of(
    frame: "pd.DataFrame",
    *,
    time: Any,
    series: Any,
    values: Any,
    covariates: Any,
    conditions: Any,
    errors: Any,
    exposure: Any,
    classes: Any,
    missing: Missing,
) -> tuple["pd.DataFrame", NamedRoles]:
    """A frame with columns of 0 and 1 for columns of classes, and what its columns are; see `from_dataframe`.

    Raises:
      ValueError: if a column is absent, named twice or in two places, or see `class_columns.expanded`.
    """
    for name, column in (("time", time), ("series", series)):
        _check_one(frame, name, column)
    values, covariates, conditions = (
        frame_columns.listed(columns, frame) for columns in (values, covariates, conditions)
    )
    keys = [column for column in (series, time, *covariates) if column is not None]
    frame_columns.check_columns(frame, [*keys, *values])
    if not values:
        raise ValueError("values is empty; expected the name of at least one column")
    of_errors, exposures = named_columns("errors", errors), named_columns("exposure", exposure)
    frame_columns.check_columns(frame, of_errors)
    frame_columns.check_columns(frame, [*conditions, *exposures])
    for name, columns in (("conditions", conditions), ("exposure", exposures)):
        if both := [column for column in columns if column in (*keys, *values)]:
            raise ValueError(f"{name} has {both[0]!r}, which is a column of ids, times, covariates or values already")
    others = [*keys, *of_errors, *conditions, *exposures]
    frame, classes = class_columns.expanded(frame, values, (*covariates, *conditions), classes, missing, others)
    values, covariates, conditions = (
        class_columns.in_place(columns, classes) for columns in (values, covariates, conditions)
    )
    numbers = [name for name in values if name not in class_columns.all_names(classes)]
    errors = columns_by_value("errors", errors, values)
    exposure = columns_by_value("exposure", exposure, numbers, of_all=True)
    in_order = tuple(dict.fromkeys(exposure.values()))  # of the values, however they were named
    return frame, NamedRoles(series, time, values, covariates, conditions, in_order, errors, exposure, classes)


def _check_one(frame: "pd.DataFrame", name: str, column: Any) -> None:
    """Refuses several columns where one is expected.

    Raises:
      ValueError: with a way to make one column of ids of several.
    """
    if frame_columns.is_column(frame, column) or isinstance(column, str) or not isinstance(column, Iterable):
        return
    columns = list(column)
    advice = ""
    if name == "series":
        advice = (
            f"; of several make one: frame['id'] = frame[{columns}].astype(str).agg('/'.join, axis=1), series='id'. "
            f"What to_dataframe returns has it too: frame['id'].str.split('/', expand=True)"
        )
    raise ValueError(f"{name} is {columns}; expected the name of one column{advice}")
