"""k replicas of a distribution strategy take the step of one device: their shares of a batch, and its draws."""

from gpvae_tf.replicas import batches, draws, shares

__all__ = ["batches", "draws", "shares"]
