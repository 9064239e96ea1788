"""What scripts/own_data.py does: makes the forecasts of a data set, scores them, and writes rows and pictures."""

import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path

from gpvae_tf import plotting, results
from gpvae_tf.experiments.own_data import pictures
from gpvae_tf.experiments.own_data.measuring import Measured, measured
from gpvae_tf.experiments.own_data.options import OwnDataOptions
from gpvae_tf.experiments.run import one_clear_message
from gpvae_tf.flags.checks import check_values
from gpvae_tf.flags.command_line import define, read
from gpvae_tf.training.provenance import git_commit

TABLE = "own_data"


def define_flags() -> None:
    """Defines a flag for every option."""
    define(OwnDataOptions)


def main() -> None:
    """Trains, scores and writes the rows."""
    with one_clear_message(setting_up=True):
        options = read(OwnDataOptions)
        check_values(options)
        path = Path(options.results or ".") / f"{TABLE}.json"
        if options.results and path.exists():
            results.read(path)  # a damaged table is told before work, not after
        rows = measured(options)
    with one_clear_message():
        made = {}
        for row in rows:
            for each in row.scores:
                print(f"{row.title}: {', '.join(f'{name} {value:.4g}' for name, value in each.items())}", flush=True)
            if options.results:
                results.update(path, rows_of(row, options))
            if row.made.interval is None:
                made[row.title] = row
        if options.figures:
            draw(made, Path(options.figures), options)


def draw(made: dict[str, Measured], folder: Path, options: OwnDataOptions) -> None:
    """Writes pictures of the rows: calibration of all, and the last one's forecast of two sequences."""
    name = f"{TABLE}_{options.data}{options.gap or ''}{f'_last{options.horizon}' if options.horizon else ''}"
    *_, last = made.values()
    curves = pictures.calibration({title: row.made for title, row in made.items()}, last.test)
    plotting.save(curves, folder / f"{name}_calibration.png")
    if options.data == "motions":
        for number in pictures.RECORDINGS:
            plotting.save(
                pictures.recording(last.made, last.test, number, options.level), folder / f"{name}_{number}.png"
            )
    elif options.data == "videos":
        plotting.save(pictures.video(last.made, last.test, 0), folder / f"{name}.png")


def rows_of(measured: Measured, options: OwnDataOptions) -> list[results.ResultRow]:
    """A row of every score, over seeds."""
    rows = []
    for metric in measured.scores[0]:
        value, sd = results.summarise(each[metric] for each in measured.scores)
        of_level = metric in ("coverage", "width")
        rows.append(
            results.ResultRow(
                table=TABLE,
                model=measured.title,
                dataset=measured.dataset,
                preset="",
                metric=f"{metric} of {100 * options.level:g}% intervals" if of_level else metric,
                value=value,
                sd=sd,
                seeds=tuple(int(seed) for seed in options.seeds) if measured.epochs else (),
                epochs=measured.epochs,
                paper=None,
                unit="nats" if metric == "nlpd" else "",
                seconds_per_epoch=None,
                command=command(options),
                commit=git_commit(),
                date=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            )
        )
    return rows


def command(options: OwnDataOptions) -> str:
    """The command that makes the rows again; FOLDER stands for a path."""
    words = ["python scripts/own_data.py"]
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        text = value if isinstance(value, str) or not isinstance(value, Sequence) else ",".join(value)
        default = ",".join(field.default) if isinstance(field.default, tuple) else field.default
        if field.name in ("results", "figures") or (text == default and field.name != "data"):
            continue
        words.append(f"--{field.name}={'FOLDER' if field.name == 'folder' else text}")
    return " ".join([*words, "--results=results"])
