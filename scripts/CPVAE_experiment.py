"""CP-VAE (Lavda et al., 2020): a VAE whose prior is a learned Gaussian for each category; VAE and MG beside it.

Flags have the names of main.py in macio232/cp-vae:

    python CPVAE_experiment.py --disc_size=10 --estimator=enumerate
    python CPVAE_experiment.py --disc_size=500
    python CPVAE_experiment.py --model_name=vae --prior=standard
    python CPVAE_experiment.py --model_name=vae --prior=MoG --disc_size=500
    python CPVAE_experiment.py --dataset_name=omniglot --disc_size=50 --data_file=chardata.mat

MNIST is downloaded through TFDS; without network, --mnist_manual_dir names a folder with its four .gz files. Writes
BASE_DIR/EXPID_KINDK_DATASET/: config.json, metrics.csv, scores.json, tensorboard/, checkpoints/, saved_model/, and
pictures. An epoch of MNIST takes about 7 s on one CPU core with one draw of the category, 25 s with ten enumerated.
"""

from absl import app, flags
from common_flags import define_gone
from prior_flags import define_prior_flags
from run import check_needs, run

from gpvae_tf.experiments.cp_vae import pictures as cpvae_pictures
from gpvae_tf.experiments.cp_vae.cpvae import CpvaeConfig
from gpvae_tf.experiments.cp_vae.models import ESTIMATORS

flags.DEFINE_enum("model_name", CpvaeConfig.model_name, ("cp_vae_z_xc", "vae"), "CP-VAE with q(z | x, c), or a VAE.")
flags.DEFINE_enum("prior", CpvaeConfig.prior, ("conditional", "standard", "MoG"), "conditional: CP-VAE's; MoG: MG.")
flags.DEFINE_integer("disc_size", CpvaeConfig.disc_size, "K, categories, or Gaussians of MG.")
flags.DEFINE_enum(
    "estimator",
    CpvaeConfig.estimator,
    list(ESTIMATORS),
    "Expectation over the category in training: all of them, one draw, a relaxed draw. The preset's if not given.",
)
flags.DEFINE_float("temp_min", CpvaeConfig.temp_min, "Lowest temperature of the Gumbel-softmax, which starts at 1.")
flags.DEFINE_float(
    "anneal_rate", CpvaeConfig.anneal_rate, "Of the temperature, per step; compounding per epoch as coded."
)
flags.DEFINE_bool("fixed_var", CpvaeConfig.fixed_var, "authors_code: prior variances of raw value 1.")
define_prior_flags(CpvaeConfig, expid="cpvae")
define_gone("z2_size", "no model of this script has a second level; VampPrior_experiment.py has some.")
define_gone("beta", "--warmup=0 gives the KL its full weight at once, and another weight gives no bound.")
define_gone("temp", "it is 1.")
define_gone("anneal_interval", "it is 1 epoch as coded, 1,000 steps (Jang et al.) in the paper preset.")

for name in ("gaussian_mean1", "gaussian_var1", "gaussian_mean2", "gaussian_var2"):
    define_gone(name, "the toy data are those of the paper, deviations of 0.1 about 0.1 and 1.")
define_gone("no_recon_oneHot", "reconstructions have the most probable category.", switch=True)
define_gone("latent", "the pictures show every category.", switch=True)
define_gone("use_capacity", "capacities are JointVAE's; the paper does not use them.", switch=True)
for name in ("gamma", "num_iter", *(f"{end}_capacity_{part}" for end in ("min", "max") for part in ("cont", "discr"))):
    define_gone(name, "capacities are JointVAE's; the paper does not use them.")

FLAGS = flags.FLAGS


def main(argv: list[str]) -> None:
    """Trains, evaluates, exports, draws."""
    run("cpvae", CpvaeConfig, argv, check=check_flags, draw=cpvae_pictures.draw_run)


def check_flags(config: CpvaeConfig) -> None:
    """Refuses flags that would be ignored, before anything is built."""
    conditional = config.kind == "cp"
    relaxed = ("prior=conditional and an --estimator that draws", conditional and config.estimator != "enumerate")
    needs = {"estimator": ("prior=conditional", conditional), "temp_min": relaxed, "anneal_rate": relaxed}
    components = ("prior=conditional or --prior=MoG", config.kind != "vae")
    check_needs(needs | {"disc_size": components, "fixed_var": components})


if __name__ == "__main__":
    app.run(main)
