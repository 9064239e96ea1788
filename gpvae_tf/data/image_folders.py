"""Image sequences in a folder: sub-folders are sequences, files are frames, and a CSV may say when they were taken."""

import dataclasses
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from gpvae_tf.checks import check_choice
from gpvae_tf.data.arrays import from_arrays
from gpvae_tf.data.decoded_images import decoded
from gpvae_tf.data.frame_times import Frame, counted_frames, listed_frames
from gpvae_tf.data.layout import NUMBERS, Layout
from gpvae_tf.data.sequences import SequenceData
from gpvae_tf.data.series_scaling import layout_before
from gpvae_tf.files import atomic_write, expanded

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")


@dataclasses.dataclass(frozen=True)
class FolderLayout(Layout):
    """Names of the sequences of a folder, and of their frames; a frame that is missing may have none.

    Attributes:
      names: of the sequences.
      frames: of every sequence.
      time_kind: what the times are, see `Layout`; numbers where frames are counted.
    """

    names: Sequence[str]
    frames: Sequence[Sequence[Frame]]
    time_kind: str = NUMBERS
    suffixes: ClassVar[Sequence[str]] = ("", ".npz")

    def take(self, sequences: Any) -> "FolderLayout":
        """The layout of some of the sequences; see `SequenceData.take`."""
        kept = np.arange(len(self.names))[sequences]
        return FolderLayout([self.names[i] for i in kept], [self.frames[i] for i in kept], self.time_kind)

    def paths(self, folder: Path) -> list[list[Path]]:
        """What `to_folder` writes, FOLDER/SEQUENCE/FRAME.png.

        Raises:
          ValueError: if the folder has images beside these, which `from_folder` would read as further frames.
        """
        paths = []
        for name, frames in zip(self.names, self.frames):
            files = [frame.file or f"missing_{number:04d}" for number, frame in enumerate(frames)]
            stems = [Path(file).stem for file in files]
            if len(set(stems)) < len(stems):  # a.png beside a.jpg
                stems = files
            paths.append([folder / name / f"{stem}.png" for stem in stems])
        own = {path for of_one in paths for path in of_one}
        there = [folder, *_sub_folders(folder)] if folder.is_dir() else []
        if others := [path for place in there for path in _images(place) if path not in own]:
            raise ValueError(f"{folder} has {others[0].relative_to(folder)}, which is no frame of these data")
        return paths


def from_folder(
    folder: str | os.PathLike, *, times: str | os.PathLike | None = None, mode: str | None = None, **options
) -> SequenceData:
    """Image sequences FOLDER/SEQUENCE/FRAME.png (or .jpg, ...); a folder without sub-folders is one sequence.

    Frames are in natural order (frame2 before frame10), their times 0, 1, 2, ... unless a CSV says otherwise. Values
    are scaled to [0, 1]. Observations have event shape (H, W, C): C is 1 for grey images, 3 for colour, one more with
    transparency. All frames are decoded once and kept: 4 N n H W C bytes, twice that while they are read.

    Args:
      folder: the folder; hidden files and files that are no images by their suffix are passed over.
      times: a CSV with the columns sequence (not for a folder without sub-folders), file and time: numbers, or times in
        ISO 8601, which become seconds since 1970. It lists every file; a line without a file, or whose file is not
        there, is a missing frame, which the model fills in.
      mode: "L" or "RGB" converts all images to grey or colour; None keeps what they have, which must be the same. Grey
        of 16 bits keeps them in any case.
      options: of `from_arrays` (batch_size, points_per_batch, shuffle_seed, repeat).

    Raises:
      FileNotFoundError: if the folder or the CSV is not there.
      ValueError: if there are no images, one cannot be read, has other pixels than 8 bits a channel or 16 bits of grey,
        or differs in size or mode from the first, or the CSV does not list them all, once each, with their times.
    """
    if mode is not None:
        check_choice("mode", mode, ["L", "RGB"])
    folder = expanded(folder)
    files = _files(folder)
    if times is None:
        kind, frames = NUMBERS, counted_frames(files)
    else:
        kind, frames = listed_frames(expanded(times), folder, files)
    lengths = np.array([len(of_one) for of_one in frames.values()])
    inputs = np.full((len(frames), lengths.max(), 1), np.nan)
    mask = np.zeros(inputs.shape[:2], bool)
    images, first = None, None
    for i, of_one in enumerate(frames.values()):
        for j, frame in enumerate(of_one):
            inputs[i, j] = frame.time
            if frame.path is None:
                continue
            pixels = decoded(frame.path, mode)
            if images is None:
                images, first = np.zeros((*mask.shape, *pixels.shape), np.float32), frame.path
            if pixels.shape != images.shape[2:]:
                raise ValueError(
                    f"{frame.path} has height, width and channels {pixels.shape}, {first} {images.shape[2:]}; all "
                    "frames need the same (mode='L' or mode='RGB' converts channels)"
                )
            images[i, j], mask[i, j] = pixels, True
    names = list(frames)
    if not mask.any(axis=1).all():
        raise ValueError(f"{folder} has no image of sequence {names[int(np.argmin(mask.any(axis=1)))]!r}")
    layout = FolderLayout(names, list(frames.values()), kind)
    return from_arrays(images, inputs, mask, lengths=lengths, layout=layout, **options)


