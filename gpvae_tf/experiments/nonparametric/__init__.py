"""The nonparametric VAE on MNIST: configuration, models, pictures, table."""
