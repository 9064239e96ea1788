"""Options of models whose objects' vectors a network makes of images (SPRITES, rotated MNIST); none is the authors'."""

import dataclasses
from collections.abc import Mapping

from gpvae_tf.datasets import contexts
from gpvae_tf.embeddings import Aggregation, AttentionAggregation, DeepSetAggregation
from gpvae_tf.flags.options import option
from gpvae_tf.models import SVGPVAE, ObjectSVGPVAE
from gpvae_tf.networks import output_dtype

AGGREGATIONS: Mapping[str, type[AttentionAggregation] | type[DeepSetAggregation] | None] = {
    "mean": None,
    "attention": AttentionAggregation,
    "deep_set": DeepSetAggregation,
}


@dataclasses.dataclass(frozen=True)
class ObjectNetworkOptions:
    """How an object's vector is made of its images, and who sees it."""

    aggregation: str = option(
        "mean",
        "What makes an object's vector of its images: their mean (the authors'), or the mean corrected by attention "
        "or by a perceptron on mean and maximum.",
        choices=AGGREGATIONS,
    )
    training_context: str = option(
        "all",
        "Images of a training batch that an object's vector is made of: all of them (the authors'), a random half, or "
        "any random number.",
        choices=contexts.CONTEXTS,
    )
    decoder_sees_object: bool = option(False, "Give the decoder the object's vector behind the latents.")


OPTIONS = frozenset(field.name for field in dataclasses.fields(ObjectNetworkOptions))


def aggregation_of(config: ObjectNetworkOptions, vector_dim: int, precision: str) -> Aggregation | None:
    """The aggregation of --aggregation; None for the mean."""
    kind = AGGREGATIONS[config.aggregation]
    return None if kind is None else kind(vector_dim, dtype=output_dtype(precision))


def model_class(config: ObjectNetworkOptions) -> type[SVGPVAE]:
    """SVGP-VAE, or the one whose decoder sees the object."""
    return ObjectSVGPVAE if config.decoder_sees_object else SVGPVAE
