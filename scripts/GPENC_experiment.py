"""The GP encoder (Kim & Pavlovic, 2021) and its baselines: VAE, semi-amortised, flows, mixtures, VLAE.

Flags have the names of run.py in yookoon/VLAE, on which the paper's experiments very likely stand (its SAVAE is SA),
and its defaults but for --svi_lr, which is the paper's, and --hidden_dim. The paper's rows, with z_dim 10, 20 or 50:

    python GPENC_experiment.py --model=VAE --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=GPENC --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=SA --n_svi_step=8 --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=IAF --n_flow=8 --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=HF --n_flow=8 --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=ME --n_component=5 --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=RME --n_component=5 --dataset=mnist --z_dim=10
    python GPENC_experiment.py --model=VLAE --decoder=dense --n_update=8 --dataset=mnist --z_dim=10

--model=TRUNKS is GPENC's three trunks without a GP; --gp_cov=diag and --gp_cov=none are further ablations. Data come
through TFDS; without network, --mnist_manual_dir names a folder with MNIST's four .gz files and --data_file a file of
OMNIGLOT, CIFAR10 or SVHN. Writes BASE_DIR/EXPID_MODEL_DATASET_zDIM/: config.json, metrics.csv, scores.json,
tensorboard/, checkpoints/, saved_model/, and pictures. Options of a model that are no defaults are part of the folder's
name, as in EXPID_IAF_mnist_z10_n_flow-2. Log-likelihoods are in nats per image, pixels in [0, 1].
"""

from gpvae_tf.experiments.gp_encoder.experiment import GPEncoderExperiment
from gpvae_tf.experiments.gp_encoder.pictures import draw_run
from gpvae_tf.experiments.run import run

if __name__ == "__main__":
    run(GPEncoderExperiment, draw_run)
