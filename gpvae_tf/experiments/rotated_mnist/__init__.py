"""Rotated MNIST (SVGP-VAE, Section 4.2; FGP-VAE): configuration, models, pictures, table."""
