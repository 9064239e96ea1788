"""Where `gpvae sample` draws from the prior: the inputs of --at, which no data stand behind."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf.cli.asked_arrays import inputs_of_npz, there, without_values
from gpvae_tf.cli.options import DataOptions
from gpvae_tf.cli.reading import load, load_arguments
from gpvae_tf.cli.run_checks import check_input_dim, check_time_kind
from gpvae_tf.data import SequenceData
from gpvae_tf.data.file_formats import from_table
from gpvae_tf.data.frame_columns import check_columns
from gpvae_tf.data.layout import kind_of
from gpvae_tf.data.netcdf import read_netcdf
from gpvae_tf.data.table_files import TABLES, read_table
from gpvae_tf.data.xarray_known import decoded
from gpvae_tf.files import expanded
from gpvae_tf.files.readers import read_npz

if TYPE_CHECKING:
    import pandas as pd


def first_inputs(path: str, reading: DataOptions, input_dim: int, time_kind: str | None = None) -> np.ndarray:
    """The inputs [n, D] of a file's first sequence, whatever else the file has.

    Args:
      path: a table or .nc with times, ids and covariates, an .npz as `load_inputs` takes it, or data.
      reading: columns and the like.
      input_dim: D.
      time_kind: what the run's times are, see `data.layout.Layout`.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: if its inputs are not D or not finite, its times are of another kind, or see `load_inputs` and `load`.
    """
    source = there(path)
    arguments = load_arguments(path, reading)
    if kind_of(source) == ".npz" and "observations" not in read_npz(source):
        inputs, options = inputs_of_npz(path, input_dim, time_kind)
        found = without_values(path, inputs, len(inputs) if inputs.ndim == 3 else 1, (1,), **options)
    elif kind_of(source) in (*TABLES, ".nc"):
        found = _times_of_table(path, arguments)
    else:
        found = load(path, reading, require_observed=False)
    check_time_kind(f"--at={path}", found.layout.time_kind, time_kind)
    check_input_dim(f"--at={path}", found.input_dim, input_dim)
    return np.broadcast_to(found.inputs, (found.num_sequences, *found.inputs.shape[-2:]))[0, : found.lengths[0]]


def _times_of_table(path: str, columns: Mapping[str, Any]) -> SequenceData:
    """A table or .nc whose values mean nothing and need not be there, and whose ids need not either.

    Args:
      path: the file.
      columns: names and more, as `load_arguments` has them.

    Raises:
      ValueError: naming the file, if it lacks a column of times or covariates, or they are none; see
        `data.from_dataframe`.
    """
    names = {"time": "time", "values": ["value"], **columns}
    values, covariates, conditions = (list(names.pop(name, ())) for name in ("values", "covariates", "conditions"))
    names.pop("errors", None)
    classes = {
        column: labels for column, labels in names.pop("classes", {}).items() if column in (*covariates, *conditions)
    }
    value = 1.0 if names.get("missing") == 0.0 else 0.0  # none of the covariates of a row with values may be missing
    known = [*covariates, *conditions, *dict(names.get("exposure", {})).values()]
    if kind_of(path) == ".nc":
        frame = _first_of_netcdf(path, names["time"], names.get("series"), known)
    else:
        frame = read_table(expanded(path), names.get("series"), list(classes))
    if names.get("series") not in frame.columns:
        names.pop("series", None)
    check_columns(frame, [names["time"], *covariates, *conditions], f"--at={path}")
    names |= {"values": values, "covariates": covariates, "conditions": conditions, "classes": classes}
    try:
        return from_table(frame.assign(**dict.fromkeys(values, value)), **names)
    except ValueError as error:
        raise ValueError(f"--at={path}: {error}") from error


def _first_of_netcdf(path: str, time: str, series: str | None, known: Sequence[str]) -> "pd.DataFrame":
    """The times of a netCDF file, and what is known at each, of its first series; what is not there is left out."""
    import pandas as pd

    dataset = read_netcdf(path)
    if time not in dataset.coords:
        raise ValueError(f"--at={path} has no coordinate {time!r}, which would be the times")
    dataset = dataset.isel({series or "series": 0}, missing_dims="ignore")
    found = {name: dataset[name].broadcast_like(dataset[time]) for name in (time, *known) if name in dataset}
    return pd.DataFrame({name: decoded(each.to_numpy()) for name, each in found.items()})
