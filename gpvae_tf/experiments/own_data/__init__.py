"""A multivariate series with gaps, as users bring it: models from data beside interpolation and a GP per channel."""
