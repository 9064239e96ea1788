"""Flips signs, axes, scales and seeds of a sample of the library's lines, and reports which flips no test notices.

    python -m tests.mutate --count=200 --seed=0 gpvae_tf/gp gpvae_tf/latent_gps gpvae_tf/priors

Each mutant is a copy of the repository with one place changed (`tests.support.mutants`), on which the tests of the
changed file's name run, then, if they pass, those of its package, and then those of --wide. It is killed if a test
fails, and it lives otherwise. Not part of `make test`: a mutant takes 10 to 60 s.
"""

import argparse
import collections
import contextlib
import dataclasses
import multiprocessing
import os
import random
import signal
import sys
import tempfile
from pathlib import Path

from tests.support.mutants import Mutant, copy_with, mutants

_REPOSITORY = Path(__file__).resolve().parents[1]
_MATHEMATICS = (
    "gp",
    "latent_gps",
    "posteriors",
    "priors",
    "likelihoods",
    "kernels",
    "embeddings",
    "models",
    "evaluation",
)
_WIDE = ("tests/models", "tests/latent_gps", "tests/gp", "tests/evaluation", "tests/training")


def nearest_tests(file: Path) -> list[list[str]]:
    """The tests of a file, nearest first: those of the same name if there are any, and those of its package."""
    folder = Path("tests", *file.parts[1:-1])
    named = sorted(path.relative_to(_REPOSITORY) for path in (_REPOSITORY / folder).glob(f"test_{file.stem}*.py"))
    return [[str(path) for path in named], [str(folder)]]


def _run_tests(root: Path, tests: list[str]) -> None:
    """The body of a child process: exits with pytest's code. Nothing of the repository itself is left imported."""
    os.chdir(root)
    os.environ["PYTHONPATH"] = str(root)
    sys.path[:] = [str(root), *(path for path in sys.path if Path(path).resolve() != _REPOSITORY)]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "gpvae_tf")]:
        del sys.modules[name]
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        import pytest

        code = pytest.main([*tests, "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not process"])
    os._exit(int(code))


def notices(root: Path, tests: list[str], seconds: float) -> bool:
    """Whether one of the tests fails, or does not end in the time, in the repository `root`."""
    child = multiprocessing.get_context("fork").Process(target=_run_tests, args=(root, tests))
    child.start()
    child.join(seconds)
    if child.is_alive():
        os.kill(child.pid, signal.SIGKILL)  # type: ignore[arg-type]
        child.join()
    return child.exitcode != 0


def main() -> None:
    """Draws mutants, runs the tests on each and prints the share that is killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", help="files or folders of the library; the mathematics if none is given")
    parser.add_argument("--count", type=int, default=100, help="number of mutants")
    parser.add_argument("--seed", type=int, default=0, help="seed of the sample")
    parser.add_argument("--seconds", type=float, default=600.0, help="time limit of a run of the tests")
    parser.add_argument("--wide", nargs="*", default=_WIDE, help="tests that run on mutants which the nearest let live")
    given = parser.parse_args()
    folders = [Path(path) for path in given.paths] or [Path("gpvae_tf", name) for name in _MATHEMATICS]
    files = [file for path in folders for file in ([path] if path.suffix else sorted(path.rglob("*.py")))]
    everything = [mutant for file in files for mutant in mutants(file, (_REPOSITORY / file).read_text("utf-8"))]
    sample = random.Random(given.seed).sample(everything, min(given.count, len(everything)))
    import tensorflow_probability  # noqa: F401  once, before the children are forked: it takes most of a short run

    def is_killed(mutant: Mutant) -> bool:
        stages = [*nearest_tests(mutant.file), list(given.wide)]
        with tempfile.TemporaryDirectory() as folder:
            root = copy_with(_REPOSITORY, mutant, Path(folder))
            return any(tests and notices(root, tests, given.seconds) for tests in stages)

    if is_killed(dataclasses.replace(sample[0], after=sample[0].before)):
        sys.exit("the tests fail, or take too long, without a mutant; mend that first")
    living, seen = [], collections.Counter[str]()
    for number, mutant in enumerate(sample, 1):
        killed = is_killed(mutant)
        seen[mutant.kind] += 1
        if not killed:
            living.append(mutant)
        print(f"{number}/{len(sample)} {'killed' if killed else 'LIVES '} {mutant}", flush=True)
    print(f"\n{len(sample) - len(living)} of {len(sample)} killed, of {len(everything)} possible; {dict(seen)}")
    for mutant in living:
        print(f"lives: {mutant}")


if __name__ == "__main__":
    main()
