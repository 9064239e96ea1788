"""The converter of the authors' pickles: arrays come through as they were, all else is refused and does not run."""

import collections
import datetime
import importlib.util
import os
import pickle
import shlex
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from gpvae_tf.datasets import rotated_mnist

SCRIPT = Path(__file__).parents[2] / "scripts" / "convert_rotated_mnist.py"
specification = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
converter = importlib.util.module_from_spec(specification)
specification.loader.exec_module(converter)
PickleError = converter.PickleError

DTYPES = ["float64", "float32", ">f8", ">i2", "uint8", "int64", "bool", "complex64"]


def write(path, value, protocol=4):
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.p"


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_come_back(path, rng, dtype, protocol):
    array = (10 * rng.normal(size=(3, 4, 2))).astype(dtype)
    for value in (array, np.asfortranarray(array), array[::2, 1:], array[:0], array[0, 0, 0:1].reshape(())):
        loaded = converter.read(write(path, value, protocol))
        assert loaded.dtype == value.dtype and loaded.shape == value.shape
        np.testing.assert_array_equal(loaded, value)


def test_arrays_in_plain_containers(path):
    shared = np.arange(3.0)
    value = {"images": shared, 2: [shared, (None, True, "text", b"bytes", 1.5, 10**30)]}
    loaded = converter.read(write(path, value))
    np.testing.assert_array_equal(loaded["images"], shared)
    np.testing.assert_array_equal(loaded[2][0], shared)
    assert loaded[2][1] == value[2][1]


class Call:
    """Unpickles to the call of a function."""

    def __init__(self, function, *arguments):
        self.what = function, arguments

    def __reduce__(self):
        return self.what


@pytest.mark.parametrize(
    "value, name",
    [
        (lambda mark: Call(os.system, f"touch {mark}"), "system"),
        (lambda mark: {"images": np.zeros(2), "aux_data": Call(open, str(mark), "w")}, "open"),
        (lambda mark: Call(eval, f"open({str(mark)!r}, 'w')"), "eval"),
        (lambda mark: Call(getattr, np.zeros(2), "tofile"), "getattr"),
        (lambda mark: datetime.date(2020, 1, 1), "date"),
        (lambda mark: collections.OrderedDict(a=1), "OrderedDict"),
        (lambda mark: np.float64(1.0), "scalar"),
        (lambda mark: np.ma.masked_array([1.0], [True]), "_mareconstruct"),
    ],
)
def test_calls_are_refused_and_do_not_run(path, tmp_path, value, name):
    mark = tmp_path / "ran"
    with pytest.raises(
        PickleError, match=rf"x.p is not a pickle of plain NumPy arrays: it asks for .*{name}.*does not belong"
    ):
        converter.read(write(path, value(mark)))
    assert not mark.exists()


@pytest.mark.parametrize(
    "value",
    [
        np.array([{}, "a"], dtype=object),
        np.array(["text"]),
        np.zeros(2, [("a", "f8"), ("b", "i4")]),
        np.array(["2020-01-01"], "datetime64[D]"),
        {1, 2},
        np.dtype("f8"),
        np.ndarray,
        bytearray(b"x"),
    ],
    ids=lambda value: type(value).__name__ + str(getattr(value, "dtype", "")),
)
def test_what_is_no_array_of_numbers_is_refused(path, value):
    with pytest.raises(PickleError, match="is not a pickle of plain NumPy arrays"):
        converter.read(write(path, value))


def test_made_up_states_are_refused(path):
    """A stream that claims pointers, more data than there are, or state for what has none."""
    honest = pickle.dumps(np.arange(4.0), protocol=3)
    assert honest.count(b"X\x02\x00\x00\x00f8") == 1 and honest.count(b"K\x04\x85") == 1
    forged = {
        "pointers": honest.replace(b"X\x02\x00\x00\x00f8", b"X\x02\x00\x00\x00O8"),
        "too long": honest.replace(b"K\x04\x85", b"K\x05\x85"),
        "truncated": honest[:-20],
        "nothing": b"",
        "text": b"not a pickle",
        "persistent id": b"\x80\x03X\x01\x00\x00\x00aQ.",
        "state for a class": b"\x80\x03cnumpy\nndarray\n}X\x01\x00\x00\x00aK\x01sb.",
        "unfilled array": b"\x80\x03cnumpy\nndarray\n)R.",
        "itself": b"\x80\x03]q\x00h\x00a.",
    }
    for name, content in forged.items():
        assert content != honest, name
        path.write_bytes(content)
        with pytest.raises(PickleError):
            converter.read(path)
    assert not hasattr(np.ndarray, "a")


