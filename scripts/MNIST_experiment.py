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

from gpvae_tf.experiments.rotated_mnist.svgp import SvgpExperiment
from gpvae_tf.experiments.rotated_mnist.svgp_pictures import draw_run
from gpvae_tf.experiments.run import run

if __name__ == "__main__":
    run(SvgpExperiment, draw_run)
