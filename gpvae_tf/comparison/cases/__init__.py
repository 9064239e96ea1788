"""One file per group of functions of a repository; see `gpvae_tf.comparison.registry`."""
