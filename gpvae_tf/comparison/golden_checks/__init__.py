"""What is computed for golden files, one file per name; see `gpvae_tf.comparison.golden`."""
