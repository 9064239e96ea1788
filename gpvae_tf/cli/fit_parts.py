"""What `gpvae fit` trains: the sequences, those that training is stopped by, and the model."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import models
from gpvae_tf.cli import likelihoods, reading
from gpvae_tf.cli.durations import in_time_units
from gpvae_tf.cli.options import MODELS, FitOptions
from gpvae_tf.data import SequenceData
from gpvae_tf.entry_masks import entry_mask
from gpvae_tf.training.early_stopping import BestWeightsStopping, track_best_weights

FEWEST = 10  # sequences, of which some are held out


def load(source: str, options: FitOptions) -> SequenceData:
    """The sequences, in batches that are shuffled by the seed."""
    sizes: dict[str, Any] = {"points_per_batch": options.points_per_batch}
    if options.points_per_batch is None:
        sizes = {"batch_size": options.batch_size}
    return reading.load(source, options, shuffle_seed=options.seed, **sizes)


def split(
    sequences: SequenceData, options: FitOptions, begun_with: Sequence[int] | None = None
) -> tuple[SequenceData, SequenceData | None]:
    """Sequences to train on, and those that training is stopped by; None where there are none.

    Args:
      sequences: all of them.
      options: of the command.
      begun_with: digests of the sequences that a run to be continued began with; None if there is none.
    """
    held_out = held_out_numbers(sequences.num_sequences, options, None if begun_with is None else len(begun_with))
    if not len(held_out):
        if options.validation:
            print(f"none of fewer than {FEWEST} sequences is held out: training takes all {options.steps} steps")
        return sequences, None
    rest = np.setdiff1d(np.arange(sequences.num_sequences), held_out)
    return sequences.take(rest), sequences.take(held_out)


def held_out_numbers(num_sequences: int, options: FitOptions, begun_with: int | None = None) -> np.ndarray:
    """Numbers of the sequences that training is stopped by, of so many; none where there are fewer than ten.

    Nor are there any where a run began with fewer than ten: its checkpoints have no place for the best weights.
    """
    enough = min(num_sequences, num_sequences if begun_with is None else begun_with) >= FEWEST
    num = round(options.validation * num_sequences) if enough else 0
    return np.sort(np.random.default_rng(options.seed).permutation(num_sequences)[:num])


def build(sequences: SequenceData, options: FitOptions) -> Any:
    """The model that the data and the options ask for."""
    given: dict[str, Any] = {"seed": options.seed} | ({"mask_channel": True} if options.mask_channel else {})
    given["hiding"] = (0.0, options.hide_in_training)
    given["likelihood"] = likelihoods.asked(options, columns_with_a_choice(sequences))
    given |= {"kernel": options.kernel, "kernel_dtype": options.kernel_dtype}
    given["period"] = in_time_units("period", options.period, sequences)
    model = getattr(models, MODELS[options.model])
    sizes: dict[str, Any] = {"units": options.units, "policy": options.precision}
    return model.from_data(sequences, options.latent_dim, **sizes, **given)


def columns_with_a_choice(sequences: SequenceData) -> list[str]:
    """Names of the channels whose likelihood is not that of classes."""
    classes = {channel for channels in sequences.class_channels.values() for channel in channels}
    return [name for channel, name in enumerate(sequences.channel_names) if channel not in classes]


def check_values_of(model: Any, training: SequenceData, sequences: SequenceData) -> None:
    """Refuses, before there is a folder, what training would refuse: a first batch, and values of no likelihood.

    Args:
      model: compiled.
      training: the sequences of the first batch.
      sequences: all of them; a bound of validation sequences with values that cannot be would mean nothing.

    Raises:
      ValueError: see `check_points` and `check_batch` of the model, and `check` of its likelihood.
    """
    if training.num_data is not None:
        model.check_points(training.num_data)
    model.check_batch(training.example)
    values = np.asarray(model.likelihood_values(sequences.observations))
    model.likelihood.check(values, entry_mask(sequences.mask, sequences.observations.shape))


def early_stopping(model: Any, validation: SequenceData, options: FitOptions) -> BestWeightsStopping:
    """Ends training by the negative bound per sequence of the validation sequences."""

    @tf.function
    def bounds(batch: Mapping[str, tf.Tensor]) -> tf.Tensor:
        return model.testing_bound(batch, model.step_seed(salt=1)).elbo

    def loss(model: Any, sequences: SequenceData) -> float:
        if model.distribute_strategy.num_replicas_in_sync > 1:  # more than a batch may have sequences
            values = np.concatenate([bounds(batch) for batch in sequences.in_order()])
            return -float(np.mean(values[np.isfinite(values)], dtype=np.float64))
        return -float(model.evaluate(sequences.in_order(), verbose=0, return_dict=True)["elbo"])

    return BestWeightsStopping(track_best_weights(model), validation, loss, patience=options.patience)
