"""The command `gpvae`: from a file to a filled-in file. Nothing in here imports TensorFlow before work starts."""
