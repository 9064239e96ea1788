"""Prints our numbers beside the authors' own.

    python scripts/compare_with_original.py --original=PATH_TO_CLONE [--time]
    python scripts/compare_with_original.py --golden=FOLDER

--original runs functions of your clone of github.com/ratschlab/SVGP-VAE or metodj/FGP-VAE, which it recognises by its
files, under tf.compat.v1, in a process of its own that only reads the clone, on the same inputs, weights and draws as
ours. --golden compares with files of reference values. Both print for every term theirs, ours, the largest relative
difference, and the number of the deviation in docs/deviations.md that explains it. A clone takes a minute; --time, for
SVGP-VAE only, adds the time of a training step on both sides, about 2 minutes. Nothing is written but the report.

Exit status: 0 if every difference is within its band or explained, 1 if one is not, 2 on bad input.
"""

import sys
from pathlib import Path
from types import ModuleType

from absl import flags

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gpvae_tf.flags.command_line import define_path  # noqa: E402
from gpvae_tf.flags.help import run_main  # noqa: E402

FLAGS = flags.FLAGS
define_path("original", None, "Folder of a clone of ratschlab/SVGP-VAE or metodj/FGP-VAE; it is only read.")
define_path("golden", None, "Folder of .npz files with the names and keys of tests/golden.")
flags.DEFINE_bool("time", False, "Also time a training step on both sides; needs --original.")
flags.DEFINE_integer("time_steps", 20, "Number of steps that --time measures, after warm-up.", lower_bound=1)
flags.DEFINE_float(
    "rtol", 1e-6, "Largest relative difference from numbers made in float64.", lower_bound=0.0, upper_bound=1.0
)
flags.DEFINE_float(
    "rtol_float32",
    1e-4,
    "Largest relative difference from numbers made in float32; 1.3e-5 is measured on the exact_gp_rbf files of "
    "tests/golden. Terms that go through explicit inverses in float32 get ten times this band.",
    lower_bound=0.0,
    upper_bound=1.0,
)


def main(argv: list[str]) -> int:
    """Prints the reports; see the module's docstring."""
    message = _complaint(argv)
    if not message:
        from gpvae_tf import comparison  # after the checks, because it loads TensorFlow

        try:
            return 0 if all([report(comparison) for flag, report in REPORTS.items() if FLAGS[flag].value]) else 1
        except (comparison.GoldenError, comparison.CloneError, comparison.OriginalError) as error:
            message = str(error)
    print(f"compare_with_original: {message}", file=sys.stderr)
    return 2


def _complaint(argv: list[str]) -> str | None:
    if len(argv) > 1:
        return f"unexpected argument {argv[1]!r}"
    if not FLAGS.original and not FLAGS.golden:
        return "give --original=PATH_TO_CLONE or --golden=FOLDER"
    if FLAGS.time and not FLAGS.original:
        return "--time needs --original=PATH_TO_CLONE"
    if FLAGS["time_steps"].present and not FLAGS.time:
        return "--time_steps has no effect without --time"
    folders = ((name, FLAGS[name].value) for name in REPORTS)
    return next((f"--{name}={path} is no folder" for name, path in folders if path and not Path(path).is_dir()), None)


def _golden(comparison: ModuleType) -> bool:
    covered, others = comparison.find_files(FLAGS.golden)
    rows = comparison.check_files(covered, FLAGS.rtol, FLAGS.rtol_float32)
    print(comparison.render_terms(rows, "file"), *(f"{file.name} is not covered yet" for file in others), sep="\n")
    return all(row.verdict != "FAIL" for row in rows)


def _original(comparison: ModuleType) -> bool:
    cases, suite = comparison.find_cases(FLAGS.original), None
    if FLAGS.time:
        from gpvae_tf.benchmarks import SUITES, render_measurements

        suite = SUITES["ball"](rounds=1, steps=FLAGS.time_steps, original=FLAGS.original)  # refuses FGP-VAE's clone
    rows = comparison.compare_with_clone(FLAGS.original, cases, FLAGS.rtol, FLAGS.rtol_float32)
    print(comparison.render_terms(rows, "case"))
    if suite:
        *_, theirs = suite.measure()
        print(render_measurements(theirs))
    return all(row.verdict != "FAIL" for row in rows)


REPORTS = {"golden": _golden, "original": _original}

if __name__ == "__main__":
    run_main(main, takes_arguments=True)
