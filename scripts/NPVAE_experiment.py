"""The nonparametric VAE (Bodin et al., 2017) on grey MNIST, or a plain VAE on the same networks.

Flags have the names of run_main.py in hwalsuklee/tensorflow-mnist-VAE, whose settings the paper has:

    python NPVAE_experiment.py --dim_z=500
    python NPVAE_experiment.py --dim_z=2
    python NPVAE_experiment.py --model=VAE --dim_z=2
    python NPVAE_experiment.py --predictor=gp --num_anchors=5000

MNIST is downloaded through TFDS; without network, --mnist_manual_dir names a folder with its four .gz files. Writes
BASE_DIR/EXPID_MODEL_zDIM/: config.json, metrics.csv, scores.json, tensorboard/, checkpoints/, saved_model/ (126 MB at
Z = 500: it holds the reference points), and pictures. An epoch takes 10 s at Z = 2 and 15 s at Z = 500 on one idle
CPU core.
"""

from gpvae_tf.experiments.nonparametric.experiment import NpvaeExperiment
from gpvae_tf.experiments.nonparametric.pictures import draw_run
from gpvae_tf.experiments.run import run

if __name__ == "__main__":
    run(NpvaeExperiment, draw_run)
