"""The nonparametric VAE on grey MNIST, or a plain VAE on the same networks: what the configuration stands for."""

import functools
from collections.abc import Mapping

from gpvae_tf import kernels, serving
from gpvae_tf.datasets import binarized_mnist
from gpvae_tf.datasets.binarization import Splits
from gpvae_tf.datasets.image_sets import ImageSet
from gpvae_tf.experiments.base import Scores
from gpvae_tf.experiments.images import ImageExperiment, Schedule
from gpvae_tf.experiments.nonparametric import scores
from gpvae_tf.experiments.nonparametric.config import NpvaeConfig
from gpvae_tf.experiments.nonparametric.models import NPVAE_MODELS, LocationSpace, Space
from gpvae_tf.experiments.nonparametric.scores import NEIGHBOURS
from gpvae_tf.models.nonparametric_vae import NonparametricVAE
from gpvae_tf.serving.nonparametric import ServableNonparametric

MOST_GP_ANCHORS = 5_000  # whose matrix is factorised for every batch of queries


class NpvaeExperiment(ImageExperiment[NpvaeConfig]):
    """A run on grey MNIST.

    The epoch is chosen by Eq. 5 on the validation images, 500 at a time; an image's neighbours are the others of its
    500, in the order of the file. In training they are the 127 others of a batch.
    """

    name = "npvae"
    script = "NPVAE_experiment.py"
    config_class = NpvaeConfig
    expid = "npvae"
    folder_name = "{expid}_{model}_z{dim_z}"

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.config.batch_size, self.config.num_epochs, self.config.learn_rate)

    @functools.cached_property
    def splits(self) -> Splits:
        """Grey MNIST, 55,000/5,000/10,000; with --num_train the first ones of the 55,000.

        Raises:
          ValueError: if --num_train is more than there are.
        """
        config = self.config
        splits = binarized_mnist.load_grey(manual_dir=config.mnist_manual_dir, data_dir=config.data_dir)
        train, num_train = splits.train, config.num_train
        if num_train > len(train):
            raise ValueError(f"--num_train must be at most {len(train)}, the training images; got {num_train}")
        if not num_train:
            return splits
        labels = None if train.labels is None else train.labels[:num_train]
        fewer = ImageSet("train", train.images[:num_train], labels)
        return splits._replace(train=fewer, description=f"{splits.description}, first {num_train} training images")

    def new_model(self) -> NonparametricVAE:
        """A new model.

        Raises:
          ValueError: if there are fewer training images than reference points or than neighbours of a score, too many
            of them for a GP, or a batch of a single image.
        """
        config, size = self.config, len(self.splits.train)
        if size < max(NEIGHBOURS):
            raise ValueError(f"--num_train={size} leaves fewer images than the {max(NEIGHBOURS)} neighbours of a score")
        if config.num_anchors > size:
            raise ValueError(f"--num_anchors must be at most {size}, the training images; got {config.num_anchors}")
        if config.predictor == "gp" and (config.num_anchors or size) > MOST_GP_ANCHORS:
            given = config.num_anchors or f"0, all {size}"
            raise ValueError(f"--predictor=gp needs --num_anchors between 1 and {MOST_GP_ANCHORS}, got {given}")
        if size % config.batch_size == 1:
            count = f"--batch_size={config.batch_size} makes of {size} training images"
            raise ValueError(f"{count} a last batch of 1, which has no neighbours; choose another size")
        return NPVAE_MODELS[config.model].build(config, self.splits.train.images.shape[1:])

    def evaluate(self) -> dict[str, float]:
        """The predictor's hyperparameters; the validation loss is in the logs already."""
        return kernels.learned(self.model.predictor)

    def space(self) -> Space:
        """The space in which the images of the trained model lie, with its weights as they are now."""
        config = self.config
        images = self.splits.train.images
        return NPVAE_MODELS[config.model].space(self.model, images, config.num_anchors, config.seed)

    def score(self) -> Scores:
        """See `nonparametric.scores`."""
        return Scores(scores.score(self.space(), self.splits))

    def servable(self) -> serving.Servable:
        """The SavedModel has `embed` and `generate` too where there is an X."""
        space = self.space()
        if isinstance(space, LocationSpace):
            return ServableNonparametric(self.model, space.embedding.references)
        return super().servable()

    def summary(self, numbers: Mapping[str, float]) -> str:
        from_x = f", {numbers['test_nll_x']:.2f} from X" if "test_nll_x" in numbers else ""
        return (
            f"test reconstruction {numbers['test_nll_z']:.2f} nats per image from Z{from_x}; "
            f"10-NN accuracy in {NPVAE_MODELS[self.config.model].space.name} {numbers['test_accuracy_10']:.3f}"
        )
