"""Writes the tables results/*.json into the pages of docs/results/.

    python scripts/make_report.py             # rewrites the pages whose tables have changed
    python scripts/make_report.py --check     # changes nothing; exits 1 if a page is not up to date

A table stands between `<!-- results:TABLE -->` and `<!-- /results -->`, where TABLE names results/TABLE.json. Takes
seconds.
"""

from pathlib import Path

from absl import flags

from gpvae_tf import results
from gpvae_tf.experiments.run import one_clear_message
from gpvae_tf.flags.command_line import define_path
from gpvae_tf.flags.help import run_main
from gpvae_tf.results import ResultsError

define_path("results", "results", "Folder of the tables, *.json.")
define_path("docs", "docs/results", "Folder of the pages, *.md, whose marked tables are filled.")
flags.DEFINE_bool("check", False, "Write nothing, and exit 1 if a page is not up to date.")

FLAGS = flags.FLAGS


def main() -> None:
    """Writes or checks the pages."""
    with one_clear_message():
        stale = results.outdated(Path(FLAGS.results), Path(FLAGS.docs))
        names = ", ".join(str(path) for path in stale)
        if FLAGS.check and stale:
            raise ResultsError(f"not up to date: {names}; run python scripts/make_report.py")
        for path, text in stale.items():
            results.write_text(path, text)
        print(f"written: {names}" if stale else "up to date")


if __name__ == "__main__":
    run_main(main)
