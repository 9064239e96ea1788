"""Kills (SIGKILL) runs of all experiment scripts and of `gpvae fit`, resumes them, and compares them with whole runs.

    python -m tests.kill --kills=40 --out=build/kill

Every run is a process of its own on small random data, without tracing. It is killed at the n-th file that it opens,
renames or deletes in its folder, or at a point of time, both drawn at random, the former as often as the latter. Then
it is resumed, and must end with the weights, slots, logs and scores of a run that nobody disturbed, bit for bit, and
with no other files. A disagreement is printed with the number that makes the same moment again (--only).
`make test` does not run this; it takes 20 s a kill on an idle core.
"""

import argparse
import contextlib
import functools
import json
import os
import random
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import tensorflow as tf

from gpvae_tf.cli.main import main as gpvae
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.datasets.image_benchmarks import Benchmark
from gpvae_tf.datasets.image_sets import ImageSet
from gpvae_tf.experiments import EXPERIMENTS
from gpvae_tf.experiments.run import execute, parse
from gpvae_tf.training import checkpoint_files
from tests.support import rotated_data, sprites_folder
from tests.support.eager import running_eagerly

EVENTS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir")
PARTS = ("train", "validation", "test")
NO_PICTURES = ("--nofigures", "--verbose=0")


class Case(NamedTuple):
    """A run: the experiment's name, or "fit" for `gpvae fit`, and its flags."""

    experiment: str
    flags: str
    exports: bool = False


CASES = (
    Case(
        "ball",
        "--elbo=SVGPVAE_Hensman --GP_joint --ip_joint --m=3 --tmax=5 --ip_max=5 --steps=7 --steps_per_epoch=3",
        True,
    ),
    Case("mnist", "--elbo=GPVAE_Casale --GP_joint --ov_joint --clip_qs --opt_regime=VAE-2,GP-2 --eval_every=1"),
    Case("fgp", "--GECO --kappa_squared=0.02 --nr_epochs=2 --eval_every=1"),
    Case("cpvae", "--hidden_size=8 --batch_size=20 --epochs=3 --warmup=1 --disc_size=3 --S=3"),
    Case("vampprior", "--hidden_size=8 --batch_size=20 --epochs=3 --warmup=1 --S=3"),
    Case("npvae", "--n_hidden=8 --batch_size=20 --num_epochs=3 --dim_z=2"),
    Case("gpenc", "--model=VAE --batch_size=20 --n_epochs=3 --K_iwae=3 --z_dim=2"),
    Case("sprites", "--elbo=VAE --nr_epochs=2"),
    Case("fit", "--units=8 --latent_dim=2 --steps=7 --eval_every=3 --batch_size=4"),
)


def data_in(place: Path) -> None:
    """Writes the data of all cases."""
    rotated_data.write(place / "rotated")
    sprites_folder.write(place / "sprites")
    rng = np.random.default_rng(0)
    np.savez(place / "videos.npz", observations=rng.uniform(size=(12, 5, 8, 8, 1)), times=np.arange(5.0))


def do(case: Case, place: Path, base: Path) -> None:
    """Runs a case in this process, or resumes it; ends the process."""
    if case.experiment == "fit":
        resume = ["--resume"] if (base / "fit" / "config.json").exists() else []
        with running_eagerly():
            gpvae(["fit", str(place / "videos.npz"), f"--out={base / 'fit'}", *case.flags.split(), *resume])
    kind = EXPERIMENTS[case.experiment]
    more = ["" if case.exports else "--noexport", *NO_PICTURES, f"--base_dir={base}", "--resume"]
    if case.experiment in ("mnist", "fgp"):
        more += ["--batch_size=66", f"--data_dir={place / 'rotated'}"]
    if case.experiment == "sprites":
        small = sprites_folder.SMALL if "SVGP" in case.flags else sprites_folder.OF_ALL
        more += [f"--{name}={value}" for name, value in small.items()]
        more += [f"--sprites_dir={place / 'sprites' / 'observations'}", f"--data_dir={place / 'sprites' / 'data'}"]
    config, options = parse(kind, [*case.flags.split(), *filter(None, more)])
    experiment = kind(config)
    images, digits = np.random.default_rng(0).uniform(size=(60, 28, 28, 1)), np.arange(60) % 10
    if case.experiment in ("cpvae", "vampprior", "npvae"):
        sets = (ImageSet(name, images, digits) for name in PARTS)
        experiment.splits = Splits(*sets, "random")
    if case.experiment == "gpenc":
        mean = images.mean(axis=0)
        sets = (
            ImageSet(name, images - mean, np.arange(60) % 10, bounded=False) for name in ("train", "validation", "test")
        )
        experiment.data = Benchmark(Splits(*sets, "random"), mean)
    with running_eagerly():
        execute(experiment, options, lambda *_: {})
    sys.exit(0)


def child(work: Callable[[], None], log: Path) -> int:
    """The status of a process that does the work, as `os.waitpid` has it; what it prints goes to a file."""
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1]
    status = 1
    try:
        with log.open("a") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        work()
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def watch(base: Path, act: Callable[[int], None]) -> None:
    """Calls a function with the number of every file event below a folder, from 1."""
    seen = 0

    def hook(event: str, arguments: tuple) -> None:
        nonlocal seen
        if event in EVENTS and isinstance(arguments[0], (str, bytes, os.PathLike)):
            if os.fsdecode(arguments[0]).startswith(str(base)):
                seen += 1
                act(seen)

    sys.addaudithook(hook)


