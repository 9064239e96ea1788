"""Runs of tables: which folders are theirs."""

import dataclasses

import pytest

from gpvae_tf.experiments.all_tables import TABLES
from gpvae_tf.training.run_folder import open_run
from gpvae_tf.training.run_record import RunFolderError, describe


@pytest.fixture
def check(tmp_path):
    """A function that checks the folder of a table's first run, which was made with other values of options."""

    def check(table: str, *names: str) -> None:
        run = TABLES[table].runs([0])[0]
        config = dataclasses.asdict(run.config)
        assert {*names} <= config.keys()
        record = describe(run.experiment.name, config | dict.fromkeys(names, "/elsewhere"), {})
        open_run(tmp_path / run.folder, record, resume=False)
        run.check(tmp_path)

    return check


@pytest.mark.parametrize(
    "table, names",
    [
        ("healing_mnist", ("cache_dir", "mnist_manual_dir", "sprites_dir")),
        ("rotated_mnist", ("data_dir", "mnist_manual_dir")),
        ("cpvae", ("data_dir", "mnist_manual_dir")),
        ("gpencoder", ("data_dir", "mnist_manual_dir")),
        ("npvae", ("data_dir", "mnist_manual_dir")),
        ("sprites", ("data_dir", "sprites_dir")),
    ],
)
def test_where_data_lie_makes_no_other_run(table, names, check):
    check(table, *names)


@pytest.mark.parametrize(
    "table, name, none",
    [
        ("rotated_mnist", "mnist_data_path", "None"),
        ("healing_mnist", "data_dir", "''"),
        ("cpvae", "data_file", "None"),
        ("gpencoder", "data_file", "None"),
    ],
)
def test_a_file_of_other_data_makes_another_run(table, name, none, check):
    with pytest.raises(RunFolderError, match=f"{name}: '/elsewhere' there, {none} asked for"):
        check(table, name)
