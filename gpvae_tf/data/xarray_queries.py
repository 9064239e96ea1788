"""Coordinates and variables of an xarray data set at which to predict, as sequences beside those that are known."""

from typing import TYPE_CHECKING, Any

import numpy as np

from gpvae_tf.data.masks import Missing
from gpvae_tf.data.query_checks import check_none_missing, in_order_of
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.series_scaling import layout_before
from gpvae_tf.data.xarray_data import from_xarray, in_memory
from gpvae_tf.data.xarray_known import check_known, entries
from gpvae_tf.data.xarray_layout import XarrayLayout

if TYPE_CHECKING:
    import xarray


def of_dataset(given: Any, like: SequenceData, missing: Missing) -> SequenceData:
    """The queries of a data set; see `queries`.

    Args:
      given: a data set with a coordinate of time and whatever else is known of every time; its values, if it has any,
        are not looked at.
      like: data of `from_xarray` or `from_netcdf`.
      missing: what stands for a missing covariate.

    Raises:
      ValueError: see there.
    """
    layout = layout_before(like)
    assert isinstance(layout, XarrayLayout)
    roles, dataset = layout.roles, in_memory(given)
    if roles.time not in dataset.coords:
        raise ValueError(f"there is no coordinate {roles.time!r}, which would be the times")
    known = dict.fromkeys(roles.what_is_known())
    needed = [name for _, name in known]
    dataset = dataset.drop_vars([name for name in dataset.data_vars if name not in needed])
    if roles.series is not None and roles.series not in dataset.dims:
        if roles.series in dataset.coords:  # that of one series, as `isel` and `sel` leave it
            dataset = dataset.expand_dims(roles.series)
        else:  # all of them have these times
            dataset = dataset.assign_coords({roles.series: layout.ids})
    check_known(dataset, roles, ())
    for what, name in known:
        check_none_missing(entries(dataset, name), what, name, roles.classes.get(name), missing)
    _check_event(dataset, layout)
    shape = like.observations.shape if roles.series else like.observations.shape[1:]
    asked_sizes = {dim: dataset.sizes[dim] for dim in (roles.series, roles.time) if dim is not None}
    sizes = dict(zip(layout.order, shape)) | asked_sizes  # what is no series and no time is as it was
    empty = {name: (dims, np.full([sizes[dim] for dim in dims], np.nan)) for name, dims in layout.dims.items()}
    of_event = {
        name: coordinate
        for name, coordinate in layout.kept.coords.items()
        if not {roles.series, roles.time} & {*coordinate.dims} and name not in dataset.coords
    }
    columns = layout.columns() | {"errors": None}
    dataset = dataset.assign(empty).assign_coords(of_event)
    asked = from_xarray(dataset, **columns, require_observed=False, batch_size=like.batch_size)
    return in_order_of(like, asked, f"coordinate {roles.time!r}", "data set")


def _check_event(dataset: "xarray.Dataset", layout: XarrayLayout) -> None:
    """Refuses coordinates of a grid that the known data do not have: predictions are at theirs.

    Raises:
      ValueError: naming the coordinate.
    """
    for dim in layout.order:
        if dim in (layout.roles.series, layout.roles.time) or dim not in dataset.dims:
            continue
        known = layout.kept.coords.get(dim)
        if known is None or dim not in dataset.coords or not np.array_equal(known, dataset[dim]):
            raise ValueError(f"the data set has a dimension {dim!r} that is not that of the known data; leave it out")
