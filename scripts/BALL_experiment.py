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
from gpvae_tf.experiments import ball_pictures
from gpvae_tf.experiments.ball import ELBOS, PRESETS, BallConfig
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.training import execution
from gpvae_tf.training.loop import train
from gpvae_tf.training.optimizers import make_optimizer
from gpvae_tf.training.run_folder import describe, open_run

flags.DEFINE_integer("steps", 25000, "Adam steps, one batch of 35 new videos each.")
flags.DEFINE_integer("steps_per_epoch", 1000, "Steps between evaluations, log rows and checkpoints.")
flags.DEFINE_float("beta0", 1.0, "Constant weight of the term beside the reconstruction; 1 is the ELBO.")
flags.DEFINE_enum("elbo", "GPVAE_Pearce", ELBOS, "Model and bound.")
flags.DEFINE_float(
    "modellt", 2.0, "Length scale of the model's kernel, frames; must equal --vidlt unless it is learned."
)
flags.DEFINE_float("vidlt", 2.0, "Length scale of the GP that moves the ball, frames.")
flags.DEFINE_string("base_dir", ".", "Folder in which the run's folder is made.")
flags.DEFINE_string("expid", "debug", "Name of the run.")
flags.DEFINE_integer("seed", 0, "Of weights, videos and draws. (The authors' is read and never used, B6.)")
flags.DEFINE_integer("tmax", 30, "Frames per video.")
flags.DEFINE_integer("m", 15, "Inducing points per latent channel.")
flags.DEFINE_bool("GP_joint", False, "Learn the length scales, from --GP_init.")
flags.DEFINE_float("GP_init", 2.0, "Initial length scale with --GP_joint, frames.")
flags.DEFINE_bool("ip_joint", False, "Learn the inducing points, from --m equally spaced in [--ip_min, --ip_max].")
flags.DEFINE_integer("ip_min", 1, "First initial inducing point with --ip_joint, frame.")
flags.DEFINE_integer("ip_max", 30, "Last initial inducing point with --ip_joint, frame.")
flags.DEFINE_bool(
    "clip_qs", False, "Clip the encoder's variances to [1e-6, 1e3]. (The authors ignore it for exact GPs.)"
)
flags.DEFINE_float("jitter", 1e-9, "Relative jitter of K_mm; raised to what acts in --gp_dtype, 0 is off.")
flags.DEFINE_bool("clip_grad", False, "Clip every gradient entry to +-1e5.")
flags.DEFINE_bool("save", True, "Write the run's folder; --nosave trains and prints only.")
flags.DEFINE_bool("show_pics", False, "Open the pictures in windows at the end (needs a display).")
flags.DEFINE_bool("squares_circles", False, "Also draw the encoder's image of a circle and a square grid of positions.")
define_common_flags(tuple(PRESETS))
define_gone("ram", "TensorFlow 2 lets GPU memory grow as needed; there is no fraction to set.")

FLAGS = flags.FLAGS


def main(argv: list[str]) -> None:
    """Trains, evaluates, draws, exports."""
    if len(argv) > 1:
        raise app.UsageError(f"unexpected arguments {argv[1:]}; every option is a --flag")
    with one_clear_message():
        config = BallConfig(**{field.name: FLAGS[field.name].value for field in dataclasses.fields(BallConfig)})
        if (FLAGS.resume or FLAGS.show_pics) and not FLAGS.save:
            raise ValueError("--resume and --show_pics need the run's folder; they contradict --nosave")
        execution.prepare(config.seed)
        strategy = execution.make_strategy(FLAGS.strategy)
        with strategy.scope():
            model = config.build_model()
            clip_value = 1e5 if config.clip_grad else None
            optimizer = make_optimizer(precision=config.precision, clip_value=clip_value)
            model.compile(optimizer=optimizer, jit_compile=execution.use_jit(FLAGS.jit))
        folder = Path(FLAGS.base_dir) / f"{FLAGS.expid}_{config.elbo}" if FLAGS.save else None
        resuming = False
        if folder:
            folder = execution.worker_folder(folder, strategy)
            record = describe("ball", dataclasses.asdict(config), {"jit": FLAGS.jit, "strategy": FLAGS.strategy})
            resuming = open_run(folder, record, resume=FLAGS.resume, may_differ=BallConfig.may_change_on_resume)
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


def finish(folder: Path, config: BallConfig, model: LatentGPVAE) -> None:
    """Pictures and SavedModel beside the metrics."""
    if FLAGS.figures:
        paths = ball_pictures.draw_run(folder, config, model, squares_circles=FLAGS.squares_circles)
        print("pictures:", ", ".join(str(path) for path in paths))
        if FLAGS.show_pics:
            ball_pictures.show(paths)
    if FLAGS.export:
        serving.export(model, folder / "saved_model", input_dim=config.input_dim)
        print("SavedModel:", folder / "saved_model")


if __name__ == "__main__":
    app.run(main)
