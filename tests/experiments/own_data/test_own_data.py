"""Recordings from .ts files and videos from folders, the kinds of forecasts, and the rows that are written."""

import numpy as np
import pytest
from absl import flags
from scipy import stats

from gpvae_tf import results
from gpvae_tf.experiments.own_data import forecasts, motions, own_model, pictures, videos
from gpvae_tf.experiments.own_data.entries import Candidate
from gpvae_tf.experiments.own_data.measuring import measured
from gpvae_tf.experiments.own_data.options import OwnDataOptions
from gpvae_tf.experiments.own_data.parts import Part
from gpvae_tf.experiments.own_data.run import draw, rows_of
from gpvae_tf.experiments.own_data.scoring import Made, scores
from gpvae_tf.flags.command_line import define, read
from tests.support.eager import running_eagerly


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(forecasts, "NUM_SAMPLES", 40)
    monkeypatch.setattr(forecasts, "NUM_DENSITY_SAMPLES", 40)


@pytest.fixture
def folder(tmp_path):
    """Five recordings of two channels with 30 times, sines of one period each."""
    for seed, name in enumerate(("TRAIN", "TEST")):
        rng = np.random.default_rng(seed)
        phases = rng.uniform(0.0, 6.0, (5, 2, 1))
        values = np.sin(0.3 * np.arange(30) + phases) + 0.01 * rng.normal(size=(5, 2, 30))
        rows = [":".join(",".join(f"{v:.6f}" for v in channel) for channel in row) + ":Standing" for row in values]
        (tmp_path / f"BasicMotions_{name}.ts").write_text("#a comment\n@data\n" + "\n".join(rows) + "\n")
    return tmp_path


def test_values_times_and_what_is_hidden(folder):
    part = motions.load(folder, "TRAIN", hidden=0.3, seed=1)
    assert part.values.shape == part.mask.shape == (5, 30, 2)
    np.testing.assert_allclose(part.times[:3], [0.0, 0.1, 0.2])
    assert 0.6 < part.mask.mean() < 0.8
    gaps = motions.load(folder, "TRAIN", gap=7).mask
    assert np.all((~gaps).sum(axis=1) == 7)
    assert all(np.all(np.diff(np.flatnonzero(~row[:, 0])) == 1) for row in gaps)
    assert (~motions.load(folder, "TRAIN", gap=19).mask).sum() == 5 * 19 * 2
    ends = motions.load(folder, "TRAIN", horizon=7).mask
    assert np.array_equal(ends.all(axis=(0, 2)), np.arange(30) < 23) and not ends[:, 23:].any()
    with pytest.raises(ValueError, match="horizon must be <= 20 in recordings of 30 times, got 21"):
        motions.load(folder, "TRAIN", horizon=21)
    with pytest.raises(ValueError, match="gap must be <= 19 in recordings of 30 times, got 20"):
        motions.load(folder, "TRAIN", gap=20)
    (folder / "BasicMotions_TEST.ts").write_text("@data\n1,2:3,x:Standing\n")
    with pytest.raises(ValueError, match="BasicMotions_TEST.ts is no .ts file of recordings of one length"):
        motions.load(folder, "TEST")


def test_forecasts_are_of_the_values(folder):
    train, test = (motions.load(folder, name, seed=seed) for seed, name in enumerate(("TRAIN", "TEST")))
    for make in (forecasts.interpolation, forecasts.gp_per_channel):
        mean, stddev = make(train, test).forecast
        assert mean.shape == stddev.shape == test.values.shape and np.all(stddev > 0)
        assert np.mean(np.abs(mean - test.values)[~test.mask]) < 0.1
        within = np.abs(mean - test.values)[~test.mask] < 3.0 * stddev[~test.mask]
        assert within.mean() > 0.9


@pytest.mark.parametrize("per_series", [False, True])
def test_a_model_s_forecasts_are_in_the_units_of_the_values(folder, per_series):
    """Values a hundred times as large and far from 0 are scored the same in units of their scale."""
    train, test = (motions.load(folder, name, seed=seed) for seed, name in enumerate(("TRAIN", "TEST")))
    candidate = Candidate("tiny", make=lambda: {"units": 8, "latent_dim": 2, "verbose": False}, per_series=per_series)
    found = {}
    for factor in (1.0, 100.0):
        parts = [part._replace(values=factor * part.values + 1_000.0) for part in (train, test)]
        with running_eagerly():
            made = forecasts.of_candidate(candidate, *parts, steps=1, level=0.8, seed=0)
        found[factor] = {name: scores(each, parts[1], factor * np.ones(2), 0.8) for name, each in made.items()}
    scaled = ["variance scaled", "Student-t scaled", "residual GP", "residual GP, Student-t scaled"]
    assert list(found[1.0]) == ["", *scaled, "conformal"]
    for name, one in found[1.0].items():
        assert one.keys() == found[100.0][name].keys() and 0.0 < one["coverage"] <= 1.0
        np.testing.assert_allclose(list(found[100.0][name].values()), list(one.values()), rtol=0.05, atol=0.05)
    assert found[1.0][""]["mse"] < 2.0


