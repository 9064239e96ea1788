"""Folders of images: order, times, missing frames, and errors that name the file."""

import numpy as np
import pytest
from PIL import Image

from gpvae_tf.data import from_folder, to_folder


def write(path, pixels, mode=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8), mode).save(path)


@pytest.fixture
def videos(tmp_path):
    """Two videos of 3 x 4 grey frames; a frame's pixels tell its video and number. walk has 2, 9, 10 and run 1, 2."""
    for video, numbers in (("walk", (2, 9, 10)), ("run", (1, 2))):
        for number in numbers:
            write(tmp_path / "in" / video / f"frame{number}.png", np.full((3, 4), 100 * (video == "walk") + number))
    return tmp_path / "in"


@pytest.fixture
def table(tmp_path):
    """A function that writes lines of a CSV of times."""

    def make(*lines, header="sequence,file,time"):
        path = tmp_path / "times.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return path

    return make


LINES = ("walk,frame2.png,0.5", "walk,,1.0", "walk,frame10.png,2.5", "walk,frame9.png,1.5", "run,frame1.png,0")
LINES += ("run,frame2.png,1", "run,frame3.png,2")


def test_sub_folders_are_sequences_and_frames_are_in_natural_order(videos):
    data = from_folder(videos, batch_size=2)
    assert data.layout.names == ["run", "walk"] and data.lengths.tolist() == [2, 3]
    assert data.event_shape == (3, 4, 1) and data.observations.dtype == np.float32
    np.testing.assert_array_equal(data.observations[..., 0, 0, 0] * 255, np.float32([[1, 2, 0], [102, 109, 110]]))
    np.testing.assert_array_equal(data.inputs[..., 0], [[0, 1, 1], [0, 1, 2]])
    np.testing.assert_array_equal(data.mask, [[True, True, False], [True] * 3])


def test_a_flat_folder_is_one_sequence(videos):
    (videos / "walk" / "notes.txt").write_text("no image")
    write(videos / "walk" / ".hidden.png", np.zeros((9, 9)))
    data = from_folder(videos / "walk", points_per_batch=2)
    assert data.layout.names == ["walk"] and data.num_data == 3
    assert [frame.file for frame in data.layout.frames[0]] == ["frame2.png", "frame9.png", "frame10.png"]


def test_times_of_a_csv_and_its_gaps(videos, table):
    data = from_folder(videos, times=table(*LINES))
    np.testing.assert_array_equal(data.inputs[..., 0], [[0, 1, 2, 2], [0.5, 1, 1.5, 2.5]])
    np.testing.assert_array_equal(data.mask, [[True, True, False, False], [True, False, True, True]])
    np.testing.assert_array_equal(data.observations[1, :, 0, 0, 0] * 255, np.float32([102, 0, 109, 110]))
    assert data.lengths.tolist() == [3, 4]
    flat = from_folder(
        videos / "run", times=table("frame1.png,2024-01-01T00:00", "frame2.png,2024-01-02T00:00", header="file,time")
    )
    assert np.diff(flat.inputs[0, :, 0]).tolist() == [86400.0]
    kinds = [each.take([0]).layout.time_kind for each in (data, flat, from_folder(videos))]
    assert kinds == ["numbers", "dates", "numbers"]


def test_the_way_back(videos, table, tmp_path):
    data = from_folder(videos, times=table(*LINES))
    files = to_folder(data.observations, tmp_path / "out", like=data)
    names = ["run/frame1.png", "run/frame2.png", "run/frame3.png"]
    names += ["walk/frame2.png", "walk/missing_0001.png", "walk/frame9.png", "walk/frame10.png"]
    assert [str(file.relative_to(tmp_path / "out")) for file in files] == names
    again = from_folder(tmp_path / "out")
    np.testing.assert_array_equal(again.observations[0, :2], data.observations[0, :2])
    part = data.take([1])
    assert len(to_folder(part.observations, tmp_path / "part", like=part)) == 4
    assert len(to_folder(data.observations, tmp_path / "part", like=data)) == 7
    with pytest.raises(ValueError, match="out has run/frame1.png, which is no frame of these data"):
        to_folder(part.observations, tmp_path / "out", like=part)
    with pytest.raises(ValueError, match=r"values has shape \(2, 4\); expected \(2, 4, 3, 4, 1\)"):
        to_folder(np.zeros((2, 4)), tmp_path / "out", like=data)


