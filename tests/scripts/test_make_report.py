import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpvae_tf import results
from tests.support.result_rows import row

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
PAGE = "# Title\n\n<!-- results:ball -->\n<!-- /results -->\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    results.write(tmp_path / "results" / "ball.json", [row(value=0.4, sd=None, seeds=[0])])
    (tmp_path / "docs" / "results").mkdir(parents=True)
    (tmp_path / "docs" / "results" / "ball.md").write_text(PAGE)
    return tmp_path


def make_report(folder: Path, *flags: str) -> subprocess.CompletedProcess:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(ROOT / "scripts" / "make_report.py"), *flags]
    environment = {**os.environ, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": "-1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def last_line(text: str) -> str:
    """TensorFlow may print above it."""
    return text.strip().splitlines()[-1]


def test_writes_once_and_checks(folder):
    page = folder / "docs" / "results" / "ball.md"
    stale = make_report(folder, "--check")
    assert stale.returncode == 1
    message = "make_report.py: error: not up to date: docs/results/ball.md; run python scripts/make_report.py"
    assert last_line(stale.stderr) == message
    assert page.read_text() == PAGE

    done = make_report(folder)
    assert done.returncode == 0 and last_line(done.stdout) == "written: docs/results/ball.md"
    assert "| SVGP-VAE | RMSE (path units) | 0.4000 | 0 | 25 | not stated | – | 26.1 | 1 |" in page.read_text()
    assert "`python BALL_experiment.py --elbo SVGPVAE_Hensman` (commit `abc1234`" in page.read_text()

    before = page.stat().st_mtime_ns
    again = make_report(folder)
    assert again.returncode == 0 and last_line(again.stdout) == "up to date"
    assert page.stat().st_mtime_ns == before


def test_an_unknown_table_is_one_clear_message(folder):
    page = folder / "docs" / "results" / "more.md"
    page.write_text(PAGE.replace("ball", "cat"))
    failed = make_report(folder)
    assert failed.returncode == 1 and "Traceback" not in failed.stderr
    message = "make_report.py: error: docs/results/more.md, line 3: there is no table 'cat'; known tables: ball"
    assert last_line(failed.stderr) == message
    assert page.read_text() == PAGE.replace("ball", "cat")
