"""The golden mode on the reference files, on changed copies of them, and on folders that are none."""

import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

from gpvae_tf.comparison import differences, golden
from tests.support.scripts import run_file

ROOT = pathlib.Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
SVGP, EXACT = "svgp_periodic_linear_0.npz", "exact_gp_rbf_0.npz"


def script(*arguments):
    command = [sys.executable, str(ROOT / "scripts" / "compare_with_original.py"), *map(str, arguments)]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def change(source, target, **changes):
    """A copy of a file with some arrays replaced, or dropped where None."""
    with np.load(source) as file:
        arrays = {key: changes.get(key, value) for key, value in file.items()}
    np.savez(target, **{key: value for key, value in arrays.items() if value is not None})


def run(folder, **bands):
    covered, _ = golden.find_files(folder)
    return golden.check_files(covered, **bands)


def test_reference_files_agree():
    rows = run(GOLDEN)
    assert [row for row in rows if row.verdict != "ok"] == []
    authors = {path.name for path in GOLDEN.glob("*.npz")} - {"rotated_mnist_digit3.npz"}  # which is data
    assert {row.source for row in rows} == authors and len(rows) == 3 * 13 + 2 * 3 + 3 + 2 * 7
    assert max(row.largest.difference for row in rows if row.band == differences.RTOL) < 1e-7


@pytest.mark.parametrize("term", golden.CHECKS["svgp_periodic_linear"].outputs)
def test_any_entry_changed_by_1e5_is_caught(term, tmp_path, rng):
    with np.load(GOLDEN / SVGP) as file:
        value = file[term]
    index = rng.integers(value.size)
    value.flat[index] *= 1.0 + 1e-5
    change(GOLDEN / SVGP, tmp_path / SVGP, **{term: value})
    assert [row.ours.term for row in run(tmp_path) if row.verdict != "ok"] == [term]


def test_float32_files_have_their_own_band(tmp_path):
    with np.load(GOLDEN / EXACT) as file:
        mean = file["test_mean"]
    change(GOLDEN / EXACT, tmp_path / EXACT, test_mean=mean * np.float32(1.001))
    rows = {row.ours.term: row.verdict for row in run(tmp_path)}
    assert rows["test_mean"] == "FAIL" and rows["test_variance"] == "ok"
    assert all(row.verdict == "ok" for row in run(tmp_path, rtol_float32=2e-3))


def test_perturbed_copy_fails_by_the_script_with_term_and_status_1(tmp_path, capsys):
    with np.load(GOLDEN / SVGP) as file:
        kl = file["kl"]
    kl[1] *= 1.0 + 1e-5
    change(GOLDEN / SVGP, tmp_path / SVGP, kl=kl)
    shutil.copy(GOLDEN / EXACT, tmp_path)
    (tmp_path / "other.npz").write_bytes(b"")  # not covered yet, hence not opened
    done = run_file("compare_with_original.py", capsys, f"--golden={tmp_path}")
    assert done.status == 1, done.output
    failed = [line.split() for line in done.output.splitlines() if "FAIL" in line]
    assert len(failed) == 1 and failed[0][:2] == [SVGP, "kl"] and failed[0][4] == "1.0e-05"
    assert "other.npz is not covered yet" in done.output
    assert "15 of 16 terms of 2 files agree" in done.output


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give --original=PATH_TO_CLONE or --golden=FOLDER"),
        (("--golden=/nowhere",), "--golden=/nowhere is no folder"),
        (("--original=/nowhere",), "--original=/nowhere is no folder"),
        (("--time", f"--golden={GOLDEN}"), "--time needs --original"),
        (("--time_steps=3", f"--golden={GOLDEN}"), "--time_steps has no effect without --time"),
        (("surplus",), "unexpected argument 'surplus'"),
    ],
)
def test_bad_arguments_are_one_line_and_a_status(arguments, message):
    done = script(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and message in done.stderr  # one line: TensorFlow was not even loaded


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kl": None}, "lacks kl"),
        ({"y": None, "ids": None}, "lacks ids, y"),
        ({"y": np.ones((3, 3))}, "do not fit together"),
        ({"ids": np.full(40, 99)}, "do not fit together"),
        ({"ids": np.full(40, 1.5)}, "do not fit together"),
        ({"kl": np.ones(2)}, r"do not fit together.*kl"),
        ({"noise_variance": np.full((40, 3), np.nan)}, "do not fit together"),
        ({"kl": np.array(["a", "b", "c"])}, "no numbers: kl"),
        ({"kl": np.array([{}], object)}, "no .npz file of numbers"),
    ],
)
def test_files_that_cannot_be_checked_are_named(changes, message, tmp_path):
    change(GOLDEN / SVGP, tmp_path / SVGP, **changes)
    with pytest.raises(golden.GoldenError, match=f"(?s){SVGP}.*{message}"):
        run(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_what_is_no_npz_is_named(content, tmp_path):
    (tmp_path / EXACT).write_bytes(content)
    with pytest.raises(golden.GoldenError, match=f"{EXACT} is no .npz file"):
        run(tmp_path)


def test_a_lone_array_is_no_npz(tmp_path):
    with open(tmp_path / EXACT, "wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(golden.GoldenError, match="is no .npz file"):
        run(tmp_path)


def test_folders_without_a_covered_file_are_refused(tmp_path):
    np.savez(tmp_path / "other.npz", y=np.ones(3))
    with pytest.raises(golden.GoldenError, match=r"has no file to check; known names: svgp_periodic_linear\*.npz"):
        golden.find_files(tmp_path)
    with pytest.raises(golden.GoldenError, match="is no folder"):
        golden.find_files(tmp_path / "missing")
