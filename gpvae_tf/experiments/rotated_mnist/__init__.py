"""Rotated MNIST: SVGP-VAE (Section 4.2) with the models beside it, and FGP-VAE (Section 4); pictures, tables."""
