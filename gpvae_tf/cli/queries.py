"""The inputs of --at: where `gpvae predict` and `gpvae sample` are asked for values."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf import data
from gpvae_tf.cli.options import DataOptions
from gpvae_tf.cli.reading import load, load_arguments, missing_value
from gpvae_tf.cli.run_checks import check_input_dim, check_time_kind
from gpvae_tf.data import SequenceData
from gpvae_tf.data.file_formats import from_table
from gpvae_tf.data.frame_columns import check_columns
from gpvae_tf.data.frame_layout import column_roles, ids_of, layout_at
from gpvae_tf.data.layout import array_time_kind, kind_of
from gpvae_tf.data.named_roles import NamedRoles
from gpvae_tf.data.netcdf import read_netcdf
from gpvae_tf.data.table_files import TABLES, read_table
from gpvae_tf.data.xarray_known import decoded
from gpvae_tf.data.xarray_layout import XarrayLayout
from gpvae_tf.files import expanded
from gpvae_tf.files.readers import read_npz

if TYPE_CHECKING:
    import pandas as pd
    import xarray


def asked_about(path: str, known: SequenceData) -> SequenceData:
    """Those of the known sequences whose ids a table or .nc of --at has; all where it has none of them, or no ids.

    Raises:
      FileNotFoundError: if there is no such file.
    """
    series = known.layout.columns().get("series")
    if series is None or kind_of(_there(path)) == ".npz":
        return known
    there = _content(path, known)
    ids = set(np.atleast_1d(decoded(there[series].to_numpy())).tolist()) if series in there else set()
    numbers = [number for number, name in enumerate(ids_of(known)) if name in ids]
    return known.take(numbers) if numbers else known


def load_inputs(path: str, known: SequenceData, missing: str | None = None) -> SequenceData:
    """The inputs of a file as sequences in the order of `known`, whose observations are 0 and mean nothing.

    Args:
      path: a table with the columns of times, ids and covariates that `known` was read from, an .nc with such
        coordinates and variables where `known` is of one, or an .npz with inputs [s, D] or [N, s, D], or times [s] or
        [N, s], and lengths [N] where inputs are padded.
      known: the sequences that predictions rest on.
      missing: what stands for a missing value, see `DataOptions`; covariates have none.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: if the file has other sequences, times of another kind, or is of another kind itself.
    """
    source, roles = _there(path), column_roles(known)
    if kind_of(source) == ".npz":
        inputs, options = _inputs_of_npz(path, known.input_dim, known.layout.time_kind)
        options["batch_size"] = known.batch_size
        asked = _without_values(path, inputs, known.num_sequences, known.event_shape, **options)
        if roles is None:
            return asked
        try:
            return dataclasses.replace(asked, layout=layout_at(known, roles, asked.inputs, asked.lengths))
        except ValueError as error:
            raise ValueError(f"--at={path}: {error}") from error
    there = _content(path, known)
    if kind_of(source) in TABLES and roles is not None:  # of which `data.queries` speaks as of a frame
        columns = (roles.time, roles.series, *roles.as_read(roles.known))
        check_columns(there, [column for column in columns if column is not None], f"--at={path}")
    try:
        return data.queries(there, like=known, missing=missing_value(missing) if missing else "nan")
    except ValueError as error:
        raise ValueError(f"--at={path}: {error}") from error


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
    source = _there(path)
    arguments = load_arguments(path, reading)
    if kind_of(source) == ".npz" and "observations" not in read_npz(source):
        inputs, options = _inputs_of_npz(path, input_dim, time_kind)
        found = _without_values(path, inputs, len(inputs) if inputs.ndim == 3 else 1, (1,), **options)
    elif kind_of(source) in (*TABLES, ".nc"):
        found = _times_of_table(path, arguments)
    else:
        found = load(path, reading, require_observed=False)
    check_time_kind(f"--at={path}", found.layout.time_kind, time_kind)
    check_input_dim(f"--at={path}", found.input_dim, input_dim)
    return np.broadcast_to(found.inputs, (found.num_sequences, *found.inputs.shape[-2:]))[0, : found.lengths[0]]


def _content(path: str, known: SequenceData) -> "pd.DataFrame | xarray.Dataset":
    """What a table or an .nc of --at says, as `data.queries` takes it.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: if files of this kind do not go with the known data.
    """
    source, roles = _there(path), column_roles(known)
    if kind_of(source) in TABLES and roles is not None:
        return _rows(source, roles, ids_of(known))
    of_xarray = isinstance(known.layout, XarrayLayout)
    if kind_of(source) == ".nc" and of_xarray:
        return read_netcdf(source)
    kinds = [*(["a table"] if roles is not None else []), *(["an .nc"] if of_xarray else []), "an .npz"]
    raise ValueError(f"--at={path} ends in {source.suffix!r}; expected {' or '.join(kinds)} for such data")


def _rows(source: Path, roles: NamedRoles, ids: Sequence[Any]) -> "pd.DataFrame":
    """The rows of a table, with ids as text where those of the known data are, though all of these be numbers."""
    column = roles.series
    frame = read_table(source, column, list(roles.classes))
    if column is not None and column in frame.columns and all(isinstance(name, str) for name in ids):
        frame[column] = frame[column].where(frame[column].isna(), frame[column].astype(str))
    return frame


def _there(path: str) -> Path:
    """The file of --at.

    Raises:
      FileNotFoundError: if there is none.
    """
    source = expanded(path)
    if not source.exists():
        raise FileNotFoundError(f"--at={path} is not there")
    return source


def _inputs_of_npz(path: str, input_dim: int, time_kind: str | None) -> tuple[np.ndarray, dict[str, Any]]:
    """The array inputs [s, D] or [N, s, D] of a file, or its times [s] or [N, s] with an axis for D = 1.

    For D = 1 inputs may be [s], and times may be [N, s, 1].

    Returns:
      the inputs, and further arguments for `data.from_arrays`: lengths, where the file has them.
    """
    arrays = read_npz(expanded(path))
    if ("inputs" in arrays) == ("times" in arrays):
        raise ValueError(f"--at={path} has the arrays {', '.join(arrays) or 'none'}; expected inputs or times")
    name, inputs = next((name, arrays[name]) for name in ("inputs", "times") if name in arrays)
    check_time_kind(f"--at={path}", array_time_kind(inputs), time_kind)
    bare = (1, 2) if name == "times" else (1,)  # axes that it has where the one of D = 1 is left out
    made = inputs[..., np.newaxis] if inputs.ndim in bare and input_dim == 1 else inputs
    if made.ndim not in (2, 3) or made.shape[-1] != input_dim or (name == "times" and input_dim > 1):
        expected = f"inputs [s, {input_dim}] or [N, s, {input_dim}]"
        expected += ", or times [s] or [N, s]" if input_dim == 1 else ""
        raise ValueError(f"--at={path} has {name} of shape {inputs.shape}; expected {expected}")
    return made, {"lengths": arrays["lengths"]} if "lengths" in arrays else {}


def _without_values(path: str, inputs: np.ndarray, num: int, event_shape: tuple[int, ...], **options: Any) -> Any:
    """Inputs [s, D] or [num, s, D] of an .npz, checked as those of data are, as sequences whose values are 0."""
    inputs = inputs if inputs.ndim == 3 else np.broadcast_to(inputs, (num, *inputs.shape))
    try:
        return data.from_arrays(np.zeros((num, inputs.shape[-2], *event_shape)), inputs, **options)
    except ValueError as error:
        raise ValueError(f"--at={path}: {error}") from error


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
