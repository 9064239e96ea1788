"""Rotated MNIST (FGP-VAE Section 4, Table 1): FGP-VAE, exact or sparse, with extrapolation to unseen digits.

Flags have the names and defaults of FGPVAE_experiments.py in metodj/FGP-VAE, and the command of its README works:

    python FGPVAE_experiments.py --GECO --kappa_squared 0.020
    python FGPVAE_experiments.py --GECO --kappa_squared 0.020 --extrapolate_experiment

MNIST is downloaded through TFDS; without network, --mnist_manual_dir names a folder with its four .gz files. Writes
BASE_DIR/EXPID_FGPVAE/: config.json, metrics.csv, tensorboard/, checkpoints/, saved_model/, and pictures. 1,000 epochs
take 10 to 15 minutes on 2 idle CPU cores and end near a test MSE of 0.028 per pixel (one draw, three seeds).
"""

from gpvae_tf.experiments.rotated_mnist.fgp import FgpExperiment
from gpvae_tf.experiments.rotated_mnist.fgp_pictures import draw_run
from gpvae_tf.experiments.run import run

if __name__ == "__main__":
    run(FgpExperiment, draw_run)
