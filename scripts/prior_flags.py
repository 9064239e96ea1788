"""Flags that CPVAE_experiment.py and VampPrior_experiment.py share, with the names of jmtomczak/vae_vampprior."""

from absl import flags
from common_flags import define_common_flags, define_gone
from image_flags import define_image_flags

from gpvae_tf.experiments.cp_vae.config import DATASETS, PriorConfig
from gpvae_tf.experiments.cp_vae.models import PRESETS


def define_prior_flags(config: type[PriorConfig], *, expid: str) -> None:
    """Defines data, sizes, schedule and scoring, and the common flags.

    Args:
      config: of the experiment; its fields give the defaults.
      expid: default name of a run.
    """
    flags.DEFINE_enum("dataset_name", config.dataset_name, list(DATASETS), "Data set.")
    flags.DEFINE_integer("z1_size", config.z1_size, "Latent dimensions; in CP-VAE's code 10, in both papers 40.")
    flags.DEFINE_integer("hidden_size", config.hidden_size, "Units of the two hidden layers.")
    flags.DEFINE_integer("batch_size", config.batch_size, "Images per step.")
    flags.DEFINE_integer("epochs", config.epochs, "At most.")
    flags.DEFINE_float("lr", config.lr, "Learning rate, at first.")
    flags.DEFINE_float(
        "clip_norm",
        config.clip_norm,
        "Largest norm of all gradients together, beyond which they are scaled down; 0 is off.",
        lower_bound=0.0,
    )
    flags.DEFINE_integer(
        "early_stopping_epochs",
        config.early_stopping_epochs,
        "Epochs without a better validation bound after which training ends.",
    )
    flags.DEFINE_integer("warmup", config.warmup, "Epochs in which the weight of the KL rises to 1; 0 is off.")
    flags.DEFINE_integer("S", config.S, "Importance samples per image of the log-likelihood.")
    flags.DEFINE_integer(
        "num_likelihood",
        config.num_likelihood,
        "Test images whose log-likelihood is estimated, 0 for all; the bound is that of all in any case.",
    )
    define_image_flags(
        config, file="OMNIGLOT's chardata.mat, or an .npz of its images; rebuilt through TFDS if not given."
    )
    define_common_flags(tuple(PRESETS), expid=expid, kernels=False)
    define_gone("MB", "importance samples are streamed in chunks, whose number changes no result.")
    define_gone("test_batch_size", "it changes no result.")
    for name in ("no_cuda", "no-cuda"):
        define_gone(name, "CUDA_VISIBLE_DEVICES= hides the GPU.", switch=True)
    define_gone("input_size", "the data have it.")
    define_gone("input_type", "the data have it.")
    define_gone("activation", "the authors' networks do not use it.")
    define_gone("dynamic_binarization", "the data sets imply it, as the authors' loaders do.", switch=True)
