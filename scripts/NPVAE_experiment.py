"""The nonparametric VAE (Bodin et al., 2017) on grey MNIST, or a plain VAE on the same networks.

Flags have the names of run_main.py in hwalsuklee/tensorflow-mnist-VAE, whose settings the paper has:

    python NPVAE_experiment.py --dim_z=500
    python NPVAE_experiment.py --dim_z=2
    python NPVAE_experiment.py --model=VAE --dim_z=2
    python NPVAE_experiment.py --predictor=gp --num_anchors=5000

MNIST is downloaded through TFDS; without network, --mnist_manual_dir names a folder with its four .gz files. Writes
BASE_DIR/EXPID_MODEL_zDIM/: config.json, metrics.csv, scores.json, tensorboard/, checkpoints/, saved_model/ (126 MB at
Z = 500: it holds the anchors), and pictures. An epoch takes 10 s at Z = 2 and 15 s at Z = 500 on one idle CPU core.
"""

from absl import app, flags
from common_flags import define_common_flags, define_gone
from image_flags import define_image_flags
from run import check_needs, run

from gpvae_tf.experiments.nonparametric import pictures as npvae_pictures
from gpvae_tf.experiments.nonparametric.config import PRESETS, NpvaeConfig
from gpvae_tf.experiments.nonparametric.models import MODELS, PREDICTORS

flags.DEFINE_enum("model", NpvaeConfig.model, list(MODELS), "With the space X, or a plain VAE.")
flags.DEFINE_integer("dim_z", NpvaeConfig.dim_z, "Dimensions of Z.")
flags.DEFINE_integer("dim_x", NpvaeConfig.dim_x, "Dimensions of X.")
flags.DEFINE_integer("n_hidden", NpvaeConfig.n_hidden, "Units of the two hidden layers of every network.")
flags.DEFINE_float(
    "keep_prob", NpvaeConfig.keep_prob, "Probability to keep a hidden unit in training; 1 is no dropout."
)
flags.DEFINE_enum(
    "predictor", NpvaeConfig.predictor, list(PREDICTORS), "z~: convex combination (Eqs. 4 and 6), or the GP's (Eq. 3)."
)
flags.DEFINE_float("match_weight", NpvaeConfig.match_weight, "Weight of |E[z] - E[z~]|^2 in Eq. 5.")
flags.DEFINE_bool("match_moves_z", NpvaeConfig.match_moves_z, "Whether that term moves Z too, or X only.")
flags.DEFINE_float("decoded_weight", NpvaeConfig.decoded_weight, "Weight of log p(y | z~), which the paper lacks.")
flags.DEFINE_float("location_weight", NpvaeConfig.location_weight, "Weight of -|x|^2, which the paper lacks.")
flags.DEFINE_float("learn_rate", NpvaeConfig.learn_rate, "Adam's.")
flags.DEFINE_integer("num_epochs", NpvaeConfig.num_epochs, "Epochs; those of the paper are not known.")
flags.DEFINE_integer("batch_size", NpvaeConfig.batch_size, "Images per step; each has the others for neighbours.")
flags.DEFINE_integer("num_train", NpvaeConfig.num_train, "Only the first training images, for quick runs; 0: all.")
flags.DEFINE_integer(
    "num_anchors", NpvaeConfig.num_anchors, "Training images, drawn at random, that predictions rest on; 0: all."
)
define_image_flags(NpvaeConfig, file="Of no use here: the data are MNIST.")
define_common_flags(tuple(PRESETS), expid="npvae", kernels=False)
define_gone("results_path", "--base_dir and --expid name the run's folder.")
define_gone("add_noise", "the paper has no denoising.")

FLAGS = flags.FLAGS


def main(argv: list[str]) -> None:
    """Trains, evaluates, exports, draws."""
    run("npvae", NpvaeConfig, argv, check=check_flags, draw=npvae_pictures.draw_run)


def check_flags(config: NpvaeConfig) -> None:
    """Refuses flags that would be ignored, before anything is built."""
    of_x = ("dim_x", "predictor", "match_weight", "match_moves_z", "decoded_weight", "location_weight", "num_anchors")
    check_needs({name: ("model=NPVAE", config.model == "NPVAE") for name in of_x})


if __name__ == "__main__":
    app.run(main)
