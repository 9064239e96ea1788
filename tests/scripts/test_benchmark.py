"""The benchmark script from the outside: rows it writes, and one clear message for bad input."""

import subprocess
import sys
from pathlib import Path

import pytest

from gpvae_tf import results

pytestmark = pytest.mark.process

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def run(*flags: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "benchmark.py", *flags], cwd=SCRIPTS, capture_output=True, text=True)


def test_prints_a_table_and_writes_its_rows(tmp_path):
    done = run("--rounds=1", "--steps=1", f"--results={tmp_path}")
    assert done.returncode == 0, done.stderr
    rows = results.read(tmp_path / "benchmark_ball.json")
    assert {row.model: row.metric for row in rows} == dict.fromkeys(
        ("VAE", "GPVAE_Pearce", "SVGPVAE_Hensman"), "step time over VAE's"
    )
    assert {row.command for row in rows} == {"python scripts/benchmark.py --suite=ball --rounds=1 --steps=1"}
    assert done.stdout.count("moving ball") == len(rows)


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--suite=ball", "--digits=36"], "--digits has no effect with --suite=ball"),
        (["--suite=mnist", "--original_fgp=/missing"], "/missing is no folder"),
    ],
)
def test_bad_input_gets_one_message(flags, message):
    done = run(*flags)
    assert done.returncode == 1 and done.stderr.strip().endswith(f"benchmark.py: error: {message}")
    assert "Traceback" not in done.stderr and not done.stdout
