"""Flags that the two rotated-MNIST scripts share."""

from pathlib import Path

import numpy as np
from absl import flags

from gpvae_tf.experiments.rotated_mnist.config import NETWORKS, RotatedConfig
from gpvae_tf.models import LatentGPVAE


def define_rotated_flags(config: type[RotatedConfig]) -> None:
    """Defines them with the defaults of a configuration."""
    flags.DEFINE_string("dataset", config.dataset, "Digits, such as 3 or 13679; 0123456789 is all of MNIST.")
    flags.DEFINE_string(
        "data_dir", config.data_dir, "Cache of generated data; GPVAE_TF_DATA or ~/.cache/gpvae_tf if not given."
    )
    flags.DEFINE_string(
        "mnist_manual_dir", config.mnist_manual_dir, "Folder with MNIST's four .gz files, for machines without network."
    )
    flags.DEFINE_float(
        "beta", config.beta, "Weight beta / L of the KL against SE / K without --GECO: pixel variance K beta / (2 L)."
    )
    flags.DEFINE_integer("L", config.L, "Latent channels.")
    flags.DEFINE_enum(
        "network_size",
        config.network_size,
        list(NETWORKS),
        "authors: their networks, 5,721 parameters at L = 16; wide: larger ones, 468,193.",
    )
    flags.DEFINE_float("lr", config.lr, "Adam's learning rate; the preset's if not given.")
    flags.DEFINE_bool("clip_qs", config.clip_qs, "Clip the encoder's variances.")
    flags.DEFINE_bool("GECO", config.GECO, "Constrain the reconstruction instead of weighting it.")
    flags.DEFINE_float("alpha", config.alpha, "GECO: decay of the constraint's moving average.")
    flags.DEFINE_float("kappa_squared", config.kappa_squared, "GECO: mean squared error per pixel that is asked for.")
    flags.DEFINE_float(
        "max_log_multiplier",
        config.max_log_multiplier,
        "GECO: largest log lambda (not the authors', who have none; B18).",
    )
    flags.DEFINE_bool("GP_joint", config.GP_joint, "Learn amplitude and length scale of the view kernel.")
    flags.DEFINE_bool("ov_joint", config.ov_joint, "Learn the object vectors.")
    flags.DEFINE_bool(
        "object_kernel_normalize", config.object_kernel_normalize, "Cosine instead of inner product of object vectors."
    )
    flags.DEFINE_bool("save_latents", False, "Write the training images' latents to latents.npz at the end.")
    flags.DEFINE_integer(
        "eval_every", config.eval_every, "Epochs between evaluations, log rows and checkpoints.", lower_bound=1
    )


def save_latents(folder: Path, config: RotatedConfig, model: LatentGPVAE) -> list[Path]:
    """With --save_latents, latents.npz: posterior mean and variance [N, L] of the training images, ids and angles."""
    if not flags.FLAGS.save_latents:
        return []
    latents, inputs = config.train_latents(model)
    path = folder / "latents.npz"
    np.savez(path, mean=latents.mean, variance=latents.variance, angles=inputs[:, 0], ids=inputs[:, 1].astype(int))
    return [path]
