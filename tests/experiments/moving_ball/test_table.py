"""Tables: rows and their provenance are read off run folders; what is incomplete stays out."""

import csv
import dataclasses
import json

import numpy as np
import pytest

from gpvae_tf.experiments.moving_ball.table import STEPS, MovingBallTable, largest_gap
from gpvae_tf.training.history import at_step, columns, read_history
from gpvae_tf.training.run_record import RunFolderError

TABLE = MovingBallTable()


def write_run(base, run, rmse: float, last_step: int, **learned: float) -> None:
    """A run's folder with a log of one row per 5,000 steps, whose RMSE falls to `rmse`."""
    folder = base / run.folder
    folder.mkdir(parents=True)
    record = {
        "experiment": "ball",
        "config": {"preset": "paper"},
        "commit": "abc1234",
        "date": "2026-11-21T10:00:00+00:00",
    }
    (folder / "config.json").write_text(json.dumps(record))
    if last_step == run.config.steps:
        (folder / "scores.json").write_text(json.dumps({"step": last_step, "scores": {"test_rmse": rmse}}))
    with (folder / "metrics.csv").open("w", newline="") as stream:
        log = csv.DictWriter(stream, ["epoch", "elbo", "seconds", "step", "test_rmse", "test_sse", *learned])
        log.writeheader()
        for epoch, step in enumerate(range(5000, last_step + 1, 5000)):
            value = rmse + (last_step - step) / 1e5
            log.writerow(
                {
                    "epoch": epoch,
                    "elbo": -100.0,
                    "seconds": 25.0,
                    "step": step,
                    "test_rmse": value,
                    "test_sse": 9.0,
                    **learned,
                }
            )


def runs_by_group(seeds=(0, 1)):
    return {(run.group, run.seed): run for run in TABLE.runs(seeds)}


def test_runs_differ_and_name_their_folders_as_the_script_does():
    runs = TABLE.runs(range(3))
    assert len({run.folder for run in runs}) == len({run.command for run in runs}) == len(runs) == 3 * 15 + 5
    main = runs_by_group()["SVGPVAE_Hensman", 1]
    assert main.folder == f"{main.expid}_SVGPVAE_Hensman" and main.config.steps == STEPS
    assert main.command == "python scripts/BALL_experiment.py --elbo=SVGPVAE_Hensman --clip_qs --seed=1"


def test_a_run_of_another_configuration_is_refused(tmp_path):
    run = runs_by_group()["VAE", 0]
    write_run(tmp_path, run, 1.0, STEPS)
    path = tmp_path / run.folder / "config.json"
    asked = json.loads(json.dumps(dataclasses.asdict(run.config)))
    for config, differs in (({}, "elbo: "), (asked, None), ({**asked, "steps": 7}, "steps: 7 there")):
        path.write_text(json.dumps({"experiment": "ball", "config": config}))
        if differs is None:
            run.check(tmp_path)
        else:
            with pytest.raises(RunFolderError, match=differs):
                run.check(tmp_path)


def test_rows_over_seeds_carry_their_provenance(tmp_path):
    runs = runs_by_group()
    write_run(tmp_path, runs["VAE", 0], 1.0, STEPS)
    write_run(tmp_path, runs["VAE", 1], 1.2, STEPS)
    write_run(tmp_path, runs["GPVAE_Pearce", 0], 0.1, STEPS - 5000)  # incomplete
    rows = {(row.model, row.metric): row for row in TABLE.rows(tmp_path, TABLE.runs((0, 1)))}
    assert {model for model, _ in rows} == {"VAE"}
    row = rows["VAE", "test RMSE per frame"]
    assert row.value == pytest.approx(1.1) and row.sd == pytest.approx(np.sqrt(0.02)) and row.seeds == (0, 1)
    assert row.commit == "abc1234" and row.epochs == 5 and row.seconds_per_epoch == 25.0
    assert row.command == runs["VAE", 0].command
    assert rows["VAE", "test RMSE at step 5,000"].value == pytest.approx(1.1 + 0.2)


def test_largest_gap_counts_the_ends_and_both_channels(tmp_path):
    even = {f"inducing_{axis}_{i:02d}": 1.0 + 29.0 * i / 4 for axis in "xy" for i in range(5)}
    history = {name: np.array([0.0, value]) for name, value in even.items()} | {"step": np.array([1, 2])}
    assert largest_gap(history) == pytest.approx(7.25)
    history["inducing_y_04"] = np.array([0.0, 12.0])  # y now ends at 22.75: 7.25 to the end, and order must not matter
    assert largest_gap(history) == pytest.approx(7.25)
    history["inducing_y_03"] = np.array([0.0, 13.0])
    assert largest_gap(history) == pytest.approx(30.0 - 15.5)


def test_history_reading(tmp_path):
    (tmp_path / "metrics.csv").write_text("epoch,step,b_01,b_00\n0,10,1.5,2.5\n1,20,3.5,4.5\n")
    history = read_history(tmp_path / "metrics.csv")
    np.testing.assert_array_equal(columns(history, "b_"), [[2.5, 1.5], [4.5, 3.5]])
    assert columns(history, "c_").shape == (2, 0)
    assert at_step(history, "b_00", 20) == 4.5
    with pytest.raises(ValueError, match="30.*10, 20"):
        at_step(history, "b_00", 30)
