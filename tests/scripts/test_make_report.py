from pathlib import Path

import pytest

from gpvae_tf import results
from tests.support.result_rows import row
from tests.support.scripts import Done, run_file

PAGE = "# Title\n\n<!-- results:ball -->\n<!-- /results -->\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    results.write(tmp_path / "results" / "ball.json", [row(value=0.4, sd=None, seeds=[0])])
    (tmp_path / "docs" / "results").mkdir(parents=True)
    (tmp_path / "docs" / "results" / "ball.md").write_text(PAGE)
    return tmp_path


@pytest.fixture
def make_report(folder, monkeypatch, capsys):
    """A function that runs the script in the folder."""
    monkeypatch.chdir(folder)
    return lambda *flags: run_file("make_report.py", capsys, *flags)


def last_line(done: Done) -> str:
    return done.output.strip().splitlines()[-1]


def test_writes_once_and_checks(folder, make_report):
    page = folder / "docs" / "results" / "ball.md"
    stale = make_report("--check")
    assert stale.status == 1
    message = "make_report.py: error: not up to date: docs/results/ball.md; run python scripts/make_report.py"
    assert last_line(stale) == message
    assert page.read_text() == PAGE

    done = make_report()
    assert done.status == 0 and last_line(done) == "written: docs/results/ball.md"
    assert "| SVGP-VAE | RMSE (path units) | 0.4000 | 0 | 25 | not stated | – | 26.1 | 1 |" in page.read_text()
    assert "`python BALL_experiment.py --elbo SVGPVAE_Hensman` (commit `abc1234`" in page.read_text()

    before = page.stat().st_mtime_ns
    again = make_report()
    assert again.status == 0 and last_line(again) == "up to date"
    assert page.stat().st_mtime_ns == before


def test_an_unknown_table_is_one_clear_message(folder, make_report):
    page = folder / "docs" / "results" / "more.md"
    page.write_text(PAGE.replace("ball", "cat"))
    failed = make_report()
    assert failed.status == 1
    message = "make_report.py: error: docs/results/more.md, line 3: there is no table 'cat'; known tables: ball"
    assert last_line(failed) == message
    assert page.read_text() == PAGE.replace("ball", "cat")
