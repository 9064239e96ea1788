"""Embeddings of a model's inputs: what a kernel sees in the place of an object's number.

An object's vector is learned with everything else (GP-LVM, `ObjectVectors`), or it is the mean of what a network makes
of the object's images (`AmortizedObjects`), which serves objects that were never seen in training.
"""

from gpvae_tf.embeddings.amortized import AmortizedObjects
from gpvae_tf.embeddings.base import Embedding
from gpvae_tf.embeddings.object_vectors import ObjectVectors

__all__ = ["AmortizedObjects", "Embedding", "ObjectVectors"]
