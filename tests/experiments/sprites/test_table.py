"""The table of SPRITES: its commands, rows and figures."""

import json
import types

import numpy as np
import pytest
from matplotlib.figure import Figure

from gpvae_tf.experiments.sprites import table as sprites_table
from gpvae_tf.experiments.sprites.table import SpritesTable

SCORES = {"test_mse": 0.01, "test_mse_sampled": 0.02, "test_mse_context_1": 0.04, "test_mse_context_36": 0.01}


@pytest.fixture
def complete(tmp_path):
    """Two seeds of one row, whose folders are there."""
    runs = [SpritesTable().run("svgpvae", seed) for seed in (0, 1)]
    for run in runs:
        folder = tmp_path / run.folder
        folder.mkdir()
        record = {"experiment": "sprites", "config": {"preset": "paper"}, "commit": "abc1234", "date": "2026-11-27"}
        (folder / "config.json").write_text(json.dumps(record))
        scores = {name: value * (1 + run.seed) for name, value in SCORES.items()}
        (folder / "scores.json").write_text(json.dumps({"step": 200, "scores": scores}))
        log = "epoch,seconds,step,data_epoch,test_mse\n0,10.0,100,1,0.03\n1,20.0,200,2,0.01\n"
        (folder / "metrics.csv").write_text(log)
    return runs


def test_rows_are_the_readmes_command_beside_the_papers_number(complete, tmp_path):
    rows = {row.metric: row for row in SpritesTable().rows(tmp_path, complete)}
    assert len(rows) == len(SCORES)
    drawn = rows["MSE per pixel, decoded draw"]
    assert drawn.value == pytest.approx(0.03) and drawn.seeds == (0, 1) and drawn.paper == 0.0079
    assert rows["MSE per pixel, decoded mean, 1 context frames"].paper is None
    flags = "--ip_joint --GPLVM_joint --PCA --clip_qs --GECO --object_kernel_normalize --clip_grad --seed=0"
    assert set(flags.split()) < set(drawn.command.split())
    assert drawn.seconds_per_epoch == 15.0 and drawn.epochs == 2


def test_figures_are_drawn_from_what_is_complete(complete, tmp_path, monkeypatch):
    """Characters and poses come from the restored run of the first seed, the animation from its folder."""
    first = tmp_path / complete[0].folder
    (first / "poses.gif").write_bytes(b"moving")
    drawn_of, taken = [], types.SimpleNamespace(take=lambda rows: rows)
    images = np.zeros((8, 36, 4, 4, 3), np.float32)
    experiment = types.SimpleNamespace(data=types.SimpleNamespace(test=taken), generate=lambda split: (images, images))
    monkeypatch.setattr(sprites_table, "load_experiment", lambda folder: drawn_of.append(folder) or experiment)
    monkeypatch.setattr(sprites_table.pictures, "pose_space", lambda of: Figure() if of is experiment else None)
    drawn = SpritesTable().figures(tmp_path, complete, tmp_path / "out")
    names = ["learning_curves.png", "error_by_context.png", "pose_space.png", "generations.png", "poses.gif"]
    assert [path.name for path in drawn] == [f"sprites_{name}" for name in names] and drawn_of == [first]
    assert drawn[-1].read_bytes() == b"moving"
    assert SpritesTable().figures(tmp_path / "none", complete, tmp_path / "out") == []