def to_folder(values: Any, folder: str | os.PathLike, *, like: SequenceData) -> list[Path]:
    """Writes frames as 8-bit PNG files, named as those that they came from: SEQUENCE/FRAME.png.

    Args:
      values: [N, n, H, W, C] in [0, 1], clipped to it; C is 1 to 4.
      folder: where to; made if it is not there.
      like: the data, from `from_folder`. A missing frame without a name is called missing_NUMBER, with its number in
        the sequence, from 0.

    Returns:
      The files, in order.

    Raises:
      ValueError: if values have another shape, the data are not from a folder, or the folder has other images.
    """
    layout, values = layout_before(like), np.asarray(values)
    if not isinstance(layout, FolderLayout):
        raise ValueError("like does not come from from_folder, so its frames have no names")
    if values.shape != like.observations.shape:
        raise ValueError(
            f"values has shape {values.shape}; expected {like.observations.shape}, that of the observations"
        )
    written = []
    for paths, images in zip(layout.paths(expanded(folder)), values):
        for path, image in zip(paths, images):
            pixels = np.round(np.clip(image, 0.0, 1.0) * 255.0).astype(np.uint8)
            with atomic_write(path, "wb") as file:
                Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(file, "PNG")
            written.append(path)
    return written


def natural_order(name: str) -> list[tuple[bool, int, str]]:
    """A key that sorts digits by their value, before other characters: frame2 comes before frame10."""
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", name)]


def _files(folder: Path) -> dict[str, list[Path]]:
    """The image files of every sequence, in natural order."""
    if not folder.is_dir():
        raise FileNotFoundError(f"folder = {folder} is not {'a folder' if folder.exists() else 'there'}")
    flat = _images(folder)
    sequences = {path.name: files for path in _sub_folders(folder) if (files := _images(path))}
    if flat and sequences:
        raise ValueError(
            f"{folder} has images ({flat[0].name}) beside sub-folders with images ({next(iter(sequences))}); a folder "
            "has either the frames of one sequence or one sub-folder per sequence"
        )
    if not flat and not sequences:
        raise ValueError(f"{folder} has no images ({', '.join(SUFFIXES)}), neither in itself nor in its sub-folders")
    return sequences or {folder.resolve().name: flat}


def _sub_folders(folder: Path) -> list[Path]:
    return _in_order(path for path in folder.iterdir() if path.is_dir())


def _images(folder: Path) -> list[Path]:
    return _in_order(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def _in_order(paths: Iterable[Path]) -> list[Path]:
    """Those that are not hidden."""
    return sorted((path for path in paths if not path.name.startswith(".")), key=lambda path: natural_order(path.name))
