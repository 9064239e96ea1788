"""The library's version, which setup.py, `gpvae_tf.__version__` and `gpvae --version` read here."""

__version__ = "0.1.0"
