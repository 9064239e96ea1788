"""`gpvae impute` and `gpvae predict`: gaps filled in, and values at other times, with intervals."""

from typing import Any

import numpy as np

from gpvae_tf.cli import reading
from gpvae_tf.cli.options import ImputeOptions, PredictOptions
from gpvae_tf.cli.run_files import load_run
from gpvae_tf.data import SequenceData


def impute(run: str, source: str, options: ImputeOptions) -> None:
    """Fills in what a file lacks and writes a file of the same form to --out.

    Raises:
      ValueError, RunFolderError: naming what is wrong.
    """
    _check_out(options)
    model, how = load_run(run, options, source)
    sequences = reading.load(source, how, require_observed=False)
    values = filled(model, sequences, options)
    written = reading.write(str(options.out), sequences, values.pop("filled"), **values)
    share = 1.0 - sequences.share_observed
    print(f"filled in {share:.1%} of {sequences.num_sequences} sequences; wrote {written[-1]}")


def filled(model: Any, sequences: SequenceData, options: Any) -> dict[str, np.ndarray]:
    """The sequences without gaps, their predictive standard deviation and interval, by name, [N, n, *event] each."""
    sizes = {"interval": options.interval, "num_samples": options.num_samples, "seed": options.seed}
    return _collected(model.impute(batch, **sizes) for batch in sequences.in_order())


def predict(run: str, source: str, options: PredictOptions) -> None:
    """Predicts at the times of --at, given what a file knows, and writes a file of the form of --at to --out.

    Raises:
      ValueError, RunFolderError: naming what is wrong.
    """
    _check_out(options)
    if not options.at:
        raise ValueError("--at is not given; it names the file with the times to predict at")
    model, how = load_run(run, options, source, options.at)
    known = reading.load(source, how)
    asked = reading.load_inputs(options.at, how, known)
    tails = (1.0 - options.interval) / 2.0, (1.0 + options.interval) / 2.0
    sizes = {"num_samples": options.num_samples, "seed": options.seed, "quantiles": tails}
    pairs = zip(known.in_order(), asked.in_order(), strict=True)
    made = (model.predict_y(context, at["inputs"], **sizes) for context, at in pairs)
    parts = [(each.mean, each.stddev, each.quantiles[0], each.quantiles[1]) for each in made]
    mean, stddev, lower, upper = (np.concatenate([np.asarray(p) for p in column]) for column in zip(*parts))
    written = reading.write(str(options.out), asked, mean, stddev=stddev, lower=lower, upper=upper)
    print(f"predicted {int(asked.lengths.sum())} points; wrote {written[-1]}")


def _collected(parts: Any) -> dict[str, np.ndarray]:
    """Fields of named tuples, of all batches."""
    batches = [each._asdict() for each in parts]
    names = ("filled", "stddev", "lower", "upper")
    return {name: np.concatenate([np.asarray(batch[name]) for batch in batches]) for name in names}


def _check_out(options: ImputeOptions) -> None:
    if not options.out:
        raise ValueError("--out is not given; it names the file to write")