def kill_at(event: int | None, seconds: float | None, base: Path) -> None:
    """Has this process killed at a file event, or after some time."""
    if event is not None:
        watch(base, lambda number: os.kill(os.getpid(), signal.SIGKILL) if number == event else None)
    if seconds is not None:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, seconds)


def outcome(base: Path) -> tuple[dict[str, np.ndarray], pd.DataFrame, object, set[str]]:
    """Values of the newest checkpoint, logs, scores, and names of the files of the run in a folder."""
    (folder,) = base.iterdir()
    checkpoints = folder / "checkpoints"
    reader = tf.train.load_checkpoint(checkpoint_files.prefix(checkpoints, checkpoint_files.numbers(checkpoints)[-1]))
    names = [
        name for name in reader.get_variable_to_shape_map() if ".ATTRIBUTES" in name and "save_counter" not in name
    ]
    logs = pd.read_csv(folder / "metrics.csv").drop(columns="seconds")
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    files = {re.sub(r"(events\.out\.tfevents|weights-|arrays-).*", r"\1", name) for name in files}
    scores = json.loads((folder / "scores.json").read_text())
    return {name: reader.get_tensor(name) for name in names}, logs, scores, files


def differences(whole, other) -> list[str]:
    """What of two outcomes is not the same."""
    found = [f"file {name}" for name in sorted(whole[3] ^ other[3])]
    found += [f"value {name}" for name in sorted(whole[0].keys() ^ other[0].keys())]
    same = (name for name in whole[0] if name in other[0])
    found += [f"value {name}" for name in same if not np.array_equal(whole[0][name], other[0][name])]
    found += ["logs"] if not whole[1].equals(other[1]) else []
    return found + (["scores"] if whole[2] != other[2] else [])


def undisturbed(case: Case, place: Path, out: Path) -> tuple[object, int, float]:
    """Outcome, number of file events, and seconds of a run that nobody disturbs."""
    base = out / case.experiment / "whole"
    base.mkdir(parents=True)
    counter = base.with_name("events")

    def work() -> None:
        count: list[int] = []
        watch(base, count.append)
        try:
            do(case, place, base)
        finally:
            counter.write_text(str(len(count)))

    started = time.monotonic()
    status = child(work, base.with_name("whole.log"))
    if status:
        raise RuntimeError(f"{case} failed: see {base.with_name('whole.log')}")
    return outcome(base), int(counter.read_text()), time.monotonic() - started


def main() -> None:
    """Kills, resumes, compares, and prints the figure."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--kills", type=int, default=40, help="Number of kills, over the cases in turn.")
    options.add_argument("--out", type=Path, default=Path("build/kill"), help="Folder of the runs, which is emptied.")
    options.add_argument("--only", type=int, help="Number of the one kill to do.")
    options.add_argument("--cases", default="", help="Names of the experiments, A,B,...; all if not given.")
    given = options.parse_args()
    shutil.rmtree(given.out, ignore_errors=True)
    place = given.out.absolute() / "data"
    place.mkdir(parents=True)
    cases = [case for case in CASES if not given.cases or case.experiment in given.cases.split(",")]
    child(functools.partial(data_in, place), given.out / "data.log")
    whole: dict[str, tuple] = {}
    bad, resumed = 0, 0
    for number in range(given.kills) if given.only is None else [given.only]:
        case, draw = cases[number % len(cases)], random.Random(number)
        if case.experiment not in whole:
            whole[case.experiment] = undisturbed(case, place, given.out.absolute())
        expected, events, seconds = whole[case.experiment]
        base = given.out.absolute() / case.experiment / str(number)
        base.mkdir(parents=True)
        at_event = number // len(cases) % 2 == 0
        event, moment = draw.randint(1, events), draw.uniform(0.05, 1.0) * seconds

        def killed(case=case, base=base, at_event=at_event, event=event, moment=moment) -> None:
            kill_at(event if at_event else None, None if at_event else moment, base)
            do(case, place, base)

        status = child(killed, base.with_name(f"{number}.log"))
        left = sorted(
            path.name for path in base.rglob("*") if path.is_file() and "tmp" in path.name or "temp" in path.name
        )
        again = child(functools.partial(do, case, place, base), base.with_name(f"{number}.log"))
        found = differences(expected, outcome(base)) if again == 0 else [f"status {again} of the resumed run"]
        text = base.with_name(f"{number}.log").read_text()
        found += ["a traceback"] if "Traceback" in text else []
        bad += bool(found)
        resumed += os.WIFSIGNALED(status)
        when = f"event {event} of {events}" if at_event else f"{moment:.1f} s of {seconds:.1f}"
        verdict = ", ".join(found[:6]) or "equal"
        print(f"{number:3d} {case.experiment:10s} {when:22s} left {len(left)} temporary files: {verdict}", flush=True)
    print(f"{resumed} killed, {bad} of them not as a run that nobody disturbed")
    sys.exit(bool(bad))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
