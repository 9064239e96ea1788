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

from gpvae_tf.experiments.cp_vae.experiment import CpvaeExperiment
from gpvae_tf.experiments.cp_vae.pictures import draw_run
from gpvae_tf.experiments.run import run

if __name__ == "__main__":
    run(CpvaeExperiment, draw_run)