def arrays_of_one_text(num: int, size: int) -> bytes:
    """Arrays that are all made of one text, as Python 2 wrote bytes."""
    array = pickle.dumps(np.zeros(6, np.uint8), protocol=2)[2:-1]
    array = array.replace(b"K\x06\x85", b"M" + size.to_bytes(2, "little") + b"\x85")
    start = array.index(b"h\x03X\x06")  # of the call that makes bytes of a text of its own
    end = array.index(b"R", start)
    array = array[:start] + b"h\xf0" + array[end + 1 :]
    return b"\x80\x02X" + size.to_bytes(4, "little") + bytes(size) + b"q\xf00]" + num * (array + b"a") + b"."


@pytest.mark.parametrize(
    "content, message",
    [
        # pairs of pairs for a key: 2^60 entries for whoever hashes it
        (b"\x80\x04)\x94" + b"".join(b"h%ch%c\x86\x94" % (n, n) for n in range(60)) + b"}h<K\x01s.", "tuple for a key"),
        # a place in the memory far out: takes 2 GB of whoever has a table of places
        (b"\x80\x04Nr\xff\xff\xff\x0f.", None),
        # bytes that are not there
        (b"\x80\x05\x96\xff\xff\xff\x7f\x00\x00\x00\x00.", "expected"),
        (b"\x80\x05\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "expected"),
        # a text of 50 kB that 100 arrays are made of
        (arrays_of_one_text(100, 50_000), None),
    ],
)
def test_small_files_take_little_time_and_memory(path, content, message):
    path.write_bytes(content)
    tracemalloc.start()
    try:
        if message is None:
            converter.read(path)
        else:
            with pytest.raises(PickleError, match=message):
                converter.read(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_shared_lists_are_read_once(path):
    nested = [np.arange(2.0)]
    for _ in range(60):
        nested = [nested, nested]
    loaded = converter.read(write(path, nested))
    for _ in range(60):
        assert loaded[0] is loaded[1]
        loaded = loaded[0]
    np.testing.assert_array_equal(loaded[0], [0.0, 1.0])


def split_arrays(ids):
    """A split's dict as the authors wrote it: float64, rows (id, angle, 8 principal components)."""
    ids = np.asarray(ids, float)
    auxiliary = np.column_stack([ids, 0.1 * ids, np.ones((len(ids), 8))])
    return {"images": np.arange(len(ids) * 16.0).reshape(-1, 4, 4, 1), "aux_data": auxiliary}


@pytest.fixture
def folder(tmp_path):
    contents = {
        "train_data3": split_arrays([0, 2, 0, 1]),
        "eval_data3": split_arrays([3, 3]),
        "test_data3": split_arrays([2]),
        "pca_ov_init3": np.arange(32.0).reshape(4, 8),
        "train_ids_mask3": np.array([True, False, True]),
    }
    for name, content in contents.items():
        write(tmp_path / f"{name}.p", content, protocol=3)
    return tmp_path


def test_the_authors_files(folder):
    data = converter.read_folder(folder)
    np.testing.assert_array_equal(data.train.ids, [0, 2, 0, 1])
    np.testing.assert_array_equal(data.train.angles, np.float32([0.0, 0.2, 0.0, 0.1]))
    np.testing.assert_array_equal(data.train.images, split_arrays([0, 2, 0, 1])["images"].astype(np.float32))
    assert data.train.images.dtype == np.float32 and data.train.ids.dtype == np.int32
    np.testing.assert_array_equal(data.eval.ids, [3, 3])
    np.testing.assert_array_equal(data.test.ids, [2])
    np.testing.assert_array_equal(data.object_vectors, np.arange(32.0).reshape(4, 8))
    np.testing.assert_array_equal(data.train_mask, [True, False, True])
    assert data.digits == (3,) and data.num_objects == 4 and data.object_digits.dtype == np.int32
    assert data.held_out_angle == np.float32(0.2) and data.upright is None
    np.testing.assert_array_equal(data.angles, np.float32([0.0, 0.1, 0.2, 0.3]))


def test_the_file_that_is_written_holds_the_same_data(folder, tmp_path, capsys):
    out, data = tmp_path / "new" / "rotated3.npz", converter.read_folder(folder)
    flags = [f"--folder={folder}", "--digits=3", f"--out={out}"]
    converter.main(flags)
    assert f"{out}: RotatedMNIST(digits=(3,), 4 objects" in capsys.readouterr().out
    read, expected = rotated_mnist.from_file(out, "3").to_arrays(), data.to_arrays()
    assert read.keys() == expected.keys() and "object_vectors" in read and "upright" not in read
    for name, array in expected.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == array.dtype
    before = out.read_bytes()
    with pytest.raises(SystemExit, match="exists already; nothing was overwritten"):
        converter.main(flags)
    assert out.read_bytes() == before


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--folder=/nowhere", "--out=a.npz"], "error: /nowhere lacks train_data3.p, eval_data3.p"),
        (["--folder=/nowhere", "--out=a.p"], "--out end in .npz, got '3' and a.p"),
        (["--folder=/nowhere", "--digits=x", "--out=a.npz"], "--digits must be digits .* got 'x'"),
    ],
)
def test_bad_input_ends_with_one_message(flags, message):
    with pytest.raises(SystemExit, match=f"convert_rotated_mnist.py: .*{message}|{message}"):
        converter.main(flags)


