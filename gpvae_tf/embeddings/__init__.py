"""Embeddings of a model's inputs: what a kernel sees in the place of an object's number.

An object's vector is learned with everything else (GP-LVM, `ObjectVectors`), or it is made of what a network makes of
the object's images (`AmortizedObjects`), which serves objects that were never seen in training: their mean, or another
aggregation.
"""

from gpvae_tf.embeddings.aggregation import (
    Aggregation,
    AttentionAggregation,
    CorrectedMean,
    DeepSetAggregation,
    MeanAggregation,
)
from gpvae_tf.embeddings.amortized import AmortizedObjects
from gpvae_tf.embeddings.base import Embedding
from gpvae_tf.embeddings.object_vectors import ObjectVectors
from gpvae_tf.embeddings.objects import ObjectEmbedding

__all__ = [
    "Aggregation",
    "AmortizedObjects",
    "AttentionAggregation",
    "CorrectedMean",
    "DeepSetAggregation",
    "Embedding",
    "MeanAggregation",
    "ObjectEmbedding",
    "ObjectVectors",
]
