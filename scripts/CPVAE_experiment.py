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

from gpvae_tf.experiments import cpvae_pictures
from gpvae_tf.experiments.cpvae import CpvaeConfig
from gpvae_tf.models.cp_estimators import ESTIMATORS

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

FLAGS = flags.FLAGS


def main(argv: list[str]) -> None:
    """Trains, evaluates, exports, draws."""
    run("cpvae", CpvaeConfig, argv, check=check_flags, draw=cpvae_pictures.draw_run)


def check_flags(config: CpvaeConfig) -> None:
    """Refuses flags that would be ignored, before anything is built."""
    estimates = ("prior=conditional", config.kind == "cp")
    needs = {name: estimates for name in ("estimator", "temp_min", "anneal_rate")}
    check_needs(needs | {"disc_size": ("prior=conditional or --prior=MoG", config.kind != "vae")})


if __name__ == "__main__":
    app.run(main)
