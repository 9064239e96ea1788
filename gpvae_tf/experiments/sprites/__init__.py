"""SVGP-VAE's experiment on SPRITES (Section 4.3): characters never seen in training, generated in given poses."""
