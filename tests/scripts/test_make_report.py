import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpvae_tf import results
from tests.support.result_rows import row

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
README = "# Title\n\n<!-- results:ball -->\n<!-- /results -->\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    results.write(tmp_path / "results" / "ball.json", [row(value=0.4, sd=None, seeds=[0])])
    (tmp_path / "README.md").write_text(README)
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
    stale = make_report(folder, "--check")
    assert stale.returncode == 1
    assert last_line(stale.stderr).startswith("make_report.py: error: not up to date: README.md, docs/results.md; run")
    assert (folder / "README.md").read_text() == README and not (folder / "docs").exists()

    done = make_report(folder)
    assert done.returncode == 0 and last_line(done.stdout) == "written: README.md, docs/results.md"
    assert "| SVGP-VAE | RMSE (path units) | 0.4000 (1) | not stated | – | 26.1 |" in (folder / "README.md").read_text()
    assert (
        "`python BALL_experiment.py --elbo SVGPVAE_Hensman` (commit `abc1234`"
        in (folder / "docs" / "results.md").read_text()
    )

    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.md")}
    again = make_report(folder)
    assert again.returncode == 0 and last_line(again.stdout) == "up to date"
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.md")} == before


def test_an_unknown_table_is_one_clear_message(folder):
    (folder / "README.md").write_text(README.replace("ball", "cat"))
    failed = make_report(folder)
    assert failed.returncode == 1 and "Traceback" not in failed.stderr
    message = "make_report.py: error: README.md, line 3: there is no table 'cat'; known tables: ball"
    assert last_line(failed.stderr) == message
    assert not (folder / "docs").exists()
