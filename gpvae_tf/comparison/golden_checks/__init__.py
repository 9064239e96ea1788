"""Our values for golden files, one module per name of a file; see `gpvae_tf.comparison.golden`."""
