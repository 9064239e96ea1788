"""The options of every command, each of them declared once; a dataclass of options is what a command is called with."""

import dataclasses

from gpvae_tf.flags.choices import LIKELIHOODS, PRECISIONS
from gpvae_tf.flags.options import inherited, needs, needs_not, option

MODELS = {  # names of --model and the classes they stand for
    "svgp": "SVGPVAE",
    "gp": "GPVAE",
    "markov": "MarkovGPVAE",
    "vecchia": "VecchiaGPVAE",
    "fgp": "FGPVAE",
    "np": "NeuralProcessGPVAE",
    "banded": "BandedGPVAE",
    "vae": "VAE",
}
RECALIBRATIONS = {  # the same of --recalibrate, beside "none"
    "variance": "VarianceScaling",
    "student_t": "StudentTScaling",
    "conformal": "Conformal",
    "residual_gp": "ResidualGP",
}
KERNELS = ("matern12", "matern32", "matern52", "rbf")
HAS_KERNEL = needs_not("model", "vae")
REPAIRED = needs_not("recalibrate", "none")
STRATEGIES = ("none", "mirrored", "multi_worker")


@dataclasses.dataclass(frozen=True)
class DataOptions:
    """How a file is read. A command on a run reads as `fit` did, but for what is given again."""

    time: str | None = option(None, "Column (of a table) or dimension (in .nc) of times; 'time' if not given.")
    series: str | None = option(None, "Column or dimension of the series' ids; 'series' if there is one.")
    values: tuple[str, ...] = option((), "Columns or variables of the observations, A,B,...; all others if not given.")
    covariates: tuple[str, ...] = option((), "Columns or variables that are known at every time, as further inputs.")
    errors: tuple[str, ...] = option(
        (),
        "Columns or variables of the standard deviations with which values were measured, VALUE:COLUMN,...; an .npz "
        "has its own.",
    )
    conditions: tuple[str, ...] = option(
        (),
        "Columns or variables that are known at every time, which encoder and decoder see and the functions of time do "
        "not.",
    )
    exposure: tuple[str, ...] = option(
        (),
        "Column or variable that says how long, or among how many, counts were counted, or VALUE:COLUMN,...; known at "
        "every time, as covariates are.",
    )
    classes: tuple[str, ...] = option(
        (),
        "Columns of observations, covariates or conditions that hold classes, such as texts; NAME=CLASS,... names "
        "these, too.",
    )
    times: str | None = option(
        None, "CSV of the times of a folder's frames: columns sequence, file and time.", is_path=True
    )
    missing: str | None = option(
        None,
        "What stands for a missing value: nan, or a number such as -999, and then NaN too. In tables and .nc files "
        "empty cells and fill values are missing in any case. A row with values needs all its covariates.",
    )


@dataclasses.dataclass(frozen=True)
class FitOptions(DataOptions):
    """Options of `gpvae fit`."""

    out: str = option(
        "",
        "Folder of the run, which is made: model, logs, checkpoints.",
        required=True,
        may_change=True,
        is_path=True,
    )
    model: str = option(
        "svgp",
        "The model: sparse, exact, Markovian, nearest-neighbour, factorised GP, neural process, banded posterior, VAE.",
        choices=tuple(MODELS),
    )
    latent_dim: int = option(6, "Latent channels L.", at_least=1)
    likelihood: str = option("auto", "p(value | latents); auto goes by the values.", choices=("auto", *LIKELIHOODS))
    likelihood_of: tuple[str, ...] = option(
        (), f"Columns whose likelihood is another, NAME:KIND,...; kinds are {', '.join(LIKELIHOODS)}."
    )
    kernel: str = option(
        "matern32", "Functions' smoothness: 0, 1, 2 or all derivatives.", choices=KERNELS, needs=HAS_KERNEL
    )
    period: str | None = option(
        None,
        "What repeats, and drifts: a period in the unit of the times, or as 24h or 7d where they are dates, whose unit "
        "is the second.",
        needs=HAS_KERNEL,
    )
    kernel_dtype: str = option(
        "float64",
        "Of the kernel algebra; float32 is for GPUs that are slow in float64.",
        choices=("float32", "float64"),
        needs=HAS_KERNEL,
    )
    units: int = option(128, "Units of the networks' fully connected layers.", at_least=1)
    mask_channel: bool = option(False, "Let the encoder see which entries were observed.")
    hide_in_training: float = option(
        0.0, "Share of the observed values that training hides from the encoder.", at_least=0.0, below=1.0
    )
    steps: int = option(3_000, "Training steps at most.", at_least=1, may_change=True)
    eval_every: int = option(100, "Steps between evaluations, logs and checkpoints.", at_least=1)
    learning_rate: float = option(2e-3, "Adam's step size.", above=0.0)
    batch_size: int = option(16, "Sequences per batch.", at_least=1, needs=needs_not("points_per_batch"))
    points_per_batch: int | None = option(None, "Points per batch, for a single long series.", at_least=1)
    validation: float = option(0.1, "Share of the sequences that decides when to stop.", at_least=0.0, below=1.0)
    patience: int = option(
        10,
        "Training ends after more evaluations in a row than this without a better validation bound.",
        at_least=1,
        needs=needs("validation"),
    )
    precision: str = option("float32", "Precision of the networks.", choices=PRECISIONS)
    seed: int = option(0, "Seed of the split, the weights, the batches and all draws.", at_least=0)
    resume: bool = option(False, "Continue the run in --out.", may_change=True)
    strategy: str = option(
        "none",
        "Devices: one, all GPUs of this machine, or those of the workers in TF_CONFIG.",
        choices=STRATEGIES,
        may_change=True,
    )
    wait_for_workers: float = option(
        600.0,
        "Seconds to wait for the other workers to start.",
        above=0.0,
        needs=needs("strategy", "multi_worker"),
        may_change=True,
    )


