"""Step times as ratios, measured in one run on one machine.

    python scripts/benchmark.py --suite=ball [--original=PATH_TO_CLONE] [--results=results]

--suite=ball: one training step (35 videos of 30 frames, data included) of the VAE, the exact GP-VAE and SVGP-VAE with
m = 15, the models taking turns; with a clone of ratschlab/SVGP-VAE its steps too, in a process of their own right
after. Takes about a minute, three with a clone. Leave the machine alone meanwhile: a ratio holds only for an idle one.
"""

import statistics
from datetime import date
from pathlib import Path

from absl import app, flags
from common_flags import one_clear_message

from gpvae_tf import results
from gpvae_tf.comparison import timing
from gpvae_tf.comparison.differences import table
from gpvae_tf.comparison.registry import find_cases
from gpvae_tf.provenance import git_commit
from gpvae_tf.results import ResultRow
from gpvae_tf.training import execution

SUITES = ("ball",)
SUITE = flags.DEFINE_enum("suite", "ball", SUITES, "What to time.")
ORIGINAL = flags.DEFINE_string("original", None, "A clone of ratschlab/SVGP-VAE to time beside ours.")
ROUNDS = flags.DEFINE_integer("rounds", 5, "Turns of every model; the median of their means counts.", lower_bound=1)
STEPS = flags.DEFINE_integer("steps", 40, "Steps per turn.", lower_bound=1)
JIT = flags.DEFINE_enum("jit", "auto", execution.JIT, "Compile with XLA; auto: on a GPU only.")
RESULTS = flags.DEFINE_string("results", None, "Folder to write benchmark_SUITE.json to; none by default.")

BASELINE = "VAE"


def main(argv: list[str]) -> None:
    """Times, prints, writes."""
    if len(argv) > 1:
        raise app.UsageError(f"unexpected arguments {argv[1:]}; every option is a --flag")
    with one_clear_message(setting_up=True):
        if ORIGINAL.value:
            find_cases(Path(ORIGINAL.value))  # refuses what is no clone before anything is timed
        jit = execution.use_jit(JIT.value)
        ours = timing.time_interleaved(timing.ELBOS, ROUNDS.value, STEPS.value, jit=jit)
        median = {elbo: statistics.median(means) for elbo, means in ours.items()}
        ratios = {(elbo, f"step time over {BASELINE}'s"): t / median[BASELINE] for elbo, t in median.items()}
        del ratios[BASELINE, f"step time over {BASELINE}'s"]
        rows = [(elbo, f"{1e3 * s:.1f}", f"{s / median[BASELINE]:.2f}") for elbo, s in median.items()]
        print(table(("ours", "ms per step", f"over {BASELINE}"), rows))
        if ORIGINAL.value:
            steps = ROUNDS.value * STEPS.value
            theirs = {elbo: timing.time_original(Path(ORIGINAL.value), elbo, steps) for elbo in timing.ELBOS}
            ratios |= {(elbo, "original's step time over ours"): theirs[elbo] / t for elbo, t in median.items()}
            print(timing.render([timing.StepTime(elbo, theirs[elbo], t) for elbo, t in median.items()]))
        if RESULTS.value:
            write(ratios)


def write(ratios: dict[tuple[str, str], float]) -> None:
    """The ratios, by model and metric, as rows of results/benchmark_SUITE.json."""
    name = f"benchmark_{SUITE.value}"
    original = " --original=PATH_TO_CLONE" if ORIGINAL.value else ""
    rows = [
        ResultRow(
            table=name,
            model=model,
            dataset="moving ball, 35 videos of 30 frames",
            preset="paper",
            metric=metric,
            value=round(ratio, 3),
            sd=None,
            seeds=(0,),
            epochs=1,
            paper=None,
            unit="ratio",
            seconds_per_epoch=None,
            command=f"python scripts/benchmark.py --suite={SUITE.value}{original} --jit={JIT.value}",
            commit=git_commit(),
            date=date.today().isoformat(),
        )
        for (model, metric), ratio in ratios.items()
    ]
    results.update(Path(RESULTS.value) / f"{name}.json", rows)


if __name__ == "__main__":
    app.run(main)
