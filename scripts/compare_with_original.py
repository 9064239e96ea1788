"""Lays our numbers beside the authors' own.

    python scripts/compare_with_original.py --original=PATH_TO_CLONE [--time]
    python scripts/compare_with_original.py --golden=FOLDER

--original runs functions of your clone of github.com/ratschlab/SVGP-VAE or metodj/FGP-VAE, whose cases it recognises
by its files, under tf.compat.v1, in a process of its own that only reads the clone, on the same inputs, weights and
draws as ours, and prints per term: theirs, ours, the largest relative difference, and the number of the deviation in
docs/deviations.md that explains it. It takes about 20 s; --time, for SVGP-VAE only, adds the time per training step on
both sides, about 2 min. --golden does the same with files of reference values, one line per file and term. Nothing is
written but the report.

Exit status: 0 if all is within the bands or explained, 1 if something is not, 2 on bad input.
"""

import os
import sys
from pathlib import Path

from absl import app, flags

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

FLAGS = flags.FLAGS
flags.DEFINE_string("original", None, "Folder of a clone of ratschlab/SVGP-VAE or metodj/FGP-VAE; it is only read.")
flags.DEFINE_string("golden", None, "Folder of .npz files with golden/'s names and keys.")
flags.DEFINE_bool("time", False, "Also time a training step on both sides (with --original).")
flags.DEFINE_integer("time_steps", 20, "Steps that are timed, after warm-up; the median counts.", lower_bound=1)
flags.DEFINE_float("rtol", 1e-6, "Largest relative difference from numbers made in float64.", lower_bound=0.0)
flags.DEFINE_float(
    "rtol_float32",
    1e-4,
    "Largest relative difference from numbers made in float32; 1.3e-5 is measured on golden/'s exact_gp_rbf files. "
    "Terms that go through explicit inverses in float32 get ten times this band.",
    lower_bound=0.0,
)


def main(argv: list[str]) -> int:
    """Prints the reports; see the module's docstring."""
    if len(argv) > 1:
        return _refuse(f"unexpected argument {argv[1]!r}")
    if not FLAGS.original and not FLAGS.golden:
        return _refuse("give --original=PATH_TO_CLONE or --golden=FOLDER")
    if FLAGS.time and not FLAGS.original:
        return _refuse("--time needs --original=PATH_TO_CLONE")
    for name in ("original", "golden"):
        if FLAGS[name].value and not Path(FLAGS[name].value).is_dir():
            return _refuse(f"--{name}={FLAGS[name].value} is no folder")
    from gpvae_tf.comparison.golden import GoldenError  # after the checks: it loads TensorFlow
    from gpvae_tf.comparison.registry import CloneError
    from gpvae_tf.comparison.runner import OriginalError

    try:
        reports = [report() for flag, report in ((FLAGS.golden, _golden), (FLAGS.original, _original)) if flag]
    except (GoldenError, CloneError, OriginalError) as error:
        return _refuse(str(error))
    return 0 if all(reports) else 1


def _golden() -> bool:
    from gpvae_tf.comparison import golden

    covered, others = golden.find(Path(FLAGS.golden))
    rows = list(golden.check_files(covered, FLAGS.rtol, FLAGS.rtol_float32))
    print(golden.render(rows, others))
    failed = [row for row in rows if not row.ok]
    print(f"{len(rows) - len(failed)} of {len(rows)} terms of {len(covered)} files agree")
    return not failed


def _original() -> bool:
    from gpvae_tf.benchmarks import moving_ball as timing_ball
    from gpvae_tf.benchmarks import suite as timing
    from gpvae_tf.comparison import registry

    clone = Path(FLAGS.original)
    rows = registry.compare(clone, registry.find_cases(clone), FLAGS.rtol, FLAGS.rtol_float32)
    print(registry.render(rows))
    verdicts = [row.verdict for row in rows]
    known = len(verdicts) - verdicts.count("ok") - verdicts.count("FAIL")
    print(f"{verdicts.count('ok')} of {len(rows)} terms agree, {known} differ by a known deviation", end="")
    print(f" (docs/deviations.md), {verdicts.count('FAIL')} fail")
    if FLAGS.time:
        print(timing.render(timing_ball.time_both(clone, FLAGS.time_steps)))
    return "FAIL" not in verdicts


def _refuse(message: str) -> int:
    print(f"compare_with_original: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    app.run(main)
