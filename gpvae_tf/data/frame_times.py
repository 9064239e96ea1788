"""The CSV that says when the frames of a folder were taken, and which are missing."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gpvae_tf.data import csv_texts, frame_columns, time_columns
from gpvae_tf.files.readers import ERRORS, unreadable


class Frame(NamedTuple):
    """A frame's time, the name of its file (empty if none was given), and its path; None if the frame is missing."""

    time: float
    file: str
    path: Path | None


def counted_frames(files: Mapping[str, Sequence[Path]]) -> dict[str, list[Frame]]:
    """The frames of every sequence at times 0, 1, 2, ...."""
    return {name: [Frame(float(i), path.name, path) for i, path in enumerate(paths)] for name, paths in files.items()}


def listed_frames(table: Path, folder: Path, files: Mapping[str, Sequence[Path]]) -> tuple[str, dict[str, list[Frame]]]:
    """What the times of a folder's frames are (`time_columns.time_kind`), and the frames in the order of time.

    Args:
      table: a CSV with the columns sequence, file, time; without the first, all files are of the only sequence.
      folder: the folder of the images, for messages.
      files: the image files of every sequence.

    Raises:
      FileNotFoundError: if there is no such file.
      ValueError: if the CSV cannot be read, lacks a column or a time, has a file or a time of a sequence twice, names a
        sequence that is not there, or does not list a file that is.
    """
    import pandas as pd

    if not table.is_file():
        raise FileNotFoundError(f"times = {table} is not there")
    try:
        frame = pd.read_csv(
            table,
            dtype={"sequence": str, "file": str},
            keep_default_na=False,
            na_values={"time": [""]},
            float_precision="round_trip",
        )
    except ERRORS as error:
        raise unreadable(table, "a CSV", error) from error
    csv_texts.check_names(table)
    frame_columns.check_columns(frame, ["file", "time"], f"times = {table}")
    try:
        moments = time_columns.times(frame, "time")
    except ValueError as error:
        raise ValueError(f"times = {table}: {error}") from error
    if "sequence" not in frame.columns:
        if len(files) > 1:
            raise ValueError(f"times = {table} has no column 'sequence', but {folder} has {len(files)} sub-folders")
        frame["sequence"] = next(iter(files))
    there = {(name, path.name): path for name, paths in files.items() for path in paths}
    frames: dict[str, list[Frame]] = {name: [] for name in files}
    seen: set[tuple[str, str | float]] = set()
    for line, (name, file, time) in enumerate(zip(frame["sequence"], frame["file"], moments), start=2):
        if name not in frames:
            raise ValueError(f"times = {table}, line {line}: sequence {name!r} has no images in {folder}")
        for key, what in ((file, f"file {file!r}"), (float(time), f"time {frame['time'].iloc[line - 2]}")):
            if key != "" and (name, key) in seen:
                raise ValueError(f"times = {table}, line {line}: {what} of sequence {name!r} is there twice")
            seen.add((name, key))
        frames[name].append(Frame(float(time), file, there.pop((name, file), None)))
    if there:
        (name, file), *more = there
        others = f" nor {len(more)} other files" if more else ""
        raise ValueError(
            f"times = {table} does not list {file} of sequence {name!r}{others}; add their times or remove them"
        )
    return time_columns.time_kind(frame, "time"), {name: sorted(of_one) for name, of_one in frames.items()}
