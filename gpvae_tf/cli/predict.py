"""`gpvae impute` and `gpvae predict`: gaps filled in, and values at other times, with intervals."""

from typing import Any

import numpy as np

from gpvae_tf.checks import interval_tails
from gpvae_tf.cli import queries, writing
from gpvae_tf.cli.loaded_run import load_run
from gpvae_tf.cli.options import ImputeOptions, PredictOptions
from gpvae_tf.cli.recalibrating import check_draws, fitted, imputed, is_per_series, joined, misses_points


def impute(run: str, source: str, options: ImputeOptions) -> None:
    """Fills in what a file lacks and writes a file of the same form to --out.

    Raises:
      ValueError, RunFolderError: naming what is wrong.
    """
    writing.check_out(options.out, IN=source)
    check_draws(options.num_samples, options.interval)
    loaded = load_run(run, options, source)
    model, sequences = loaded.model, loaded.load(source, require_observed=False)
    writing.check_target(options.out, sequences)
    repair = fitted(model, sequences, options, whole=misses_points(sequences))
    made = imputed(model, sequences, options)
    made = repair.imputation(made, options.interval) if repair else made
    more = {name: np.asarray(getattr(made, name)) for name in writing.INTERVAL}
    written = writing.write(options.out, sequences, np.asarray(made.filled), **more)
    share = 1.0 - sequences.share_observed
    print(f"filled in {share:.1%} of {sequences.num_sequences} sequences; wrote {written[-1]}")


def predict(run: str, source: str, options: PredictOptions) -> None:
    """Predicts at the times of --at, given what a file knows, and writes a file of the form of --at to --out.

    Raises:
      ValueError, RunFolderError: naming what is wrong.
    """
    writing.check_out(options.out, IN=source, at=options.at)
    check_draws(options.num_samples, options.interval)
    loaded = load_run(run, options, source)
    model, everything = loaded.model, loaded.load(source, require_observed=False)
    known = queries.asked_about(options.at, everything)
    asked = queries.load_inputs(options.at, known, loaded.reading.missing)
    writing.check_target(options.out, asked)
    tails = interval_tails(options.interval)
    sizes: dict[str, Any] = {"num_samples": options.num_samples, "seed": options.seed, "quantiles": tails}
    repair = fitted(model, known if is_per_series(options) else everything, options, whole=True)
    pairs = zip(known.in_order(), asked.in_order(), strict=True)
    made = joined(model.predict_y(context, at["inputs"], keep_samples=False, **sizes) for context, at in pairs)
    if repair:
        at = np.concatenate([np.asarray(batch["inputs"]) for batch in asked.in_order()])
        made = repair.at(at).predictive(made, tails)
    lower, upper = np.asarray(made.quantiles)
    more = dict(zip(writing.INTERVAL, (np.asarray(made.stddev), lower, upper), strict=True))
    written = writing.write(options.out, asked, np.asarray(made.mean), **more)
    print(f"predicted {int(asked.lengths.sum())} points; wrote {written[-1]}")
