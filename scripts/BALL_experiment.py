"""Moving ball (SVGP-VAE Section 4.1): trains a VAE, an exact GP-VAE, its neural-process bound, or SVGP-VAE.

Flags have the names and defaults of BALL_experiment.py in ratschlab/SVGP-VAE, and the commands of its README work:

    python BALL_experiment.py --elbo VAE
    python BALL_experiment.py --elbo GPVAE_Pearce
    python BALL_experiment.py --elbo SVGPVAE_Hensman --clip_qs

Writes BASE_DIR/EXPID_ELBO/: config.json, metrics.csv, tensorboard/, checkpoints/, saved_model/, trajectories.png,
training_curves.png. The default 25,000 steps take 11 to 20 minutes on 2 CPU cores; RMSE per frame ends near 0.1 with a
GP and near 1.1 without.
"""

from pathlib import Path

from absl import app, flags
from common_flags import define_common_flags
from run import check_needs, run

from gpvae_tf.data import moving_ball
from gpvae_tf.experiments.moving_ball import pictures as ball_pictures
from gpvae_tf.experiments.moving_ball.config import ELBOS, PRESETS, BallConfig
from gpvae_tf.models import LatentGPVAE

flags.DEFINE_integer("steps", BallConfig.steps, "Adam steps, one batch of 35 new videos each.")
flags.DEFINE_integer(
    "steps_per_epoch", BallConfig.steps_per_epoch, "Steps between evaluations, log rows and checkpoints."
)
flags.DEFINE_float("beta0", BallConfig.beta0, "Constant weight of the term beside the reconstruction; 1 is the ELBO.")
flags.DEFINE_enum("elbo", BallConfig.elbo, ELBOS, "Model and bound.")
flags.DEFINE_float(
    "modellt",
    BallConfig.modellt,
    "Length scale of the model's kernel, frames; must equal --vidlt unless it is learned.",
)
flags.DEFINE_float("vidlt", BallConfig.vidlt, "Length scale of the GP that moves the ball, frames.")
flags.DEFINE_integer("tmax", BallConfig.tmax, "Frames per video.")
flags.DEFINE_integer("m", BallConfig.m, "Inducing points per latent channel.")
flags.DEFINE_bool("GP_joint", BallConfig.GP_joint, "Learn the length scales, from --GP_init.")
flags.DEFINE_float("GP_init", BallConfig.GP_init, "Initial length scale with --GP_joint, frames.")
flags.DEFINE_bool(
    "ip_joint", BallConfig.ip_joint, "Learn the inducing points, from --m equally spaced in [--ip_min, --ip_max]."
)
flags.DEFINE_integer("ip_min", BallConfig.ip_min, "First initial inducing point with --ip_joint, frame.")
flags.DEFINE_integer("ip_max", BallConfig.ip_max, "Last initial inducing point with --ip_joint, frame.")
flags.DEFINE_bool(
    "clip_qs", BallConfig.clip_qs, "Clip the encoder's variances to [1e-6, 1e3]. (The authors ignore it for exact GPs.)"
)
flags.DEFINE_float("jitter", BallConfig.jitter, "Relative jitter of K_mm; raised to what acts in --gp_dtype, 0 is off.")
flags.DEFINE_bool("clip_grad", BallConfig.clip_grad, "Clip every gradient entry to +-1e5.")
flags.DEFINE_bool("squares_circles", False, "Also draw the encoder's image of a circle and a square grid of positions.")
define_common_flags(tuple(PRESETS), expid="debug")

FLAGS = flags.FLAGS


def main(argv: list[str]) -> None:
    """Trains, evaluates, exports, draws."""
    run("ball", BallConfig, argv, check=check_flags, draw=draw)


def check_flags(config: BallConfig) -> None:
    """Refuses flags that would be ignored, before anything is built."""
    sparse = ("elbo=SVGPVAE_Hensman or SVGPVAE_Titsias", config.is_sparse)
    check_needs(
        {
            "squares_circles": ("save and --figures", FLAGS.save and FLAGS.figures),
            "ip_min": ("ip_joint", config.ip_joint),
            "ip_max": ("ip_joint", config.ip_joint),
            "GP_init": ("GP_joint", config.GP_joint),
            "m": sparse,
            "jitter": sparse,
        }
    )
    if FLAGS.squares_circles:
        moving_ball.square_path(config.tmax)  # refuses videos that are too short for the picture


def draw(folder: Path, config: BallConfig, model: LatentGPVAE) -> list[Path]:
    """The run's pictures."""
    return ball_pictures.draw_run(folder, config, model, squares_circles=FLAGS.squares_circles)


if __name__ == "__main__":
    app.run(main)