def test_a_hostile_file_ends_with_one_message_and_writes_nothing(folder, tmp_path):
    mark, out = tmp_path / "ran", tmp_path / "out.npz"
    write(folder / "eval_data3.p", Call(os.system, f"touch {mark}"))
    with pytest.raises(SystemExit, match="eval_data3.p is not a pickle of plain NumPy arrays: it asks for"):
        converter.main([f"--folder={folder}", f"--out={out}"])
    assert not mark.exists() and not out.exists()


def test_the_library_names_the_converter(folder):
    """Given the authors' folder or one of its files, the library says how to convert them, in words a shell takes."""
    for path in (folder, folder / "train_data3.p"):
        with pytest.raises(ValueError, match=f"{path} is no .npz file; convert .*pickles once with") as caught:
            rotated_mnist.from_file(path, "3")
        command = str(caught.value).split("with python ")[1]
        assert shlex.split(command)[1:] == [f"--folder={folder}", "--digits=3", "--out=rotated3.npz"]
        assert SCRIPT == SCRIPT.parents[1] / shlex.split(command)[0]


def test_missing_files_are_named(folder):
    (folder / "train_data3.p").unlink()
    with pytest.raises(FileNotFoundError, match="lacks train_data3.p$"):
        converter.read_folder(folder)


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("eval_data3", split_arrays([4]), "eval_data3.p: image 0 shows object 4, but the table .* has 4 rows"),
        ("eval_data3", split_arrays([0.5]), r"aux_data of .*eval_data3.p has shape \(1, 10\); expected rows"),
        ("test_data3", {"images": np.zeros((1, 4, 4, 1))}, "test_data3.p is not a dict of arrays 'images' and"),
        ("test_data3", np.zeros(3), "test_data3.p is not a dict"),
        ("pca_ov_init3", np.zeros(4), "pca_ov_init3.p is not an array of 2"),
        ("train_ids_mask3", [True], "train_ids_mask3.p is not an array of 1"),
    ],
)
def test_wrong_contents_are_named(folder, name, content, message):
    write(folder / f"{name}.p", content)
    with pytest.raises(ValueError, match=message):
        converter.read_folder(folder)


def test_numbers_are_little_endian_where_the_file_says_so(path):
    """The authors' dtype: code f8, byte order <."""
    loaded = converter.read(write(path, np.array([1.5]), protocol=3))
    assert loaded.tobytes() == struct.pack("<d", 1.5)
