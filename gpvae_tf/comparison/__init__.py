"""Our numbers beside the authors' own: a user's clone run under tf.compat.v1, or files of reference values.

`case` names the authors' repositories and says what a case is, `cases` holds them, and `registry` finds and runs them;
`runner` starts the clone's process, which is `original_process`. `golden` checks files and `golden_checks` says how.
`differences` defines the difference of two arrays, and `terms` makes the report. Nothing of any clone is part of this
repository. Times are measured in `gpvae_tf.benchmarks`, which builds on this package and not the other way round.
"""

from gpvae_tf.comparison.case import CloneError
from gpvae_tf.comparison.golden import GoldenError, check_files, find_files
from gpvae_tf.comparison.registry import compare_with_clone, find_cases
from gpvae_tf.comparison.runner import OriginalError
from gpvae_tf.comparison.terms import render_terms

__all__ = [
    "CloneError",
    "GoldenError",
    "OriginalError",
    "check_files",
    "compare_with_clone",
    "find_cases",
    "find_files",
    "render_terms",
]
