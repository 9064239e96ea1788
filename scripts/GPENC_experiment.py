"""The GP encoder (Kim & Pavlovic, 2021) and its baselines: VAE, semi-amortised, flows, mixtures, VLAE.

Flags have the names of run.py in yookoon/VLAE, on which the paper's experiments very likely stand (its SAVAE is SA),
and its defaults but for --svi_lr, which is the paper's, and --hidden_dim. The paper's rows, with z_dim 10, 20 or 50:

    python GPENC_experiment.py --model=VAE --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=GPVAE --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=SA --n_svi_step=8 --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=IAF --n_flow=8 --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=HF --n_flow=8 --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=ME --n_component=5 --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=RME --n_component=5 --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=VLAE --decoder=dense --n_update=8 --dataset=mnist --z_dim=10

--model=TRUNKS is GPVAE's three trunks without a GP; --gp_cov=diag and --gp_cov=none are further ablations. Data come
through TFDS; without network, --mnist_manual_dir names a folder with MNIST's four .gz files and --data_file a file of
OMNIGLOT, CIFAR10 or SVHN. Writes BASE_DIR/EXPID_MODEL_DATASET_zDIM/: config.json, metrics.csv, scores.json,
tensorboard/, checkpoints/, saved_model/, and pictures. Log-likelihoods are in nats per image, pixels in [0, 1].
"""

from absl import app, flags
from common_flags import define_common_flags, define_gone
from image_flags import define_image_flags
from run import check_needs, run

from gpvae_tf.data.image_benchmarks import BENCHMARKS
from gpvae_tf.experiments.gp_encoder import pictures as gpenc_pictures
from gpvae_tf.experiments.gp_encoder.config import OBS_NOISE, SELECT_EPOCH, GpencConfig
from gpvae_tf.experiments.gp_encoder.flags import DECODERS, GP_WEIGHTS, LOG_SQUARE
from gpvae_tf.experiments.gp_encoder.models import FAMILIES

flags.DEFINE_enum("model", GpencConfig.model, list(FAMILIES), "Posterior family.")
flags.DEFINE_enum("dataset", GpencConfig.dataset, list(BENCHMARKS), "Data set.")
flags.DEFINE_integer("z_dim", GpencConfig.z_dim, "Latent dimensions; 10, 20 and 50 in the paper.")
flags.DEFINE_integer("batch_size", GpencConfig.batch_size, "Images per step.")
flags.DEFINE_integer("n_epochs", GpencConfig.n_epochs, "Epochs.")
flags.DEFINE_float("learning_rate", GpencConfig.learning_rate, "Adam's.")
flags.DEFINE_integer("n_svi_step", GpencConfig.n_svi_step, "SA: gradient steps on every image's own bound.")
flags.DEFINE_float("svi_lr", GpencConfig.svi_lr, "SA: their size.")
flags.DEFINE_float("svi_momentum", GpencConfig.svi_momentum, "SA: their momentum; 0.5 in Kim et al. (2018).")
flags.DEFINE_bool("svi_second_order", GpencConfig.svi_second_order, "SA: differentiate through the steps.")
flags.DEFINE_integer("n_flow", GpencConfig.n_flow, "IAF, HF: maps.")
flags.DEFINE_integer("iaf_dim", GpencConfig.iaf_dim, "IAF: units of both hidden layers of every map's network.")
flags.DEFINE_integer("n_component", GpencConfig.n_component, "ME, RME: components; 2 to 5 in the paper's tables.")
flags.DEFINE_float("rme_bound", GpencConfig.rme_bound, "RME: nats after which a component's distance stops counting.")
flags.DEFINE_integer(
    "rme_epochs",
    GpencConfig.rme_epochs,
    "RME: epochs in which each component is trained alone before the next one joins; 0 trains all from the start.",
)
flags.DEFINE_integer("n_update", GpencConfig.n_update, "VLAE: linearisation steps.")
flags.DEFINE_float("update_lr", GpencConfig.update_lr, "VLAE: how far the first of them goes, in (0, 1].")
flags.DEFINE_enum("gp_cov", GpencConfig.gp_cov, list(GP_WEIGHTS), "GPVAE: covariances of the weights' posterior.")
flags.DEFINE_enum(
    "logsq", GpencConfig.logsq, list(LOG_SQUARE), "GPVAE: E log (c + h)^2 in closed form or by one draw, as the paper."
)
flags.DEFINE_float(
    "lambda_init",
    GpencConfig.lambda_init,
    "GPVAE: initial standard deviation of the weights; 0 for what makes V f and V h 0.01 on average, which kills psi.",
)
flags.DEFINE_enum(
    "decoder", GpencConfig.decoder, DECODERS, "Tables 6 to 8, or Section 11; with conv, VLAE pays z_dim decoder passes."
)
flags.DEFINE_integer(
    "hidden_dim",
    GpencConfig.hidden_dim,
    "Units of the dense decoder's two hidden layers; by default as many weights as the convolutional one has.",
)
flags.DEFINE_enum("obs_noise", GpencConfig.obs_noise, OBS_NOISE, "The pixels' one standard deviation.")
flags.DEFINE_float("obs_noise_scale", GpencConfig.obs_noise_scale, "Its value, if it is fixed.")
flags.DEFINE_integer("K_iwae", GpencConfig.K_iwae, "Importance samples per image of the log-likelihood.")
flags.DEFINE_enum(
    "select_epoch", GpencConfig.select_epoch, SELECT_EPOCH, "Which weights are scored: best on validation."
)
flags.DEFINE_integer("split_seed", GpencConfig.split_seed, "Of the images that are held out.")
flags.DEFINE_integer("num_train", GpencConfig.num_train, "Training images, drawn by --split_seed; 0 for all.")
flags.DEFINE_integer("num_test", GpencConfig.num_test, "Test images that are scored, the first ones; 0 for all.")
flags.DEFINE_integer("celeba_crop", GpencConfig.celeba_crop, "Side of the centred square of CelebA, pixels.")
define_image_flags(GpencConfig, file="OMNIGLOT's chardata.mat or .npz; an .npz of CIFAR10 or SVHN.")
define_common_flags(GpencConfig.presets, expid="gpenc", kernels=False)
define_gone("log_interval", "every epoch is a row of the log.")
define_gone("logit_transform", "pixels stay in [0, 1], in whose units the paper's scores are.")
define_gone("output_dist", "it is Gaussian, as in the paper.")
define_gone("weight_decay", "the paper has none.")

FLAGS = flags.FLAGS


def main(argv: list[str]) -> None:
    """Trains, evaluates, exports, draws."""
    run("gpenc", GpencConfig, argv, check=check_flags, draw=gpenc_pictures.draw_run)


def check_flags(config: GpencConfig) -> None:
    """Refuses flags that would be ignored, before anything is built."""
    needs = {}
    for flag, name, table in (("model", config.model, FAMILIES), ("dataset", config.dataset, BENCHMARKS)):
        for option in {option for entry in table.values() for option in entry.uses}:
            having = [other for other, entry in table.items() if option in entry.uses]
            needs[option] = (f"{flag}={' or '.join(having)}", name in having)
    check_needs(needs | {"hidden_dim": ("decoder=dense", config.decoder == "dense")})


if __name__ == "__main__":
    app.run(main)
