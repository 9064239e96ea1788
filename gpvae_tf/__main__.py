"""`python -m gpvae_tf` is the command `gpvae`."""

from gpvae_tf.cli.main import main

if __name__ == "__main__":
    main()
