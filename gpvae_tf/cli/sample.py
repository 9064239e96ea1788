"""`gpvae sample` and `gpvae export`."""

import numpy as np

from gpvae_tf.cli import prior_inputs, writing
from gpvae_tf.cli.loaded_run import load_run
from gpvae_tf.cli.options import DataOptions, ExportOptions, SampleOptions
from gpvae_tf.files import atomic_write, expanded


def sample(run: str, options: SampleOptions) -> None:
    """Draws sequences from the prior at the times of a file's first sequence and writes them as an .npz.

    Raises:
      ValueError, RunFolderError: naming what is wrong.
    """
    writing.check_out(options.out, at=options.at)
    writing.check_writable(options.out, ".npz")
    target = expanded(options.out)
    loaded = load_run(run, options, options.at)
    inputs = prior_inputs.first_inputs(options.at, loaded.reading, loaded.input_dim, loaded.time_kind)
    drawn = loaded.model.sample(options.num, options.seed, inputs, noise=options.noise)
    with atomic_write(target, "wb") as file:
        np.savez_compressed(file, observations=drawn.numpy(), inputs=inputs)
    print(f"drew {options.num} sequences of {len(inputs)} points; wrote {target}")


def export(run: str, options: ExportOptions) -> None:
    """Writes the SavedModel of a run's model, the next version in a folder.

    Raises:
      ValueError, RunFolderError: naming what is wrong.
    """
    loaded = load_run(run, DataOptions())
    errors = {"errors": True} if loaded.has_errors and loaded.model.mask_channel else {}  # else all of them were 0
    print(f"wrote {loaded.model.export(options.out, **errors)}")
