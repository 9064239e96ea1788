"""Imputation of sequences with missing pixels (Fortuin et al., 2020): GP-VAEs, VAE and HI-VAE on the same networks."""
