"""A run that is asked something: its model, and how files for it are read."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from gpvae_tf import saving
from gpvae_tf.cli.options import DataOptions
from gpvae_tf.cli.reading import classes_by_column, load, options_of_kind, options_that_are_set
from gpvae_tf.cli.run_checks import check_event_shape, check_has_errors, check_input_dim, check_time_kind, with_roles
from gpvae_tf.cli.run_files import MODEL, is_data_of, read_run, reading_of_fit
from gpvae_tf.data import SequenceData
from gpvae_tf.training.run_record import DATA, HAS_ERRORS, TIME_KIND


class LoadedRun(NamedTuple):
    """A run to be asked something.

    Attributes:
      model: as training left it.
      reading: how files for it are read.
      config: the fields of `FitOptions`, and "data".
      starts: `run_files.data_digest` of the data that every start of `fit` read; empty where that is not recorded.
      time_kind: what the times of the data were, see `data.layout.Layout`; None where that is not recorded.
      has_errors: whether the values of the data were measured with errors of known size.
    """

    model: Any
    reading: DataOptions
    config: dict[str, Any]
    starts: tuple[Mapping[str, list[int]], ...]
    time_kind: str | None
    has_errors: bool

    @property
    def input_dim(self) -> int:
        """D, also of a run that was stopped before its first step."""
        return self.model.input_dim or int(np.size(self.model.scaling.input_scale))

    def load(self, source: str, **options: Any) -> SequenceData:
        """The sequences of a file for the model.

        Args:
          source: the file.
          options: of `data.from_arrays`.

        Raises:
          ValueError: if they have other inputs than the model, which would broadcast, times of another kind,
            observations of another shape, or errors where the run's data had none, or none where they had some; or see
            `reading.load`.
        """
        sequences = load(source, self.reading, **options)
        check_time_kind(source, sequences.layout.time_kind, self.time_kind)
        check_input_dim(source, sequences.input_dim, self.input_dim)
        check_event_shape(source, sequences, self.model.event_shape)
        check_has_errors(source, sequences, self.has_errors)
        return with_roles(source, sequences, self.model.roles)


def load_run(folder: str, reading: DataOptions, file: str | None = None) -> LoadedRun:
    """A run, and how a file for it is read.

    Args:
      folder: of the run.
      reading: what is given now.
      file: to be read.

    Raises:
      RunFolderError, SavingError: if there is no run, or no whole model in it.
    """
    path, record = read_run(folder)
    starts = [record, *record.get("resumed", [])]
    read_then = tuple(start.get(DATA, {}) if isinstance(start, dict) else {} for start in starts)
    model = saving.load_model(path / MODEL)
    config = record["config"]
    read = merged_reading(config, reading, file)
    return LoadedRun(model, read, config, read_then, record.get(TIME_KIND), record.get(HAS_ERRORS, False))


def merged_reading(config: Mapping[str, Any], reading: DataOptions, file: str | None) -> DataOptions:
    """How a file for a run is read: as `fit` read its own, column by column, but for what is given now.

    What has no meaning for the file is left out, and so are the times of another folder's frames. Columns that are
    given in another order stand in that of `fit`, in which the model knows them, and so do their classes.

    Args:
      config: of the record that `read_run` returns.
      reading: what is given now.
      file: to be read.
    """
    used = options_of_kind(file) if file else set()
    if file and not is_data_of(config, file):
        used.discard("times")
    before = {name: value for name, value in reading_of_fit(config).items() if value and name in used}
    given = options_that_are_set(reading)
    for name in ("values", "covariates", "conditions"):
        if name in given and sorted(given[name]) == sorted(before.get(name, ())):
            given[name] = before[name]
    now, then = (classes_by_column(which.get("classes", ())).keys() for which in (given, before))
    if now and now == then:
        given["classes"] = before["classes"]
    return DataOptions(**before | given)
