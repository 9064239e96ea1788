"""The moving ball (SVGP-VAE, Section 4.1): configuration, models, pictures, table."""
