"""Moving ball (SVGP-VAE Section 4.1): trains a VAE, an exact GP-VAE, its neural-process bound, or SVGP-VAE.

Flags have the names and defaults of BALL_experiment.py in ratschlab/SVGP-VAE, and the commands of its README work:

    python BALL_experiment.py --elbo VAE
    python BALL_experiment.py --elbo GPVAE_Pearce
    python BALL_experiment.py --elbo SVGPVAE_Hensman --clip_qs

Writes BASE_DIR/EXPID_ELBO/: config.json, metrics.csv, tensorboard/, checkpoints/, saved_model/, trajectories.png,
training_curves.png. The default 25,000 steps take 11 to 20 minutes on 2 CPU cores; RMSE per frame ends near 0.1 with a
GP and near 1.1 without.
"""

import dataclasses
from pathlib import Path

from absl import app, flags
from common_flags import define_common_flags, define_gone, one_clear_message

from gpvae_tf import serving
from gpvae_tf.data import moving_ball
from gpvae_tf.experiments import ball_pictures
from gpvae_tf.experiments.ball import ELBOS, PRESETS, BallConfig
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.training import execution
from gpvae_tf.training.loop import train
from gpvae_tf.training.optimizers import make_optimizer
from gpvae_tf.training.run_folder import describe, open_run

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
flags.DEFINE_string("base_dir", ".", "Folder in which the run's folder is made.")
flags.DEFINE_string("expid", "debug", "Name of the run.")
flags.DEFINE_integer(
    "seed", BallConfig.seed, "Of weights, videos and draws. (The authors' is read and never used, B6.)"
)
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
flags.DEFINE_bool("save", True, "Write the run's folder; --nosave trains and prints only.")
flags.DEFINE_bool("show_pics", False, "Open the pictures in windows at the end (needs a display).")
flags.DEFINE_bool("squares_circles", False, "Also draw the encoder's image of a circle and a square grid of positions.")
define_common_flags(tuple(PRESETS))
define_gone("ram", "TensorFlow 2 lets GPU memory grow as needed; there is no fraction to set.")

FLAGS = flags.FLAGS


def main(argv: list[str]) -> None:
    """Trains, evaluates, exports, draws."""
    if len(argv) > 1:
        raise app.UsageError(f"unexpected arguments {argv[1:]}; every option is a --flag")
    with one_clear_message(setting_up=True):
        config = BallConfig(**{field.name: FLAGS[field.name].value for field in dataclasses.fields(BallConfig)})
        check_flags(config)
        execution.prepare(config.seed)
        strategy = execution.make_strategy(FLAGS.strategy)
        with strategy.scope():
            model = config.build_model()
            clip_value = 1e5 if config.clip_grad else None
            optimizer = make_optimizer(precision=config.precision, clip_value=clip_value)
            model.compile(optimizer=optimizer, jit_compile=execution.use_jit(FLAGS.jit, strategy))
        folder, resuming = None, False
        if FLAGS.save:
            folder = execution.worker_folder(Path(FLAGS.base_dir) / config.folder(FLAGS.expid), strategy)
            record = describe("ball", dataclasses.asdict(config), {"jit": FLAGS.jit, "strategy": FLAGS.strategy})
            resuming = open_run(folder, record, resume=FLAGS.resume, may_differ=BallConfig.may_change_on_resume)
    with one_clear_message():
        train(
            model,
            config.stream,
            steps=config.steps,
            steps_per_epoch=min(config.steps, config.steps_per_epoch),
            evaluation=config.evaluate,
            folder=folder,
            resume=resuming,
            verbose=FLAGS.verbose,
        )
        numbers = config.evaluate(model)
        print(
            f"{config.elbo} after {model.num_steps} steps: RMSE per frame {numbers['test_rmse']:.4f}, squared error "
            f"{numbers['test_sse']:.1f} per batch of {config.data.batch_size} videos"
        )
        if folder:
            finish(folder, config, model)


def check_flags(config: BallConfig) -> None:
    """Refuses flags that would be ignored, before anything is built.

    Raises:
      ValueError: naming the flag and what it needs.
    """
    needs = {
        "resume": ("save", FLAGS.save),
        "show_pics": ("save and --figures", FLAGS.save and FLAGS.figures),
        "squares_circles": ("save and --figures", FLAGS.save and FLAGS.figures),
        "ip_min": ("ip_joint", config.ip_joint),
        "ip_max": ("ip_joint", config.ip_joint),
        "GP_init": ("GP_joint", config.GP_joint),
        "m": ("elbo=SVGPVAE_Hensman or SVGPVAE_Titsias", config.is_sparse),
        "jitter": ("elbo=SVGPVAE_Hensman or SVGPVAE_Titsias", config.is_sparse),
    }
    for name, (needed, given) in needs.items():
        if FLAGS[name].present and FLAGS[name].value is not False and not given:
            raise ValueError(f"--{name} has no effect without --{needed}")
    if FLAGS.squares_circles:
        moving_ball.square_path(config.tmax)  # refuses videos that are too short for the picture


def finish(folder: Path, config: BallConfig, model: LatentGPVAE) -> None:
    """SavedModel and pictures beside the metrics."""
    if FLAGS.export:
        serving.export(model, folder / "saved_model", input_dim=config.input_dim)
        print("SavedModel:", folder / "saved_model")
    if FLAGS.figures:
        paths = ball_pictures.draw_run(folder, config, model, squares_circles=FLAGS.squares_circles)
        print("pictures:", ", ".join(str(path) for path in paths))
        if FLAGS.show_pics:
            ball_pictures.show(paths)


if __name__ == "__main__":
    app.run(main)
