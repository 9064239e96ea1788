"""Fills in hidden values of BasicMotions: models from data beside linear interpolation and an exact GP per channel.

    pip download --no-deps aeon && unzip -j aeon-*.whl '*/BasicMotions/*.ts' -d FOLDER
    python scripts/own_data.py --folder=FOLDER --results=results/own_data [--steps=1000] [--gap=20] [--seeds=0,1,2]

Trains on 40 recordings and scores hidden values of 40 others, in units of every channel's standard deviation. Writes
results/own_data/own_data.json. Takes about 10 minutes for each seed on 2 CPU cores.
"""

import datetime
import shlex
import sys
from pathlib import Path

import numpy as np
from absl import app, flags

from gpvae_tf import results
from gpvae_tf.evaluation import predictive
from gpvae_tf.experiments.own_data import forecasts, motions
from gpvae_tf.experiments.run import one_clear_message
from gpvae_tf.flags.help import run_main
from gpvae_tf.likelihoods import HeteroscedasticGaussianLikelihood
from gpvae_tf.training.provenance import git_commit

flags.DEFINE_string("folder", None, "Folder of BasicMotions_TRAIN.ts and BasicMotions_TEST.ts.")
flags.DEFINE_string("results", None, "Folder in which own_data.json is written; none by default.")
flags.DEFINE_integer("steps", 1000, "Training steps of every model.", lower_bound=1)
flags.DEFINE_integer("gap", 0, "Hide this many times in a row instead of a fifth of all values.", lower_bound=0)
flags.DEFINE_list("seeds", ["0"], "Seeds of the models.")
flags.DEFINE_float("level", 0.9, "Level of the intervals.", lower_bound=0.5, upper_bound=0.99)
FLAGS = flags.FLAGS

MODELS = {  # row -> class and options
    "exact GP-VAE": ("GPVAE", {}),
    "exact GP-VAE, 30 % hidden in training": ("GPVAE", {"hiding": (0.0, 0.3)}),
    "exact GP-VAE, 30 % hidden in training, noise from the decoder": (
        "GPVAE",
        {"hiding": (0.0, 0.3), "likelihood": HeteroscedasticGaussianLikelihood()},
    ),
    "VAE": ("VAE", {}),
}


def main(argv: list[str]) -> None:
    """Trains, scores and writes the rows."""
    if len(argv) > 1:
        raise app.UsageError(f"unexpected arguments {argv[1:]}; every option is a --flag")
    with one_clear_message():
        if not FLAGS.folder:
            raise ValueError("--folder is not given; it names the folder of BasicMotions' .ts files")
        train, test = (motions.load(FLAGS.folder, n, gap=FLAGS.gap, seed=i) for i, n in enumerate(("TRAIN", "TEST")))
        scale = np.std(train.values, axis=(0, 1), where=train.mask)
        for name, make in BASELINES.items():
            keep(name, [scored(make(train, test), test, scale)])
        for name, (model, options) in MODELS.items():
            seeds = [int(seed) for seed in FLAGS.seeds]
            made = (forecasts.model_from_data(model, train, test, steps=FLAGS.steps, seed=s, **options) for s in seeds)
            keep(name, [scored(forecast, test, scale) for forecast in made])


def keep(model: str, found: list[dict[str, float]]) -> None:
    """Prints the scores of a model and writes its rows."""
    for each in found:
        print(f"{model}: {', '.join(f'{name} {value:.4g}' for name, value in each.items())}", flush=True)
    if FLAGS.results:
        results.update(Path(FLAGS.results) / "own_data.json", rows_of(model, found))


BASELINES = {"linear interpolation": forecasts.interpolation, "exact GP per channel": forecasts.gp_per_channel}


def scored(forecast: forecasts.Forecast, test: motions.Part, scale: np.ndarray) -> dict[str, float]:
    """Scores of the hidden values, in standard deviations of the channels."""
    scaled = tuple(part / scale for part in forecast) if isinstance(forecast, tuple) else forecast / scale
    return predictive.scores(test.values / scale, scaled, ~test.mask, FLAGS.level)


def rows_of(model: str, found: list[dict[str, float]]) -> list[results.ResultRow]:
    """The rows of a model, over seeds."""
    hidden = f"{FLAGS.gap} times in a row hidden" if FLAGS.gap else "a fifth hidden"
    rows = []
    for metric in found[0]:
        value, sd = results.summarise(each[metric] for each in found)
        name = f"{metric} of {FLAGS.level:.0%} intervals" if metric in ("coverage", "width") else metric
        rows.append(
            results.ResultRow(
                table="own_data",
                model=model,
                dataset=f"BasicMotions, {hidden}",
                preset="paper",
                metric=name,
                value=value,
                sd=sd,
                seeds=tuple(range(len(found))) if model not in MODELS else tuple(int(s) for s in FLAGS.seeds),
                epochs=1 if model not in MODELS else FLAGS.steps // 2,
                paper=None,
                unit="nats" if metric == "nlpd" else "",
                seconds_per_epoch=None,
                command=shlex.join(["python", *sys.argv]),
                commit=git_commit(),
                date=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            )
        )
    return rows


if __name__ == "__main__":
    run_main(main)
