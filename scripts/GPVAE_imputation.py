r"""Imputation of sequences (Fortuin et al., 2020): GP-VAE, HI-VAE, VAE, and this library's GP-VAEs, on equal networks.

Flags have the names and defaults of train.py in ratschlab/GP-VAE, and the commands of its README work:

    python GPVAE_imputation.py --model_type gp-vae --data_type hmnist --exp_name reproduce_hmnist --seed 1337 \
      --testing --banded_covar --latent_dim 256 --encoder_sizes=256,256 --decoder_sizes=256,256,256 --window_size 3 \
      --sigma 1 --length_scale 2 --beta 0.8 --num_epochs 20
    python GPVAE_imputation.py --model_type gp-vae --data_type sprites --exp_name reproduce_sprites --seed 1337 \
      --testing --banded_covar --latent_dim 256 --encoder_sizes=32,256,256 --decoder_sizes=256,256,256 --window_size 3 \
      --sigma 1 --length_scale 2 --beta 0.1 --num_epochs 20 --data_dir=data/sprites/sprites.npz
    python GPVAE_imputation.py --model_type gp-vae --data_type physionet --exp_name reproduce_physionet --seed 1337 \
      --testing --banded_covar --latent_dim 35 --encoder_sizes=128,128 --decoder_sizes=256,256 --window_size 24 \
      --sigma 1.005 --length_scale 7 --beta 0.2 --num_epochs 40 --data_dir=data/physionet/physionet.npz

The authors' files are read as they are, with --data_dir. Without it Healing MNIST is made from MNIST by its law, which
takes 3 minutes once; MNIST is downloaded through TFDS, or read from --mnist_manual_dir. SPRITES' sequences are made of
the layers in --sprites_dir, 60 % of their values missing, and take up to 10 GB of memory. Writes
BASEDIR/EXP_NAME_MODEL/: config.json, metrics.csv, scores.json, tensorboard/, checkpoints/, saved_model/, and pictures.
"""

from gpvae_tf.experiments.imputation.experiment import ImputationExperiment
from gpvae_tf.experiments.imputation.pictures import draw_run
from gpvae_tf.experiments.run import run

if __name__ == "__main__":
    run(ImputationExperiment, draw_run)
