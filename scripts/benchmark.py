"""Step and epoch times as ratios, measured in one run on one machine, and peak memory.

    python scripts/benchmark.py --suite=ball [--original=CLONE] [--results=results]
    python scripts/benchmark.py --suite=mnist [--digits=0123456789] [--original=CLONE] [--original_fgp=CLONE]
    python scripts/benchmark.py --suite=priors [--nomemory] [--images=128] [--samples=100]
    python scripts/benchmark.py --suite=inference [--z_dim=10,20,50]

--suite=ball: one training step (35 videos of 30 frames, data included) of the VAE, the exact GP-VAE and SVGP-VAE with
m = 15, the models taking turns; with a clone of ratschlab/SVGP-VAE its steps too, in a process of their own right
after. Takes about a minute, three with a clone.

--suite=mnist: epochs of rotated MNIST, digit 3, of every model of SVGP-VAE and FGP-VAE with the flags of the authors'
READMEs, over those of CVAE; with --digits the cost per image of more digits over that of one; with clones of
ratschlab/SVGP-VAE and metodj/FGP-VAE their steps too, times the steps of an epoch; then the peak memory of every
model in a process of its own. Takes about 4 minutes, 8 with --digits, and 6 more with both clones.

--suite=priors: one training step (100 binarized images, data included) of every row of CP-VAE's Table 1 over the VAE's;
then the peak memory of Monte Carlo log-likelihoods with 10 times the draws over that with --samples draws, each in a
process of its own. Takes about 4 minutes.

--suite=inference: from 128 images to one draw of q(z | y), every posterior family of the GP-encoder paper over the
VAE, for every --z_dim; the GP encoder's batched product beside a loop over dimensions, and its time over what the
numbers of products let expect. Takes about 4 minutes.

Leave the machine alone meanwhile: a ratio holds only for an idle one.
"""

import dataclasses
import sys
from datetime import date
from pathlib import Path

from absl import app, flags
from common_flags import one_clear_message

from gpvae_tf import results
from gpvae_tf.benchmarks import suite as timing
from gpvae_tf.benchmarks.inference import InferenceSuite
from gpvae_tf.benchmarks.moving_ball import BallSuite
from gpvae_tf.benchmarks.priors import PriorSuite
from gpvae_tf.benchmarks.rotated_mnist import MnistSuite
from gpvae_tf.comparison.runner import OriginalError
from gpvae_tf.results import ResultRow
from gpvae_tf.training import execution
from gpvae_tf.training.provenance import git_commit

SUITES: dict[str, type[timing.Suite]] = {
    "ball": BallSuite,
    "mnist": MnistSuite,
    "priors": PriorSuite,
    "inference": InferenceSuite,
}
SUITE = flags.DEFINE_enum("suite", "ball", list(SUITES), "What to time.")
RESULTS = flags.DEFINE_string("results", None, "Folder to write benchmark_SUITE.json to; none by default.")
flags.DEFINE_integer("rounds", 5, "Turns of every model; the median counts.", lower_bound=1)
flags.DEFINE_integer("steps", BallSuite.steps, "ball, priors: steps per turn.", lower_bound=1)
flags.DEFINE_integer("epochs", MnistSuite.epochs, "mnist: epochs per turn, after one that is not timed.", lower_bound=1)
flags.DEFINE_integer("batches", InferenceSuite.batches, "inference: batches per turn.", lower_bound=1)
flags.DEFINE_enum("jit", "auto", execution.JIT, "Compile with XLA; auto: on a GPU only.")
flags.DEFINE_string("digits", None, "mnist: also time SVGP-VAE and FGP-VAE on these digits, such as 0123456789.")
flags.DEFINE_bool("memory", MnistSuite.memory, "mnist, priors: measure peak memory.")
flags.DEFINE_integer("images", PriorSuite.images, "priors: images of the log-likelihoods.", lower_bound=1)
flags.DEFINE_integer("samples", PriorSuite.samples, "priors: draws of the log-likelihoods.", lower_bound=1)
flags.DEFINE_string("z_dim", InferenceSuite.z_dim, "inference: latent dimensions.")
flags.DEFINE_string("original", None, "A clone of ratschlab/SVGP-VAE to time beside ours.")
flags.DEFINE_string("original_fgp", None, "mnist: a clone of metodj/FGP-VAE to time beside ours.")
flags.DEFINE_string("data_dir", None, "mnist: cache of generated data; GPVAE_TF_DATA or ~/.cache/gpvae_tf by default.")
flags.DEFINE_string("mnist_manual_dir", None, "mnist: folder with MNIST's .gz files, for machines without network.")

FLAGS = flags.FLAGS
PATHS = {"original": "CLONE", "original_fgp": "CLONE", "data_dir": "FOLDER", "mnist_manual_dir": "FOLDER"}


def main(argv: list[str]) -> None:
    """Times, prints, writes."""
    if len(argv) > 1:
        raise app.UsageError(f"unexpected arguments {argv[1:]}; every option is a --flag")
    with one_clear_message(setting_up=True):
        suite = make_suite()
    measured: list[timing.Measurement] = []
    with one_clear_message():
        try:
            for part in suite.measure():
                print(timing.render(part), end="\n\n", flush=True)
                measured += part
        except OriginalError as error:
            sys.exit(f"benchmark.py: error: {error}")
        if RESULTS.value:
            write(suite, measured)


def make_suite() -> timing.Suite:
    """The suite of the flags.

    Raises:
      ValueError: if a flag of another suite is given.
    """
    own = fields(SUITES[SUITE.value])
    foreign = {name for suite in SUITES.values() for name in fields(suite)} - set(own)
    for name in sorted(foreign):
        if FLAGS[name].present:
            raise ValueError(f"--{name} has no effect with --suite={SUITE.value}")
    return SUITES[SUITE.value](**{name: FLAGS[name].value for name in own})


def fields(suite: type[timing.Suite]) -> dict[str, object]:
    """The flags of a suite with their defaults."""
    return {field.name: field.default for field in dataclasses.fields(suite)}  # type: ignore[arg-type]


def write(suite: timing.Suite, measured: list[timing.Measurement]) -> None:
    """Measurements as rows of results/benchmark_SUITE.json."""
    name = f"benchmark_{SUITE.value}"
    given = {flag: getattr(suite, flag) for flag, default in fields(type(suite)).items()}
    shown = [
        f"--{flag}={PATHS.get(flag, value)}" for flag, value in given.items() if value != fields(type(suite))[flag]
    ]
    rows = [
        ResultRow(
            table=name,
            model=one.model,
            dataset=one.dataset,
            preset="paper",
            metric=one.metric,
            value=round(one.value, 3),
            sd=None,
            seeds=(0,),
            epochs=one.epochs,
            paper=one.paper,
            unit=one.unit,
            seconds_per_epoch=None if one.seconds_per_epoch is None else round(one.seconds_per_epoch, 3),
            command=" ".join(["python scripts/benchmark.py", f"--suite={SUITE.value}", *shown]),
            commit=git_commit(),
            date=date.today().isoformat(),
        )
        for one in measured
    ]
    results.update(Path(RESULTS.value) / f"{name}.json", rows)


if __name__ == "__main__":
    app.run(main)