def test_files_of_one_name_and_two_kinds_do_not_overwrite_each_other(tmp_path):
    for file, value in (("a.png", 10), ("a.bmp", 20)):
        write(tmp_path / "in" / file, np.full((3, 4), value))
    data = from_folder(tmp_path / "in")
    files = to_folder(data.observations, tmp_path / "out", like=data)
    assert [file.name for file in files] == ["a.bmp.png", "a.png.png"]
    np.testing.assert_array_equal(from_folder(tmp_path / "out").observations, data.observations)


@pytest.mark.parametrize(
    "made, mode, channels, white",
    [("1", None, 1, 1), ("L", None, 1, 255), ("L", "RGB", 3, 255), ("RGB", None, 3, 255), ("RGB", "L", 1, 255)]
    + [("RGBA", None, 4, 255), ("RGBA", "RGB", 3, 255), ("P", None, 3, 255), ("I;16", None, 1, 65535)]
    + [("I;16", "L", 1, 65535), ("CMYK", None, 3, 255)],
)
def test_values_of_every_kind_of_image_are_0_to_1(tmp_path, made, mode, channels, white):
    colour = {"CMYK": (0, 0, 0, 0)}.get(made, white if made in ("1", "L", "I;16") else "white")
    image = Image.new(made.replace("P", "RGB"), (4, 3), colour)
    image = image.convert("P") if made == "P" else image
    (tmp_path / "in").mkdir()
    image.save(tmp_path / "in" / ("a.tif" if made == "CMYK" else "a.png"))
    data = from_folder(tmp_path / "in", mode=mode)
    assert data.event_shape == (3, 4, channels) and data.observations.max() == 1.0
    assert data.observations.min() == 1.0


def test_half_white_is_half(tmp_path):
    Image.new("I;16", (4, 3), 32768).save(tmp_path / "a.png")
    np.testing.assert_allclose(from_folder(tmp_path).observations, 32768 / 65535, rtol=1e-6)


DEEP = np.linspace(0, 65535, 8).astype(np.uint16).reshape(2, 4)


@pytest.mark.parametrize("mode", [None, "L", "RGB"])
@pytest.mark.parametrize("kind", ["png", "pgm", "big_endian.tif"])
def test_16_bits_of_grey_are_kept(tmp_path, kind, mode):
    """Pillow opens the three in modes of their own, and its conversions would make white of all but the darkest."""
    if kind == "pgm":
        (tmp_path / "a.pgm").write_bytes(b"P5 4 2 65535\n" + DEEP.astype(">u2").tobytes())
    elif kind == "png":
        Image.fromarray(DEEP).save(tmp_path / "a.png")
    else:
        Image.frombytes("I;16B", (4, 2), DEEP.astype(">u2").tobytes()).save(tmp_path / "a.tif")
    read = from_folder(tmp_path, mode=mode).observations[0, 0]
    assert read.shape == (2, 4, 3 if mode == "RGB" else 1)
    np.testing.assert_allclose(read, np.broadcast_to(DEEP[..., None] / 65535, read.shape), rtol=1e-6)


@pytest.mark.parametrize("mode", [None, "L", "RGB"])
@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_pixels_without_a_known_white_are_refused(tmp_path, dtype, mode):
    Image.fromarray(np.ones((2, 4), dtype)).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match="a.tif has pixels of mode [FI]; expected 8 bits, or 16 bits of grey"):
        from_folder(tmp_path, mode=mode)


def test_other_modes_are_refused(videos):
    with pytest.raises(ValueError, match="mode must be one of L, RGB, got 'I;16'"):
        from_folder(videos, mode="I;16")


