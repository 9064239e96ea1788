"""A table of stations and a short run on it, for tests of commands."""

import numpy as np
import pandas as pd
import pytest

from tests.support.gpvae_command import POINTS, READING, SERIES, SMALL, call


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A CSV of twelve stations at irregular dates, with a fifth of the cells empty."""
    rng = np.random.default_rng(0)
    days = np.cumsum(rng.integers(1, 4, (SERIES, POINTS)), axis=1)
    values = np.stack([20.0 + 5.0 * np.sin(days / 5.0), 1000.0 + 3.0 * np.cos(days / 5.0)], axis=-1)
    values += 0.1 * rng.normal(size=values.shape)
    frame = pd.DataFrame(values.reshape(-1, 2), columns=["degrees", "hPa"])
    frame = frame.mask(rng.uniform(size=frame.shape) < 0.2)
    frame.insert(0, "date", pd.Timestamp("2024-01-01") + pd.to_timedelta(days.ravel(), unit="D"))
    frame.insert(0, "station", np.repeat([f"s{i}" for i in range(SERIES)], POINTS))
    path = tmp_path_factory.mktemp("own") / "weather.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def unseen(table):
    """A table of other values, which no run was trained on."""
    path = table.with_name("unseen.csv")
    frame = pd.read_csv(table)
    frame.assign(hPa=frame["hPa"] + 0.01).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def run(table):
    folder = table.parent / "run"
    assert call("fit", table, f"--out={folder}", *READING, *SMALL) == 0
    return folder