def test_scores_are_in_units_of_the_scale(rng):
    values = rng.normal(size=(3, 20, 2)) * [1.0, 50.0]
    part = Part(values, np.arange(20.0), rng.uniform(size=values.shape) < 0.5)
    normal = Made((np.zeros_like(values), np.ones_like(values) * [1.0, 50.0]))
    assert part.inputs.shape == (3, 20, 1)
    found = scores(normal, part, np.array([1.0, 50.0]), 0.9)
    z = (values / [1.0, 50.0])[~part.mask]
    np.testing.assert_allclose(found["mse"], np.mean(z**2))
    np.testing.assert_allclose(found["nlpd"], -stats.norm.logpdf(z).mean())
    density = stats.norm.logpdf(values, 0.0, [1.0, 50.0])
    np.testing.assert_allclose(
        scores(normal._replace(log_density=density), part, np.array([1.0, 50.0]), 0.9)["nlpd"], found["nlpd"]
    )
    ends = scores(normal._replace(interval=(-values, values)), part, np.array([1.0, 50.0]), 0.9)
    assert set(ends) == {"coverage", "width"} and ends["coverage"] == np.mean(z >= 0)


def test_a_folder_of_videos_comes_back(tmp_path):
    """Frames are those that were drawn, and what is hidden lies in the second folder only."""
    videos.write(tmp_path, 2, hidden=0.4, seed=3)
    part = videos.load(tmp_path)
    assert part.values.shape == (2, videos.FRAMES, videos.SIZE, videos.SIZE, 1) and part.times.shape == (
        2,
        videos.FRAMES,
    )
    assert np.all(part.mask == part.mask[:, :, :1, :1]) and part.mask[:, 0].all() and 0.4 < part.mask.mean() < 0.8
    files = {kind: len(list((tmp_path / kind).rglob("*.png"))) for kind in ("all", "given")}
    assert files == {"all": 2 * videos.FRAMES, "given": part.mask[..., 0, 0, 0].sum()}
    assert np.all(np.diff(part.times) > 0.4) and np.ptp(np.diff(part.times)) > 0.3
    noise = part.values[:, :, 0, 0, 0] - 0.2  # a corner, which the lamp does not reach
    assert abs(np.median(noise)) < 0.02 and 0.02 < np.std(noise) < 0.1


def test_series_of_the_model_itself_are_covered():
    part = own_model.draw(200, seed=1)
    with running_eagerly():
        made = forecasts.of_model(own_model.build(), part, level=0.9, whole=True)
    for name, each in made.items():
        found = scores(each, part, part.scale, 0.9)
        few_values = 0.01 if name.startswith("residual GP") else 0.0  # ten in a series, of which a GP learns little
        assert abs(found["coverage"] - 0.9) < 0.025 + few_values, name


def test_the_script_writes_its_rows(tmp_path):
    """Rows of what is not trained have no seeds; the command that is recorded makes them again."""
    values = flags.FlagValues()
    define(OwnDataOptions, values)
    values(["own_data.py", "--data=own_model", "--num=40", "--level=0.8", f"--results={tmp_path}"])
    options = read(OwnDataOptions, values)
    with running_eagerly():
        for row in measured(options):
            results.update(tmp_path / "own_data.json", rows_of(row, options))
    rows = results.read(tmp_path / "own_data.json")
    assert {row.preset for row in rows} == {""} and {row.seeds for row in rows} == {()} and rows[0].epochs is None
    command = "python scripts/own_data.py --data=own_model --num=40 --level=0.8 --results=results"
    assert {row.command for row in rows} == {command}
    assert "coverage of 80% intervals" in {row.metric for row in rows}
    with pytest.raises(ValueError, match="--folder is not given"):
        measured(OwnDataOptions())
    with pytest.raises(ValueError, match="--rows has svgp; expected some of linear, gp, hiding"):
        measured(OwnDataOptions(data="videos", rows=("svgp",)))


def test_pictures_of_forecasts(folder, tmp_path):
    """Baselines' rows of recordings, with their pictures and nothing else."""
    options = OwnDataOptions(folder=str(folder), rows=("linear", "gp_per_channel"))
    rows = {row.title: row for row in measured(options)}
    assert [row.epochs for row in rows.values()] == [None, None]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "RECORDINGS", (0, 3))
        patch.setattr(pictures, "CHANNELS", ("a", "b"))
        draw(rows, tmp_path / "figures", options)
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {"own_data_motions_calibration.png", "own_data_motions_0.png", "own_data_motions_3.png"}
    assert all(path.stat().st_size > 10_000 for path in (tmp_path / "figures").iterdir())
