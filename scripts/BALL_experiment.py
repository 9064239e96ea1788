"""Moving ball (SVGP-VAE Section 4.1): trains a VAE, an exact GP-VAE, its neural-process bound, or SVGP-VAE.

Flags have the names and defaults of BALL_experiment.py in ratschlab/SVGP-VAE, and the commands of its README work:

    python BALL_experiment.py --elbo VAE
    python BALL_experiment.py --elbo GPVAE_Pearce
    python BALL_experiment.py --elbo SVGPVAE_Hensman --clip_qs

Writes BASE_DIR/EXPID_ELBO/: config.json, metrics.csv, tensorboard/, checkpoints/, saved_model/, trajectories.png,
training_curves.png. The default 25,000 steps take 11 to 20 minutes on 2 CPU cores; RMSE per frame ends near 0.1 with a
GP and near 1 without.
"""

from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.experiments.moving_ball.pictures import draw_run
from gpvae_tf.experiments.run import run

if __name__ == "__main__":
    run(BallExperiment, draw_run)
