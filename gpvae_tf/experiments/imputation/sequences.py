"""What everything that fills in sequences shares: the sequences themselves, and how well they are filled in."""

import abc
import functools
from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from gpvae_tf.datasets.imputation_sets import ImputationSet
from gpvae_tf.evaluation import imputations
from gpvae_tf.experiments.base import Experiment, Scores
from gpvae_tf.experiments.imputation.data_types import DATA_TYPES, DataType, Splits
from gpvae_tf.experiments.imputation.sequences_config import SequencesConfig
from gpvae_tf.files import SCIKIT_LEARN, check_installed
from gpvae_tf.training.memory import peak_memory
from gpvae_tf.types import Batch

SCORED_AT_ONCE = 50  # sequences

S = TypeVar("S", bound=SequencesConfig)


class SequencesExperiment(Experiment[S]):
    """Sequences with parts missing, to train on and to score."""

    aliases = {"exp_name": "expid", "basedir": "base_dir"}

    @property
    def data_type(self) -> DataType:
        """What is filled in."""
        return DATA_TYPES[self.config.data_type]

    @functools.cached_property
    def splits(self) -> Splits:
        """The sequences to train on, "train", and to score, "validation" or, with --testing, "test"."""
        return self.data_type.splits(self.config)

    @property
    def train_set(self) -> ImputationSet:
        """What the model is trained on."""
        return self._train_and_scored[0]

    @property
    def scored_set(self) -> ImputationSet:
        """What it is scored on: the validation split, or the test split with --testing."""
        return self._train_and_scored[1]

    @functools.cached_property
    def _train_and_scored(self) -> tuple[ImputationSet, ImputationSet]:
        config = self.config
        scored = self.splits["test" if config.testing else "validation"]
        scored = scored.take(slice(config.num_scored or None))
        if scored.labels is not None and config.auroc:
            check_installed("the AUROC (not --noauroc)", SCIKIT_LEARN)
            try:
                imputations.check_classes(scored.labels)
            except ValueError as error:
                raise ValueError(f"labels of the sequences to score: {error}; --noauroc classifies nothing") from error
        return self.splits["train"].take(slice(config.num_train or None)), scored

    @abc.abstractmethod
    def filled_in(self, rows: slice, batch: Batch) -> imputations.FilledIn:
        """What is made of some of the scored sequences, which `batch` holds."""

    @abc.abstractmethod
    def pictured(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        """Means and standard deviations of a batch's entries, [B, n, *event] both, for a picture."""

    def score(self) -> Scores:
        """Scores of the missing entries, area under the ROC curve where there are labels, peak memory of a training."""
        data, numbers = self.scored_set, {"peak_memory": peak_memory()} if self.trains else {}
        totals = imputations.Totals(binary=self.data_type.binary)
        imputed = np.empty(data.truth.shape, np.float32)
        for rows, batch in data.chunks(SCORED_AT_ONCE):
            filled = self.filled_in(rows, batch)
            totals.add(data.truth[rows], data.scored[rows], filled)
            imputed[rows] = data.filled(rows, filled.mean)
        numbers |= totals.means()
        if data.labels is not None and self.config.auroc:
            numbers |= imputations.auroc(np.round(imputed) if self.data_type.binary else imputed, data.labels)
        return Scores(numbers)

    def summary(self, numbers: Mapping[str, float]) -> str:
        text = f"missing entries: NLL {numbers['missing_nll_one_draw']:.4f} nats, MSE {numbers['missing_mse']:.4f}"
        return text + (f", AUROC {numbers['auroc']:.4f}" if "auroc" in numbers else "")
