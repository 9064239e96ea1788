"""The benchmark script from the outside: rows it writes, and one clear message for bad input."""

import pytest

from gpvae_tf import results
from tests.support.scripts import run_file


def test_prints_a_table_and_writes_its_rows(tmp_path, capsys):
    done = run_file("benchmark.py", capsys, "--rounds=1", "--steps=1", f"--results={tmp_path}")
    assert done.status == 0, done.output
    rows = results.read(tmp_path / "benchmark_ball.json")
    assert {row.model: row.metric for row in rows} == dict.fromkeys(
        ("VAE", "GPVAE_Pearce", "SVGPVAE_Hensman"), "step time over VAE's"
    )
    assert {row.command for row in rows} == {"python scripts/benchmark.py --suite=ball --rounds=1 --steps=1"}
    assert done.output.count("moving ball") == len(rows)


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--suite=ball", "--digits=36"], "--digits has no effect with --suite=ball"),
        (["--suite=priors", "--nomemory", "--images=7"], "--images has no effect without --memory"),
        (["--suite=mnist", "--original_fgp=/missing"], "/missing is no folder"),
    ],
)
def test_bad_input_gets_one_message(flags, message, capsys):
    done = run_file("benchmark.py", capsys, *flags)
    assert done.status == 1 and done.output == f"benchmark.py: error: {message}\n"
