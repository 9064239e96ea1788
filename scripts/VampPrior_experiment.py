"""VampPrior (Tomczak & Welling, 2018): VAE and two-level VAE with a standard or a VampPrior, CP-VAE's baselines.

Flags have the names of experiment.py in jmtomczak/vae_vampprior, and its defaults but for --dataset_name and --seed:

    python VampPrior_experiment.py --dataset_name dynamic_mnist --model_name vae --prior standard
    python VampPrior_experiment.py --dataset_name dynamic_mnist --model_name vae --prior vampprior
    python VampPrior_experiment.py --dataset_name dynamic_mnist --model_name hvae_2level --prior vampprior

MNIST is downloaded through TFDS; without network, --mnist_manual_dir names a folder with its four .gz files. Writes
BASE_DIR/EXPID_KIND_DATASET/: config.json, metrics.csv, scores.json, tensorboard/, checkpoints/, saved_model/, and
pictures. An epoch of MNIST takes 6 (VAE), 13 (two levels), 16 (500 pseudo-inputs), 25 s (both) on one CPU core.
"""

from gpvae_tf.experiments.cp_vae.experiment import VampPriorExperiment
from gpvae_tf.experiments.cp_vae.pictures import draw_run
from gpvae_tf.experiments.run import run

if __name__ == "__main__":
    run(VampPriorExperiment, draw_run)
