"""The moving ball (SVGP-VAE, Section 4.1): what its configuration stands for."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from gpvae_tf import inducing, kernels, networks, serving
from gpvae_tf._keras import keras
from gpvae_tf.as_coded.ball_kl import AsCodedGP
from gpvae_tf.datasets import MovingBall, moving_ball
from gpvae_tf.evaluation import trajectories
from gpvae_tf.experiments.base import Experiment
from gpvae_tf.experiments.moving_ball.config import SPARSE, BallConfig, BallOptions
from gpvae_tf.latent_gps import SparseGP, TitsiasGP
from gpvae_tf.models import GPVAE, SVGPVAE, VAE, LatentGPVAE, MarkovGPVAE, NeuralProcessGPVAE, VecchiaGPVAE
from gpvae_tf.objectives import BetaELBO
from gpvae_tf.training.optimizers import make_optimizer

# Every difference between the paper's equations and the authors' script, by name.
PRESETS: dict[str, dict[str, Any]] = {
    "paper": {"hensman": SparseGP, "sample_clip": None, "test_batches": 10},
    # B1, the KL as coded; q_S variances clipped for sampling; one of the ten test batches is looked at.
    "authors_code": {"hensman": AsCodedGP, "sample_clip": (1e-4, 1e3), "test_batches": 1},
}
# Models of a kernel and nothing else.
OF_KERNEL: dict[str, Callable[..., LatentGPVAE]] = {
    "GPVAE_Pearce": GPVAE,
    "NP": NeuralProcessGPVAE,
    "GPVAE_Markov": MarkovGPVAE,
    "GPVAE_Vecchia": VecchiaGPVAE,
}
FAMILIES = {"GPVAE_Markov": functools.partial(kernels.matern, 2.5)}  # of kernels, where it is not the data's


class BallExperiment(Experiment[BallConfig]):
    """A moving-ball run: its videos, its model and the trajectories it recovers."""

    name = "ball"
    script = "BALL_experiment.py"
    config_class = BallConfig
    options_class = BallOptions
    folder_name = "{expid}_{elbo}"

    @property
    def num_steps(self) -> int:
        return self.config.steps

    @property
    def steps_per_epoch(self) -> int:
        return self.config.steps_per_epoch

    @property
    def data(self) -> MovingBall:
        """The distribution of the videos."""
        return MovingBall(num_frames=self.config.tmax, length_scale=self.config.vidlt)

    def check_options(self, options: BallOptions) -> None:
        for path in moving_ball.PATHS.values() if options.squares_circles else ():
            try:
                path(self.config.tmax)
            except ValueError as error:
                raise ValueError(f"--squares_circles with --tmax={self.config.tmax}: {error}") from error

    def stream(self, start: int) -> tf.data.Dataset:
        return self.data.stream(self.config.seed, start)

    @functools.cached_property
    def test_set(self) -> list[dict[str, tf.Tensor]]:
        """The test batches, the same for all models and seeds of a video distribution; 4.3 MB each."""
        return list(self.data.test_set(seed=0, num_batches=PRESETS[self.config.preset]["test_batches"]))

    def build_model(self) -> LatentGPVAE:
        """The model of --elbo."""
        config, preset = self.config, PRESETS[self.config.preset]
        nets = (networks.ball_encoder(policy=config.precision), networks.ball_decoder(policy=config.precision))
        options: dict[str, Any] = dict(
            event_shape=self.data.image_shape,
            latent_dim=2,
            objective=BetaELBO(config.beta0),
            seed=config.seed,
            noise_clip=(1e-6, 1e3) if config.clip_qs else None,
        )
        if config.elbo == "VAE":
            return VAE(*nets, gp_dtype=config.gp_dtype, **options)
        if config.elbo not in SPARSE:
            return OF_KERNEL[config.elbo](*nets, self._kernel(), **options)
        variant = {"SVGPVAE_Hensman": preset["hensman"], "SVGPVAE_Titsias": TitsiasGP}[config.elbo]
        options.update(sparse_gp=variant, jitter=config.jitter, sample_clip=preset["sample_clip"])
        return SVGPVAE(*nets, self._kernel(), self._inducing_points(), **options)

    def _kernel(self) -> kernels.Kernel:
        """One length scale per channel (x and y), learned from --GP_init with --GP_joint."""
        config = self.config
        value = config.GP_init if config.GP_joint else config.modellt
        family = FAMILIES.get(config.elbo, kernels.exponentiated_quadratic)
        return family([value, value], trainable=config.GP_joint, **config.dtypes)

    def _inducing_points(self) -> inducing.InducingPoints:
        """Times 1..tmax if fixed, --ip_min..--ip_max if learned; a set per channel."""
        config = self.config
        ends = (config.ip_min, config.ip_max) if config.ip_joint else (1, config.tmax)
        points = inducing.grid(*ends, config.m, channels=2, num_inputs=config.tmax)
        return inducing.InducingPoints(points, trainable=config.ip_joint, dtype=config.dtypes["variable_dtype"])

    def optimizer(self) -> keras.optimizers.Optimizer:
        return make_optimizer(precision=self.config.precision, clip_value=1e5 if self.config.clip_grad else None)

    def evaluate(self) -> dict[str, float]:
        """Squared error and RMSE of the test trajectories, and what is learned of kernel and inducing points."""
        numbers = trajectories.evaluate(self.model, self.test_set)
        if self.config.GP_joint:
            names = {f"length_scale[{i}]": f"length_scale_{axis}" for i, axis in enumerate("xy")}
            found = kernels.learned(self.model.latent_gp.kernel)
            numbers |= {names.get(name, name): value for name, value in found.items()}
        if self.config.ip_joint:
            points = self.model.latent_gp.inducing_points.locations.numpy()[..., 0]
            numbers |= {
                f"inducing_{axis}_{i:02d}": float(p) for axis, row in zip("xy", points) for i, p in enumerate(row)
            }
        return numbers

    def summary(self, numbers: Mapping[str, float]) -> str:
        return (
            f"RMSE per frame {numbers['test_rmse']:.4f}, squared error {numbers['test_sse']:.1f} per batch of "
            f"{self.data.batch_size} videos"
        )

    def servable(self) -> serving.Servable:
        return serving.ServableLatentGP(self.model, input_dim=1)
