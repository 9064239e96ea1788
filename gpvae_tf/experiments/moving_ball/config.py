"""The moving-ball experiment: the authors' flags as a configuration, and what each of them builds."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import inducing, kernels, networks, serving
from gpvae_tf._keras import keras
from gpvae_tf.as_coded.ball_kl import AsCodedGP
from gpvae_tf.data import MovingBall
from gpvae_tf.evaluation import trajectories
from gpvae_tf.experiments.base import ExperimentConfig
from gpvae_tf.latent_gps import SparseGP, TitsiasGP
from gpvae_tf.models import GPVAE, SVGPVAE, VAE, LatentGPVAE, NeuralProcessGPVAE
from gpvae_tf.objectives import BetaELBO
from gpvae_tf.training.optimizers import PRECISIONS, make_optimizer

ELBOS = ("GPVAE_Pearce", "VAE", "NP", "SVGPVAE_Hensman", "SVGPVAE_Titsias")

# Every difference between the paper's equations and the authors' script, by name.
PRESETS: dict[str, dict[str, Any]] = {
    "paper": {"hensman": SparseGP, "sample_clip": None, "test_batches": 10},
    # B1, the KL as coded; q_S variances clipped for sampling; one of the ten test batches is looked at.
    "authors_code": {"hensman": AsCodedGP, "sample_clip": (1e-4, 1e3), "test_batches": 1},
}


@dataclasses.dataclass(frozen=True)
class BallConfig(ExperimentConfig):
    """What determines the numbers of a moving-ball run; names and defaults are the authors' flags.

    See `scripts/BALL_experiment.py --help` for each. Errors name the flag.
    """

    elbo: str = "GPVAE_Pearce"
    preset: str = "paper"
    seed: int = 0
    steps: int = 25000
    steps_per_epoch: int = 1000
    beta0: float = 1.0
    modellt: float = 2.0
    vidlt: float = 2.0
    tmax: int = 30
    m: int = 15
    GP_joint: bool = False
    GP_init: float = 2.0
    ip_joint: bool = False
    ip_min: int = 1
    ip_max: int = 30
    clip_qs: bool = False
    clip_grad: bool = False
    jitter: float = 1e-9
    precision: str = "float32"
    gp_dtype: str = "float64"

    may_change_on_resume = ("steps",)  # no annotation: the class's, not a field

    def __post_init__(self):
        for name, allowed in (
            ("elbo", ELBOS),
            ("preset", tuple(PRESETS)),
            ("precision", PRECISIONS),
            ("gp_dtype", ("float32", "float64")),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(f"--{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}")
        for name in ("steps", "steps_per_epoch", "modellt", "vidlt", "m", "GP_init"):
            if not getattr(self, name) > 0:
                raise ValueError(f"--{name} must be positive, got {getattr(self, name)}")
        if self.tmax < 4:
            raise ValueError(f"--tmax must be at least 4 frames, got {self.tmax}")
        if self.modellt != self.vidlt and not self.GP_joint and self.elbo != "VAE":
            raise ValueError(
                f"--modellt={self.modellt} and --vidlt={self.vidlt} differ: model and data must share their length "
                "scale, unless it is learned (--GP_joint) or the model has none (--elbo=VAE)"
            )
        if self.ip_joint and not self.is_sparse:
            raise ValueError(f"--ip_joint needs inducing points, which --elbo={self.elbo} does not have")
        if self.GP_joint and self.elbo == "VAE":
            raise ValueError("--GP_joint needs a GP, which --elbo=VAE does not have")
        if self.precision == "float64" and self.gp_dtype == "float32":
            raise ValueError("--precision=float64 makes everything float64; it contradicts --gp_dtype=float32")

    def folder(self, expid: str) -> str:
        """Name of a run's folder."""
        return f"{expid}_{self.elbo}"

    @property
    def num_steps(self) -> int:
        return self.steps

    @property
    def is_sparse(self) -> bool:
        """Whether the model has inducing points."""
        return self.elbo.startswith("SVGPVAE")

    @property
    def data(self) -> MovingBall:
        """The distribution of the videos."""
        return MovingBall(num_frames=self.tmax, length_scale=self.vidlt)

    def stream(self, start: int) -> tf.data.Dataset:
        """Training batches beginning with number `start`."""
        return self.data.stream(self.seed, start)

    def test_set(self) -> list[dict[str, tf.Tensor]]:
        """The test batches: the same for all models and seeds of a video distribution."""
        return _test_batches(self.data, PRESETS[self.preset]["test_batches"])

    def _kernel(self) -> kernels.Kernel:
        """One length scale per channel (x and y), learned from --GP_init with --GP_joint."""
        value = self.GP_init if self.GP_joint else self.modellt
        variable_dtype = "float64" if self.precision == "float64" else "float32"
        return kernels.exponentiated_quadratic(
            [value, value], trainable=self.GP_joint, dtype=self.gp_dtype, variable_dtype=variable_dtype
        )

    def _inducing_points(self) -> inducing.InducingPoints:
        """Times 1..tmax if fixed, --ip_min..--ip_max if learned; a set per channel."""
        ends = (self.ip_min, self.ip_max) if self.ip_joint else (1, self.tmax)
        points = inducing.grid(*ends, self.m, channels=2, num_inputs=self.tmax)
        dtype = "float64" if self.precision == "float64" else "float32"
        return inducing.InducingPoints(points, trainable=self.ip_joint, dtype=dtype)

    def build_model(self) -> LatentGPVAE:
        """The model of --elbo, not compiled."""
        preset = PRESETS[self.preset]
        nets = (networks.ball_encoder(policy=self.precision), networks.ball_decoder(policy=self.precision))
        options: dict[str, Any] = dict(
            image_shape=self.data.image_shape,
            latent_dim=2,
            objective=BetaELBO(self.beta0),
            seed=self.seed,
            noise_clip=(1e-6, 1e3) if self.clip_qs else None,
        )
        if self.elbo == "VAE":
            return VAE(*nets, gp_dtype=self.gp_dtype, **options)
        if not self.is_sparse:
            exact: type[GPVAE] = {"GPVAE_Pearce": GPVAE, "NP": NeuralProcessGPVAE}[self.elbo]
            return exact(*nets, self._kernel(), **options)
        variant = {"SVGPVAE_Hensman": preset["hensman"], "SVGPVAE_Titsias": TitsiasGP}[self.elbo]
        options.update(sparse_gp=variant, jitter=self.jitter, sample_clip=preset["sample_clip"])
        return SVGPVAE(*nets, self._kernel(), self._inducing_points(), **options)

    def optimizer(self) -> keras.optimizers.Optimizer:
        return make_optimizer(precision=self.precision, clip_value=1e5 if self.clip_grad else None)

    def evaluate(self, model: LatentGPVAE) -> dict[str, float]:
        """Squared error and RMSE of the test trajectories, and what is learned of kernel and inducing points."""
        numbers = trajectories.evaluate(model, self.test_set())
        if self.GP_joint:
            scales = np.array(model.latent_gp.kernel.length_scale)
            numbers |= {f"length_scale_{axis}": float(s) for axis, s in zip("xy", scales)}
        if self.ip_joint:
            points = model.latent_gp.inducing_points.locations.numpy()[..., 0]
            numbers |= {
                f"inducing_{axis}_{i:02d}": float(p) for axis, row in zip("xy", points) for i, p in enumerate(row)
            }
        return numbers

    def servable(self, model: LatentGPVAE) -> serving.Servable:
        return serving.ServableLatentGP(model, input_dim=1)

    def summary(self, numbers: Mapping[str, float]) -> str:
        return (
            f"RMSE per frame {numbers['test_rmse']:.4f}, squared error {numbers['test_sse']:.1f} per batch of "
            f"{self.data.batch_size} videos"
        )


@functools.lru_cache(maxsize=2)
def _test_batches(data: MovingBall, num_batches: int) -> list[dict[str, tf.Tensor]]:
    """Drawn once per process: 4.3 MB a batch."""
    return list(data.test_set(seed=0, num_batches=num_batches))