@dataclasses.dataclass(frozen=True)
class RecalibrationOptions(DataOptions):
    """How intervals are repaired on what was observed, which is hidden a part at a time for that."""

    recalibrate: str = option(
        "none",
        "Repair intervals on observed values, hidden a part at a time; see the guide to predictions.",
        choices=("none", *RECALIBRATIONS),
    )
    recalibrate_per: tuple[str, ...] = option(
        (),
        "What is repaired by itself: series, channel or both; nothing for all as one.",
        choices=("series", "channel"),
        needs=REPAIRED,
    )
    gap: int = option(
        1, "Points in a row that are hidden together, where gaps are that long.", at_least=1, needs=needs_not("horizon")
    )
    horizon: str | None = option(
        None,
        "Hide the end of every series, to forecast it from what is before: a number in the unit of the times, or as "
        "24h or 7d where they are dates, whose unit is the second.",
    )
    num_samples: int = option(200, "Draws of the latents.", at_least=2)
    seed: int = option(0, "Seed of the draws and of what is hidden.", at_least=0)


@dataclasses.dataclass(frozen=True)
class ImputeOptions(RecalibrationOptions):
    """Options of `gpvae impute`."""

    out: str = option("", "File or folder to write, of the kind of the input, or an .npz.", required=True, is_path=True)
    interval: float = option(0.95, "Share of the data between the columns lower and upper.", above=0.0, below=1.0)
    gap: int = inherited(RecalibrationOptions, "gap", 1, needs=REPAIRED)
    horizon: str | None = inherited(RecalibrationOptions, "horizon", None, needs=REPAIRED)


@dataclasses.dataclass(frozen=True)
class PredictOptions(ImputeOptions):
    """Options of `gpvae predict`."""

    at: str = option("", "File with the times (and series, covariates) to predict at.", required=True, is_path=True)


@dataclasses.dataclass(frozen=True)
class SampleOptions(DataOptions):
    """Options of `gpvae sample`."""

    at: str = option("", "File whose first sequence has the times to draw at.", required=True, is_path=True)
    out: str = option("", ".npz file to write.", required=True, is_path=True)
    num: int = option(5, "Sequences to draw from the prior.", at_least=1)
    noise: bool = option(False, "Draw what could be observed, not its expected values.")
    seed: int = option(0, "Seed of the draws.", at_least=0)


@dataclasses.dataclass(frozen=True)
class EvaluateOptions(RecalibrationOptions):
    """Options of `gpvae evaluate`."""

    hide: float = option(
        0.2, "Share of the observed values that is hidden.", above=0.0, below=1.0, needs=needs_not("horizon")
    )
    whole: bool = option(False, "Hide whole points, all values of a time at once.", needs=needs_not("horizon"))
    origins: int = option(
        1,
        "Forecasts of every series, of its last HORIZON, of the HORIZON before that and so on.",
        at_least=1,
        needs=needs("horizon"),
    )
    interval: float = option(0.95, "Level of the interval that is scored.", above=0.0, below=1.0)
    out: str | None = option(None, "JSON file for the scores; RUN/evaluation.json if not given.", is_path=True)


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """Options of `gpvae export`."""

    out: str = option("", "Folder whose next version is written, OUT/1 first.", required=True, is_path=True)


@dataclasses.dataclass(frozen=True)
class LaunchOptions:
    """Options of `gpvae launch`."""

    cluster: str = option(
        "loopback",
        "Where workers are: processes started here, tasks of a SLURM step, pods of an indexed Kubernetes Job.",
        choices=("loopback", "slurm", "kubernetes"),
    )
    workers: int | None = option(
        None, "Workers to start here, or completions of the Job.", at_least=1, needs=needs_not("cluster", "slurm")
    )
    restarts: int = option(
        0, "Starts that a worker gets after an error.", at_least=0, needs=needs("cluster", "loopback")
    )
    service: str | None = option(None, "Headless service of the Job's pods.", needs=needs("cluster", "kubernetes"))
    port: int = option(
        2222, "Port of the first worker on a node.", at_least=1, at_most=65535, needs=needs_not("cluster", "loopback")
    )


@dataclasses.dataclass(frozen=True)
class NoOptions:
    """No options."""
