"""Forecasts of every data set by every baseline and model, and their scores."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gpvae_tf.experiments.own_data import forecasts, motions, own_model, videos
from gpvae_tf.experiments.own_data.entries import MOTIONS, VIDEOS, Candidate
from gpvae_tf.experiments.own_data.options import OwnDataOptions
from gpvae_tf.experiments.own_data.parts import Part
from gpvae_tf.experiments.own_data.scoring import Made, scores

VIDEO_COUNTS = {"TRAIN": 60, "TEST": 40}
BASELINES = {  # key -> title and forecast
    "linear": ("linear interpolation", forecasts.interpolation),
    "gp_per_channel": ("exact GP per channel", forecasts.gp_per_channel),
}
BASELINES_OF = {"motions": ("linear", "gp_per_channel"), "videos": ("linear",)}


class Measured(NamedTuple):
    """A row before it is written.

    Attributes:
      title, dataset: names of the model and of the data.
      scores: of every seed, by name.
      epochs: of training; None if nothing was trained.
      made: the forecast of the first seed.
      test: the part that it is of.
    """

    title: str
    dataset: str
    scores: list[dict[str, float]]
    epochs: int | None
    made: Made
    test: Part


def measured(options: OwnDataOptions) -> Iterator[Measured]:
    """The rows, each as soon as it is known; options are checked at once.

    Raises:
      ValueError: if a row is unknown, seeds are no numbers or alike, or the folder of the motions is not given.
      OSError: if it has no recordings.
    """
    if not options.seeds or not all(seed.isdecimal() for seed in options.seeds):
        raise ValueError(f"--seeds must be whole numbers from 0, got {','.join(options.seeds)!r}")
    if len({int(seed) for seed in options.seeds}) < len(options.seeds):
        raise ValueError(f"--seeds must be different, got {','.join(options.seeds)}")
    if options.data == "own_model":
        if len(options.seeds) > 1:
            raise ValueError(f"--data=own_model takes one seed, got --seeds={','.join(options.seeds)}")
        return of_the_model_itself(options, int(options.seeds[0]))
    train, test, dataset, candidates, hiding = task(options)
    known = [*BASELINES_OF[options.data], *candidates]
    unknown = sorted(set(options.rows) - set(known))
    if unknown:
        raise ValueError(f"--rows has {unknown[0]}; expected some of {', '.join(known)}")
    return _rows(options, options.rows or known, train, test, dataset, candidates, hiding)


def _rows(
    options: OwnDataOptions,
    keys: Sequence[str],
    train: Part,
    test: Part,
    dataset: str,
    candidates: Mapping[str, Candidate],
    hiding: Mapping[str, Any],
) -> Iterator[Measured]:
    """The rows of a task (see `task`) by their names."""
    seeds = [int(seed) for seed in options.seeds]
    for key in keys:
        if key in BASELINES:
            title, make = BASELINES[key]
            made = make(train, test)
            yield Measured(title, dataset, [scores(made, test, train.scale, options.level)], None, made, test)
        else:
            of_seeds = []
            for seed in seeds:
                how: dict[str, Any] = {"steps": options.steps, "level": options.level, "seed": seed, **hiding}
                of_seeds.append(
                    dict(titled(candidates[key].title, forecasts.of_candidate(candidates[key], train, test, **how)))
                )
            epochs = -(-options.steps // -(-len(train.values) // forecasts.BATCH_SIZE))
            trained_on = dataset if options.steps == OwnDataOptions.steps else f"{dataset}, {options.steps} steps"
            for title, first in of_seeds[0].items():
                found = [scores(each[title], test, train.scale, options.level) for each in of_seeds]
                yield Measured(title, trained_on, found, epochs, first, test)


def of_the_model_itself(options: OwnDataOptions, seed: int) -> Iterator[Measured]:
    """The rows of series that are drawn from a model."""
    part = own_model.draw(options.num, seed=seed)
    dataset = f"{options.num} series drawn from the model, half of the times hidden"
    forecast = forecasts.of_model(own_model.build(), part, level=options.level, seed=seed, whole=True)
    for title, made in titled("exact GP-VAE, the model itself", forecast):
        yield Measured(title, dataset, [scores(made, part, part.scale, options.level)], None, made, part)


def task(options: OwnDataOptions) -> tuple[Part, Part, str, Mapping[str, Candidate], dict[str, Any]]:
    """Training part, test part, name of the data set, its models, and what is hidden to recalibrate.

    Raises:
      ValueError: if the folder of the motions is not given.
    """
    if options.data == "motions":
        if not options.folder:
            raise ValueError("--folder is not given; it names the folder of BasicMotions' .ts files")
        hidden, hiding = hidden_of_motions(options)
        lengths = {"gap": options.gap, "horizon": options.horizon}
        parts = [motions.load(options.folder, n, **lengths, seed=i) for i, n in enumerate(("TRAIN", "TEST"))]
        return parts[0], parts[1], f"BasicMotions, {hidden}", MOTIONS, hiding
    with tempfile.TemporaryDirectory() as folder:
        for seed, (name, num) in enumerate(VIDEO_COUNTS.items()):
            videos.write(Path(folder) / name, num, seed=seed)
        train, test = (videos.load(Path(folder) / name) for name in VIDEO_COUNTS)
    return train, test, "a folder of videos, a fifth of the frames hidden", VIDEOS, {"whole": True}


def hidden_of_motions(options: OwnDataOptions) -> tuple[str, dict[str, Any]]:
    """What is hidden of the recordings, in words, and the like of it for `recalibration.held_out`."""
    if options.horizon:
        return f"the last {options.horizon} times hidden", {"horizon": options.horizon * motions.INTERVAL}
    if options.gap:
        return f"{options.gap} times in a row hidden", {"whole": True, "run": options.gap}
    return "a fifth hidden", {}


def titled(title: str, made: Mapping[str, Made]) -> Iterator[tuple[str, Made]]:
    """The forecasts by the names of their rows."""
    for done, each in made.items():
        yield f"{title}; {done}" if done else title, each
