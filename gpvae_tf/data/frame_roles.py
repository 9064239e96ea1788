"""Which columns of a data frame are what: ids, times, values, and what is known beside them."""

import types
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from gpvae_tf.data import class_columns, frame_columns
from gpvae_tf.data.class_columns import Classes
from gpvae_tf.data.masks import Missing
from gpvae_tf.data.value_columns import columns_by_value, named_columns

if TYPE_CHECKING:
    import pandas as pd


class FrameRoles(NamedTuple):
    """Names of columns, all of which are there.

    Attributes:
      series: of ids; None if all rows are one series.
      time: of times.
      values: of the observations.
      covariates, conditions, exposures: further columns of the inputs, in this order behind the time.
      errors, exposure: columns of the errors, and of the exposures, of some of the values.
      classes: of columns that values, covariates and conditions have columns of 0 and 1 for.
    """

    series: str | None
    time: str
    values: tuple[str, ...]
    covariates: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    exposures: tuple[str, ...] = ()
    errors: Mapping[str, str] = types.MappingProxyType({})
    exposure: Mapping[str, str] = types.MappingProxyType({})
    classes: Classes = types.MappingProxyType({})

    @property
    def known(self) -> tuple[str, ...]:
        """The columns of the inputs behind the time."""
        return (*self.covariates, *self.conditions, *self.exposures)

    @property
    def others(self) -> list[str]:
        """All columns but those of the values, each once."""
        named = (self.series, self.time, *self.known, *self.errors.values())
        return [name for name in dict.fromkeys(named) if name is not None]

    @property
    def of_classes(self) -> set[str]:
        """The columns of 0 and 1."""
        return class_columns.all_names(self.classes)

    def what_is_known(self) -> list[tuple[str, str]]:
        """What every column behind the time is called in messages, with its name in the data."""
        named = {"covariate": self.covariates, "condition": self.conditions, "exposure": self.exposures}
        return [(what, class_columns.origin(name, self.classes)) for what, columns in named.items() for name in columns]

    def as_read(self, columns: Sequence[str]) -> list[str]:
        """Some of the columns as they are in the data, each once."""
        return class_columns.as_read(columns, self.classes)


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
) -> tuple["pd.DataFrame", FrameRoles]:
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
    frame, classes = class_columns.expanded(frame, (*values, *covariates, *conditions), classes, missing, others)
    values, covariates, conditions = (
        class_columns.in_place(columns, classes) for columns in (values, covariates, conditions)
    )
    numbers = [name for name in values if name not in class_columns.all_names(classes)]
    errors = columns_by_value("errors", errors, values)
    exposure = columns_by_value("exposure", exposure, numbers, of_all=True)
    in_order = tuple(dict.fromkeys(exposure.values()))  # of the values, however they were named
    return frame, FrameRoles(series, time, values, covariates, conditions, in_order, errors, exposure, classes)


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
