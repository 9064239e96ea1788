"""Rotated MNIST (SVGP-VAE Section 4.2, Table 1): SVGP-VAE, GPPVAE, deep SVIGP, CVAE or a VAE.

Flags have the names and defaults of MNIST_experiment.py in ratschlab/SVGP-VAE, and the commands of its README work:

    python MNIST_experiment.py --elbo CVAE
    python MNIST_experiment.py --elbo GPVAE_Casale --GP_joint --ov_joint --clip_qs --opt_regime VAE-100 GP-100 --PCA
    python MNIST_experiment.py --elbo SVIGP_Hensman --ip_joint --GP_joint --ov_joint --clip_qs --PCA --nr_epochs 2000
    python MNIST_experiment.py --elbo SVGPVAE_Hensman --ip_joint --GP_joint --ov_joint --clip_qs --GECO --PCA

MNIST is downloaded through TFDS; without network, --mnist_manual_dir names a folder with its four .gz files. Writes
BASE_DIR/EXPID_ELBO/: config.json, metrics.csv, tensorboard/, checkpoints/, saved_model/, and pictures. 1,000 epochs of
SVGP-VAE take 10 to 15 minutes on 2 idle CPU cores and end near a test MSE of 0.024 per pixel.
"""

from pathlib import Path

from absl import app, flags
from common_flags import define_common_flags, define_gone, join_lists
from rotated_flags import define_rotated_flags, save_latents
from run import check_needs, run

from gpvae_tf.experiments.rotated_mnist import svgp_pictures as mnist_pictures
from gpvae_tf.experiments.rotated_mnist.svgp import MnistConfig
from gpvae_tf.experiments.rotated_mnist.svgp_recipes import RECIPES
from gpvae_tf.models import LatentGPVAE

flags.DEFINE_enum("elbo", MnistConfig.elbo, sorted(RECIPES), "Model and bound.")
flags.DEFINE_integer("batch_size", MnistConfig.batch_size, "Images per step.")
flags.DEFINE_integer("nr_epochs", MnistConfig.nr_epochs, "Epochs of models without stages: VAE, CVAE, SVIGP_Hensman.")
flags.DEFINE_list(
    "opt_regime",
    list(MnistConfig.opt_regime),
    "Stages VAE-N, GP-N or joint-N, N epochs each, separated by spaces or commas: of SVGPVAE and GPVAE_Casale.",
)
flags.DEFINE_float(
    "nr_inducing_points",
    MnistConfig.nr_inducing_points,
    "Inducing points per angle; a fraction is spread over some of the 16 angles, so 1.5 gives m = 24.",
)
flags.DEFINE_bool("ip_joint", MnistConfig.ip_joint, "Learn the inducing points.")
flags.DEFINE_float(
    "jitter", MnistConfig.jitter, "Relative jitter of K_mm; raised to what acts in --gp_dtype, 0 is off."
)
flags.DEFINE_bool(
    "PCA", MnistConfig.PCA, "Start object vectors and inducing points from principal components, not N(0, 1.5^2)."
)
flags.DEFINE_integer("M", MnistConfig.M, "Dimension of the object vectors. (The authors' acts on GPVAE_Casale only.)")
flags.DEFINE_float(
    "view_length_scale", MnistConfig.view_length_scale, "First length scale of the view kernel (the authors' is 1)."
)
flags.DEFINE_float(
    "object_offset",
    MnistConfig.object_offset,
    "First value of the first of the M coordinates of every object vector, a bias of the object kernel; 0 is none.",
)
flags.DEFINE_string(
    "mnist_data_path",
    MnistConfig.mnist_data_path,
    "An .npz file to train on instead of generated data, from make_rotated_mnist.py, or from convert_rotated_mnist.py, "
    "which turns the authors' pickles into one.",
)
flags.DEFINE_bool(
    "bias_analysis", False, "Compare mini-batch estimators of Eq. 9 with the full data's values at the end."
)
define_rotated_flags(MnistConfig)
define_common_flags(tuple(MnistConfig.presets), expid="debug_MNIST", precision=None)
define_gone("save_model_weights", "every run keeps its newest checkpoints.", switch=True)
define_gone("test_set_metrics", "test metrics are part of every log row.", switch=True)

FLAGS = flags.FLAGS


def main(argv: list[str]) -> None:
    """Trains, evaluates, exports, draws."""
    run("mnist", MnistConfig, argv, check=check_flags, draw=draw)


def check_flags(config: MnistConfig) -> None:
    """Refuses flags that would be ignored, before anything is built."""
    of_model = ("nr_epochs", "opt_regime", "nr_inducing_points", "jitter", "PCA", "M", "beta", "clip_qs")
    having = {name: [elbo for elbo, recipe in RECIPES.items() if name in recipe.uses] for name in of_model}
    needs = {name: (f"elbo={' or '.join(having[name])}", config.elbo in having[name]) for name in of_model}
    for name, flag in (("view_length_scale", "GP_joint"), ("object_offset", "M")):
        having = [elbo for elbo, recipe in RECIPES.items() if flag in recipe.uses]
        needs[name] = (f"elbo={' or '.join(having)}", config.elbo in having)
    if config.GECO:
        needs["beta"] = ("noGECO", False)
    geco = {name: ("GECO", config.GECO) for name in ("alpha", "kappa_squared", "max_log_multiplier")}
    outputs = {
        "save_latents": ("save", FLAGS.save),
        "bias_analysis": ("save and --elbo=SVGPVAE_Hensman", FLAGS.save and config.elbo.startswith("SVGPVAE")),
    }
    check_needs(needs | geco | outputs)


def draw(folder: Path, config: MnistConfig, model: LatentGPVAE) -> list[Path]:
    """The run's pictures, and its latents with --save_latents."""
    bias = mnist_pictures.draw_bias(folder, config, model) if FLAGS.bias_analysis else []
    return [*save_latents(folder, config, model), *bias, *mnist_pictures.draw_run(folder, config, model)]


if __name__ == "__main__":
    app.run(main, flags_parser=join_lists("opt_regime"))
