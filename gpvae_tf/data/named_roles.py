"""Which columns of a data frame, or variables of a netCDF file, are what: values, and what is known beside them."""

import types
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gpvae_tf.data import class_columns
from gpvae_tf.data.class_columns import Classes


class NamedRoles(NamedTuple):
    """Names of columns or variables, all of which are there.

    Attributes:
      series: of ids, or the dimension of the series; None if there is one series.
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

    def columns(self) -> dict[str, Any]:
        """What was read, as options of `from_dataframe` and `from_xarray`."""
        names = {"time": self.time, "series": self.series}
        lists = {name: self.as_read(getattr(self, name)) for name in ("values", "covariates", "conditions")}
        classes = {column: list(labels) for column, labels in self.classes.items()}
        return {**names, **lists, "errors": dict(self.errors), "exposure": dict(self.exposure), "classes": classes}

    def roles_of_inputs(self) -> dict[str, Any]:
        """What their columns [time, covariates, conditions, exposures] are, as options of `from_arrays`."""
        place = {name: number for number, name in enumerate(self.known, 1)}
        exposure = {self.values.index(name): place[column] for name, column in self.exposure.items()}
        return {"conditions": [place[name] for name in self.conditions], "exposure": exposure or None}
