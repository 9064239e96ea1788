"""CP-VAE's experiments, with the VampPrior's as baselines: configuration, models, pictures, table."""
