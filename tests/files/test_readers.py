"""Files are read whole or refused in one sentence that names them; Python objects are never read."""

import io
import json
import zipfile

import numpy as np
import pytest

from gpvae_tf.files.readers import DamagedFileError, read_json, read_json_object, read_npy, read_npz
from tests.support import damage

ARRAYS = {
    "a": np.arange(24.0).reshape(2, 3, 4),
    "b": np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3)),
    "c": np.array(1.5, np.float32),
    "d": np.zeros((0, 3)),
    "e": np.array(["x", "yz"]),
    "f": np.array([True, False]),
}


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_arrays_come_back(tmp_path, write):
    write(tmp_path / "a.npz", **ARRAYS)
    found = read_npz(tmp_path / "a.npz")
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype and found[name].flags.writeable
        np.save(tmp_path / "a.npy", array)
        np.testing.assert_array_equal(read_npy(tmp_path / "a.npy"), array)


def refused(read, path, content):
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match=f"^{path} ") as caught:
        read(path)
    assert len(str(caught.value).splitlines()) == 1 and "allow_pickle" not in str(caught.value)
    return str(caught.value)


def test_damaged_archives_are_named(tmp_path):
    np.savez(tmp_path / "a.npz", **ARRAYS)
    for content in damage.cuts((tmp_path / "a.npz").read_bytes()):
        refused(read_npz, tmp_path / "b.npz", content)
    np.save(tmp_path / "a.npy", ARRAYS["a"])
    for content in damage.cuts((tmp_path / "a.npy").read_bytes()):
        refused(read_npy, tmp_path / "b.npy", content)
    junk = bytes(range(256)) * 4
    assert "no zip archive" in refused(read_npz, tmp_path / "b.npz", junk)
    refused(read_npz, tmp_path / "b.npz", b"\x80\x04K\x01.")  # a pickle, which NumPy offers to load
    refused(read_npy, tmp_path / "b.npy", b"\x80\x04K\x01.")
    for read in (read_npz, read_npy):
        with pytest.raises(FileNotFoundError, match="absent"):
            read(tmp_path / "absent")


def test_objects_and_claims_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.array([None, {}], dtype=object))
    assert "Object arrays are not read, and a.npy is one" in refused(
        read_npz, tmp_path / "b.npz", (tmp_path / "a.npz").read_bytes()
    )
    header = io.BytesIO()
    description = {"descr": "<f8", "fortran_order": False, "shape": (10**15, 10**15)}
    np.lib.format.write_array_header_1_0(header, description)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", header.getvalue())
    found = refused(read_npz, tmp_path / "b.npz", (tmp_path / "a.npz").read_bytes())
    assert "should hold 8,000,000" in found and "and has 0" in found


def test_damaged_json_is_named(tmp_path):
    for content in damage.cuts(json.dumps({"a": [1, {"b": "ä"}]}, ensure_ascii=False).encode()):
        assert "is not valid JSON" in refused(read_json, tmp_path / "a.json", content)
    for content in (b"[" * 100_000, b'{"a": "\\ud800"}', b"1" * 10_000):
        refused(read_json, tmp_path / "a.json", content)
    assert "holds a list; expected an object" in refused(read_json_object, tmp_path / "a.json", b"[1]")
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "absent.json")
