"""What runs a table's rows and draws its figures, on a table whose runs only note that they were started."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest

from gpvae_tf import results
from gpvae_tf.experiments.reproduction import Reproduction
from gpvae_tf.training.run_record import RunFolderError
from tests.support.result_rows import row


@dataclasses.dataclass(frozen=True)
class Row:
    """A run whose folder says whether it is complete, and whether it is of another configuration."""

    group: str

    @property
    def folder(self) -> str:
        return self.group

    @property
    def command(self) -> str:
        return f"run {self.group}"

    def is_complete(self, base: Path) -> bool:
        return (base / self.folder / "metrics.csv").exists()

    def check(self, base: Path) -> None:
        if (base / self.folder / "other").exists():
            raise RunFolderError("another run")


class Rows:
    """A table of four rows, whose figures are the names of what they are drawn from."""

    name = "rows"
    entries = ("vae", "vae2", "gp", "late")

    def runs(self, seeds) -> list[Row]:
        return [Row(group) for group in self.entries]

    def rows(self, base, runs) -> list:
        return []

    def figures(self, base, runs, out) -> list[str]:
        return ["figure of " + " ".join(run.group for run in runs)]

    def figures_of_logs(self, logs, runs, out) -> list[str]:
        return [path.name for path in sorted(logs.glob("*.csv"))]


@pytest.fixture
def work(tmp_path, monkeypatch):
    """Started runs by name, a function that finishes a run, and the table's reproduction; `late` never ends well."""
    started: list[str] = []

    def finish(group: str, *files: str) -> None:
        (tmp_path / "runs" / "rows" / group).mkdir(parents=True)
        for file in ("metrics.csv", *files):
            (tmp_path / "runs" / "rows" / group / file).write_text("step\n1\n")

    def execute(self, run: Row, base: Path) -> bool:
        started.append(run.group)
        if run.group != "late":
            finish(run.group)
        return run.group != "late"

    monkeypatch.setattr(Reproduction, "execute", execute)
    made = Reproduction(tmp_path / "runs", tmp_path / "results", tmp_path)
    return SimpleNamespace(started=started, finish=finish, table=Rows(), logs=tmp_path / "results" / "rows", made=made)


def test_rows_that_are_asked_for_and_not_complete_are_run(work, capsys):
    work.finish("vae")
    work.finish("gp")
    assert work.made.run_table(work.table, range(1), "va") and work.started == ["vae2"]
    assert "3 of 4 runs are complete\nfigure of vae vae2 gp\n" in capsys.readouterr().out
    assert {path.name for path in work.logs.iterdir()} == {"vae.csv", "vae2.csv", "gp.csv"}


def test_the_name_of_a_row_asks_for_that_row_alone(work):
    """Though other names contain it."""
    assert work.made.run_table(work.table, range(1), "vae") and work.started == ["vae"]


def test_a_row_that_fails_is_told_and_the_others_are_collected(work, capsys):
    assert not work.made.run_table(work.table, range(1)) and work.started == ["vae", "vae2", "gp", "late"]
    assert "figure of vae vae2 gp\n" in capsys.readouterr().out


def test_what_is_complete_is_collected_without_a_run(work, capsys):
    work.finish("vae")
    assert work.made.run_table(work.table, range(1), run_nothing=True) and work.started == []
    assert "1 of 4 runs are complete\nfigure of vae\n" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:.*of more seeds")
def test_rows_of_more_seeds_stay_with_their_logs_and_nothing_else_is_told(work, capsys, monkeypatch):
    work.finish("vae")
    work.finish("gp")
    path = work.logs.with_suffix(".json")
    results.write(path, [row(table="rows", model="VAE"), row(table="rows", model="GP", value=0.5, seeds=[0], sd=None)])
    work.logs.mkdir()
    for name in ("vae", "gp"):
        (work.logs / f"{name}.csv").write_text("before")
    made = [
        row(table="rows", model=model, value=0.25, seeds=[0], sd=None, command=f"run {group}")
        for model, group in (("VAE", "vae"), ("GP", "gp"))
    ]
    monkeypatch.setattr(work.table, "rows", lambda base, runs: made, raising=False)
    assert work.made.run_table(work.table, range(1), run_nothing=True)
    told = capsys.readouterr().out
    assert "GP " in told and "VAE" not in told and f"1 rows written: {path}" in told
    assert {each.model: each.value for each in results.read(path)} == {"VAE": row().value, "GP": 0.25}
    assert {name: (work.logs / f"{name}.csv").read_text() for name in ("vae", "gp")} == {
        "vae": "before",
        "gp": "step\n1\n",
    }


@pytest.mark.parametrize("files, only, message", [(("other",), "gp", "another run"), ((), "VEA", "--only=VEA is in")])
def test_nothing_is_run_of_what_is_wrong(files, only, message, work):
    work.finish("vae", *files)
    with pytest.raises(RunFolderError, match=message):
        work.made.run_table(work.table, range(1), only)
    assert work.started == []


def test_figures_come_from_complete_runs_or_else_from_stored_logs(work, capsys):
    for step in (lambda: work.made.run_table(work.table, range(1), "late"), lambda: draw(work)):
        with pytest.raises(RunFolderError, match="no complete run of rows in "):
            step()
    work.logs.mkdir(parents=True)
    (work.logs / "vae.csv").write_text("")
    draw(work)
    assert capsys.readouterr().out == "vae.csv (from stored logs)\n"
    work.finish("gp")
    draw(work)
    assert capsys.readouterr().out == "1 of 4 runs are complete\nfigure of gp\n" and work.started == ["late"]


def draw(work) -> None:
    work.made.draw_table(work.table, range(1))
