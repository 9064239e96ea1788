"""Flags that the experiments on single images share."""

from absl import flags

from gpvae_tf.experiments.images import ImageConfig


def define_image_flags(config: type[ImageConfig], *, file: str) -> None:
    """Defines where the images come from and how the learning rate falls.

    Args:
      config: of the experiment; its fields give the defaults.
      file: what --data_file may be.
    """
    flags.DEFINE_bool("cosine", config.cosine, "Let the learning rate fall to zero along half a cosine.")
    flags.DEFINE_string("mnist_manual_dir", None, "Folder with MNIST's four .gz files, for machines without network.")
    flags.DEFINE_string("data_dir", None, "Where TFDS keeps what it prepared; its own default if not given.")
    flags.DEFINE_string("data_file", None, file)
