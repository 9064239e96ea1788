"""What a run records of its data: the same numbers are known again, in whatever file they are."""

import numpy as np
import pandas as pd

from gpvae_tf.cli import reading
from gpvae_tf.cli.loaded_run import merged_reading
from gpvae_tf.cli.options import DataOptions, FitOptions
from gpvae_tf.cli.run_files import as_config, data_digest
from gpvae_tf.data import from_arrays

VALUES, TIMES = np.arange(24.0).reshape(2, 4, 3), np.array([0.0, 1.0, 2.5, 4.0])


def test_the_same_numbers_in_another_file_are_the_same_data(tmp_path):
    """A table has a mask of entries, an .npz may have none or one of points, and inputs of less precision."""
    frame = pd.DataFrame(VALUES.reshape(8, 3), columns=["x", "y", "z"])
    frame.assign(series=np.repeat([0, 1], 4), time=np.tile(TIMES, 2)).to_csv(tmp_path / "a.csv", index=False)
    np.savez(tmp_path / "none.npz", observations=VALUES, times=TIMES)
    np.savez(tmp_path / "points.npz", observations=VALUES, times=TIMES.astype(np.float32), mask=np.ones((2, 4), bool))
    files = [str(tmp_path / name) for name in ("a.csv", "none.npz", "points.npz")]
    of_table, *others = (data_digest(reading.load(file, DataOptions())) for file in files)
    assert others == [of_table, of_table]


def test_large_numbers_are_known_as_float32_which_older_runs_read_them_as():
    large = VALUES + 1e7
    data = from_arrays(large, TIMES)
    assert data.observations.dtype == np.float64
    assert data_digest(data) == data_digest(from_arrays(large.astype(np.float32), TIMES))


def test_a_sequence_is_known_among_others_and_beside_longer_ones():
    short, long = VALUES[0], np.concatenate([VALUES[1], VALUES[1] + 1.0])
    times = [TIMES, np.arange(8.0)]
    first, second = data_digest(from_arrays([short, long], times))["series"]
    assert data_digest(from_arrays([long, short], times[::-1]))["series"] == [second, first]
    assert data_digest(from_arrays(VALUES[:1], TIMES))["series"] == [first]


def test_other_numbers_are_other_data():
    known = np.ones((2, 4), bool)
    known[1, 2] = False
    zero = np.where(known[..., np.newaxis], VALUES, 0.0)
    all_of = lambda *arrays: data_digest(from_arrays(*arrays))["series"]
    found = [all_of(VALUES, TIMES), all_of(zero, TIMES), all_of(zero, TIMES, known), all_of(VALUES, TIMES + 1.0)]
    assert len({own for _, own in found}) == 4 and len({own for own, _ in found}) == 2  # the times are others in one


def test_times_of_frames_are_those_of_the_folder_that_fit_read(tmp_path, monkeypatch):
    """Wherever the command is called, and however the folder is named; another folder has others."""
    for name in ("videos", "others"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    config = as_config(FitOptions(times="times.csv", missing="nan"), "videos")
    monkeypatch.chdir(tmp_path / "others")
    for folder in ("../videos", str(tmp_path / "videos")):
        assert merged_reading(config, DataOptions(), folder).times == str(tmp_path.resolve() / "times.csv")
    assert merged_reading(config, DataOptions(), ".") == DataOptions()
    assert merged_reading(config, DataOptions(times="here.csv"), ".").times == "here.csv"
