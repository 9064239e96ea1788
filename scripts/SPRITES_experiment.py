r"""SPRITES (Section 4.3): characters never seen in training, generated in given poses by SVGP-VAE; or a VAE.

Flags have the names and defaults of SPRITES_experiment.py in ratschlab/SVGP-VAE, and the command of its README works:

    python SPRITES_experiment.py --elbo SVGPVAE_Hensman --ip_joint --GPLVM_joint --PCA --clip_qs --GECO \
      --object_kernel_normalize --clip_grad

--sprites_dir names the folder of the layer images (YingzhenLi/Sprites, Liberated Pixel Cup art), or one of images
CHARACTER/POSE.png of your own; without it, the folder sprites in the data cache is taken. Writes BASE_DIR/EXPID_ELBO/:
config.json, metrics.csv, tensorboard/, checkpoints/, representation.npz, saved_model/, poses.gif, and pictures. The 50
epochs take about three and a half hours on 2 idle CPU cores.
"""

from gpvae_tf.experiments.run import run
from gpvae_tf.experiments.sprites.experiment import SpritesExperiment
from gpvae_tf.experiments.sprites.pictures import draw_run

if __name__ == "__main__":
    run(SpritesExperiment, draw_run)
