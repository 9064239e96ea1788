"""VampPrior (Tomczak & Welling, 2018): VAE and two-level VAE with a standard or a VampPrior, CP-VAE's baselines.

Flags have the names of experiment.py in jmtomczak/vae_vampprior, and its defaults but for --dataset_name and --seed:

    python VampPrior_experiment.py --dataset_name dynamic_mnist --model_name vae --prior standard
    python VampPrior_experiment.py --dataset_name dynamic_mnist --model_name vae --prior vampprior
    python VampPrior_experiment.py --dataset_name dynamic_mnist --model_name hvae_2level --prior vampprior

MNIST is downloaded through TFDS; without network, --mnist_manual_dir names a folder with its four .gz files. Writes
BASE_DIR/EXPID_KIND_DATASET/: config.json, metrics.csv, scores.json, tensorboard/, checkpoints/, saved_model/, and
pictures. An epoch of MNIST takes 6 (VAE), 13 (two levels), 16 (500 pseudo-inputs), 25 s (both) on one CPU core.
"""

from absl import app, flags
from prior_flags import define_prior_flags
from run import check_needs, run

from gpvae_tf.experiments.cp_vae import pictures as cpvae_pictures
from gpvae_tf.experiments.cp_vae.vampprior import VampPriorConfig

flags.DEFINE_enum("model_name", VampPriorConfig.model_name, ("vae", "hvae_2level"), "One or two levels of latents.")
flags.DEFINE_enum("prior", VampPriorConfig.prior, ("standard", "vampprior"), "Of the (upper) latents.")
flags.DEFINE_integer("z2_size", VampPriorConfig.z2_size, "Latent dimensions of the upper level; equal to --z1_size.")
flags.DEFINE_integer("number_components", VampPriorConfig.number_components, "K, pseudo-inputs.")
flags.DEFINE_float("pseudoinputs_mean", VampPriorConfig.pseudoinputs_mean, "Of their pixels, at first.")
flags.DEFINE_float("pseudoinputs_std", VampPriorConfig.pseudoinputs_std, "Of their pixels, at first.")
flags.DEFINE_bool(
    "use_training_data_init",
    VampPriorConfig.use_training_data_init,
    "Start the pseudo-inputs from the first training images.",
)
define_prior_flags(VampPriorConfig, expid="vampprior")

FLAGS = flags.FLAGS


def main(argv: list[str]) -> None:
    """Trains, evaluates, exports, draws."""
    run("vampprior", VampPriorConfig, argv, check=check_flags, draw=cpvae_pictures.draw_run)


def check_flags(config: VampPriorConfig) -> None:
    """Refuses flags that would be ignored, before anything is built."""
    vamp = ("prior=vampprior", config.prior == "vampprior")
    drawn = ("prior=vampprior --nouse_training_data_init", vamp[1] and not config.use_training_data_init)
    needs = {
        "number_components": vamp,
        "use_training_data_init": vamp,
        "z2_size": ("model_name=hvae_2level", config.model_name != "vae"),
    }
    check_needs(needs | {"pseudoinputs_mean": drawn, "pseudoinputs_std": drawn})


if __name__ == "__main__":
    app.run(main)
