"""Step and epoch times as ratios, measured in one run on one machine, and peak memory.

    python scripts/benchmark.py --suite=ball [--original=CLONE] [--results=results]
    python scripts/benchmark.py --suite=mnist [--digits=0123456789] [--original=CLONE] [--original_fgp=CLONE]
    python scripts/benchmark.py --suite=priors [--nomemory] [--images=128] [--samples=100]
    python scripts/benchmark.py --suite=inference [--z_dim=10,20,50] [--networks=celeba]
    python scripts/benchmark.py --suite=sprites [--nomemory]
    python scripts/benchmark.py --suite=length [--lengths=100,1000,10000] [--longest_exact=1000]
    python scripts/benchmark.py --suite=serving [--sizes=1x30,10x30]
    python scripts/benchmark.py --suite=precision [--share=0.2] [--seeds=2]
    python scripts/benchmark.py --suite=fit [--table=cpvae] [--steps_per_execution=10]

--help says what each suite measures and how long it takes. Leave the machine alone meanwhile: a ratio holds only
for an idle one.
"""

import dataclasses
import inspect
from pathlib import Path

from absl import flags

from gpvae_tf import results
from gpvae_tf.benchmarks import SUITES, Suite, render_measurements, result_row
from gpvae_tf.experiments.run import one_clear_message
from gpvae_tf.flags.command_line import define, define_path, read
from gpvae_tf.flags.help import run_main
from gpvae_tf.flags.options import options_of

FLAGS = flags.FLAGS
_ERRORS = "\n\nRaises:"  # ends what a suite's docstring says of what it measures
OPTIONS = {name: set(options_of(suite)) for name, suite in SUITES.items()}


def define_flags() -> None:
    """Defines --suite, --results, and a flag for every option, whose help names its suites where not all have it."""
    about = [f"{name}: {(inspect.getdoc(suite) or '').split(_ERRORS)[0]}" for name, suite in SUITES.items()]
    flags.DEFINE_enum("suite", "ball", list(SUITES), "\n".join(["What to time.", *about]))
    define_path("results", None, "Folder in which benchmark_SUITE.json is written; none by default.")
    fields = {field.name: field for suite in SUITES.values() for field in dataclasses.fields(suite)}
    define(dataclasses.make_dataclass("AllOptions", [(name, field.type, field) for name, field in fields.items()]))
    for name in fields:
        suites = [suite for suite, options in OPTIONS.items() if name in options]
        if len(suites) < len(SUITES):
            FLAGS[name].help = f"{', '.join(suites)}: {FLAGS[name].help}"


def make_suite() -> Suite:
    """The suite of the flags.

    Raises:
      ValueError: if a flag of another suite is given.
    """
    for name in sorted(set().union(*OPTIONS.values()) - OPTIONS[FLAGS.suite]):
        if FLAGS[name].present:
            raise ValueError(f"--{name} has no effect with --suite={FLAGS.suite}")
    return read(SUITES[FLAGS.suite])


def main() -> None:
    """Times a suite, prints its tables, and writes the rows of results/benchmark_SUITE.json."""
    table = f"benchmark_{FLAGS.suite}"
    path = Path(FLAGS.results or ".") / f"{table}.json"
    with one_clear_message(setting_up=True):
        suite = make_suite()
        if FLAGS.results and path.exists():
            results.read(path)  # a damaged table is told before work, not after
    with one_clear_message():
        measured = []
        for part in suite.measure():
            print(render_measurements(part), end="\n\n", flush=True)
            measured += part
        if FLAGS.results:
            changed = [f"--{name}={value}" for name, value in suite.changed().items()]
            command = " ".join(["python scripts/benchmark.py", f"--suite={FLAGS.suite}", *changed])
            rows = [result_row(one, table, command) for one in measured]
            results.update(path, rows)


if __name__ == "__main__":
    define_flags()
    run_main(main)