@pytest.mark.parametrize(
    "spoil, message",
    [
        (
            lambda f: write(f / "run" / "frame2.png", np.zeros((3, 5))),
            r"frame2.png .* \(3, 5, 1\), .*frame1.png",
        ),
        (lambda f: write(f / "run" / "frame2.png", np.zeros((3, 4, 3))), r"frame2.png .* \(3, 4, 3\), .*mode='L'"),
        (lambda f: (f / "run" / "frame2.png").write_bytes(b"no image"), "frame2.png cannot be read as an image: .*"),
        (
            lambda f: (f / "run" / "frame2.png").write_bytes((f / "run" / "frame1.png").read_bytes()[:45]),
            "frame2.png cannot be read as an image",
        ),
        (lambda f: (f / "run" / "frame2.png").write_bytes(b""), "frame2.png cannot be read as an image"),
        (lambda f: write(f / "loose.png", np.zeros((3, 4))), "in has images .loose.png. beside sub-folders"),
        (lambda f: Image.fromarray(np.zeros((3, 4), np.float32)).save(f / "walk" / "frame9.tiff"), "mode F; expected"),
    ],
)
def test_the_file_at_fault_is_named(videos, spoil, message):
    spoil(videos)
    with pytest.raises(ValueError, match=message):
        from_folder(videos)


def test_several_images_in_a_file(videos):
    pages = [Image.new("L", (4, 3), value) for value in (0, 1)]
    pages[0].save(videos / "run" / "frame3.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(ValueError, match="frame3.tif holds 2 images; every frame needs a file of its own"):
        from_folder(videos)


def test_folders_without_images(tmp_path):
    with pytest.raises(ValueError, match="has no images .* neither in itself nor in its sub-folders"):
        from_folder(tmp_path)
    with pytest.raises(FileNotFoundError, match="is not there"):
        from_folder(tmp_path / "absent")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        from_folder(tmp_path / "file")


@pytest.mark.parametrize(
    "lines, header, message",
    [
        (LINES[:-2], None, "times.csv does not list frame2.png of sequence 'run'; add"),
        (LINES[:1] + LINES[4:], None, "times.csv does not list frame9.png of sequence 'walk' nor 1 other files"),
        ((*LINES, "run,frame2.png,9"), None, "line 9: file 'frame2.png' of sequence 'run' is there twice"),
        ((*LINES, "run,frame4.png,1"), None, "line 9: time 1.0 of sequence 'run' is there twice"),
        ((*LINES, "jump,frame4.png,1"), None, "line 9: sequence 'jump' has no images in"),
        ((*LINES, "run,frame4.png,"), None, "times.csv: column 'time' has no time in row 7"),
        ((*LINES, "run,frame4.png,soon"), None, "times.csv: column 'time' has '0.5' in row 0|times.csv: .*ISO 8601"),
        (LINES, "folder,file,time", "times.csv has no column 'sequence', but .* has 2 sub-folders"),
        (LINES, "sequence,name,time", "times.csv has no column 'file'"),
        ((), None, "times.csv has no rows"),
        (LINES, "file,time,time", "times.csv has several columns of the name 'time'"),
        (("a,b,c,d,e", "x"), "a", "times.csv"),
    ],
)
def test_a_csv_that_does_not_fit_is_refused(videos, table, lines, header, message):
    path = table(*lines, **({} if header is None else {"header": header}))
    with pytest.raises(ValueError, match=message):
        from_folder(videos, times=path)


def test_a_csv_that_is_not_there_or_no_csv(videos, tmp_path):
    with pytest.raises(FileNotFoundError, match="times = .*absent.csv is not there"):
        from_folder(videos, times=tmp_path / "absent.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ValueError, match="empty.csv cannot be read as a CSV: No columns"):
        from_folder(videos, times=tmp_path / "empty.csv")


def test_photographs_are_turned_as_viewers_turn_them(tmp_path):
    """A camera held upright notes by how much its frames have to be turned."""
    pixels = np.arange(8 * 12, dtype=np.uint8).reshape(8, 12)
    note = Image.Exif()
    note[0x0112] = 6  # a quarter turn clockwise
    Image.fromarray(pixels).save(tmp_path / "0.png", exif=note)
    found = from_folder(tmp_path).observations[0, 0, ..., 0]
    np.testing.assert_array_equal(np.round(found * 255), np.rot90(pixels, -1))
