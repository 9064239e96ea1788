"""The registry of models: a tiny instance of each, a batch of data for it, and what it can do.

Parametrised tests run over it: `tests/models/test_every_model.py` (the bound's parts, missing frames, two replicas,
resumption), `tests/models/test_gaps.py` and `test_gaps_of_images.py` (missing entries),
`tests/models/test_measurement_errors.py` (errors of known size), `tests/serving/test_every_model.py` (export),
`tests/saving/test_every_model.py` (save) and `tests/models/test_half_precision.py` (all of these in half precision). A
model that is registered here is thereby covered, and a test fails for a public class of `gpvae_tf.models` without an
entry.

A new model is one more entry of `REGISTRY`. It is expected to do everything; what it cannot do is stated in `cannot`,
with the reason.

A new capability is one more word in `CAPABILITIES`, the reason in `cannot` for every model without it, and one
parametrised test over `having("<the word>")`; if the test needs more of a model than an entry tells (the bands of a
precision, the form of a predictive distribution), that is one more field of `Entry`, whose default suits most models.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import serving
from gpvae_tf.models import LatentVariableModel
from tests.support import image_models, sequence_answers, sequence_models
from tests.support.families import FAMILIES

CAPABILITIES = ("bound", "masks", "entries", "errors", "predict_y", "impute", "replicas", "resume", "export", "save")

Batch = dict[str, tf.Tensor]
# By signature: what it takes, and what the model itself answers.
Answers = Mapping[str, tuple[Mapping[str, Any], Mapping[str, tf.Tensor]]]


def nothing(model: LatentVariableModel, batch: Batch) -> None:
    """Most models need nothing before their first step."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """A tiny instance of a model and what is known of it.

    Attributes:
      build: makes a new instance; takes `policy`, a Keras dtype policy ("float32" if not given, "float64" only if the
        model can do "masks"), and keyword arguments for the model's class.
      batch: a batch [3 data sets or more] for it, without a mask, from a generator of random numbers.
      servable: what export writes, from the model and a batch.
      answers: what the exported signatures have to answer.
      queries: inputs to predict at, from the model and a batch that it is given.
      prepare: what has to be done before the first step.
      cannot: capabilities that the model lacks, each with the reason.
      single_images: whether its data sets are single images, without inputs.
    """

    build: Callable[..., LatentVariableModel]
    batch: Callable[[np.random.Generator], Batch]
    servable: Callable[[Any, Batch], serving.Servable]
    answers: Callable[[Any, Batch], Answers]
    queries: Callable[[Any, Batch], tf.Tensor] = sequence_models.queries
    prepare: Callable[[Any, Batch], None] = nothing
    cannot: Mapping[str, str] = dataclasses.field(default_factory=dict)
    single_images: bool = False

    def __post_init__(self):
        unknown = set(self.cannot) - set(CAPABILITIES)
        if unknown:
            raise ValueError(f"cannot has {sorted(unknown)}; the capabilities are {', '.join(CAPABILITIES)}")


def _sequences(build: Callable[..., LatentVariableModel], batch=sequence_models.videos, **options) -> Entry:
    return Entry(build, batch, sequence_answers.servable, sequence_answers.answers, **options)


def _images(build: Callable[..., LatentVariableModel], batch=image_models.images, **options) -> Entry:
    cannot = {
        "masks": "an image is a data set of its own, and none of its batch is missing",
        "predict_y": "images have no inputs to predict at",
        "errors": "their likelihood is of pixels as they are",
    } | options.pop("cannot", {})
    parts = (build, batch, image_models.servable, image_models.answers)
    return Entry(*parts, cannot=cannot, single_images=True, **options)


def _of_new_objects(build: Callable[..., LatentVariableModel]) -> Entry:
    return dataclasses.replace(
        _sequences(build, sequence_models.objects),
        servable=sequence_answers.servable_new_objects,
        queries=sequence_models.queries_about_objects,
        answers=sequence_answers.answers_about_new_objects,
    )


REGISTRY: dict[str, Entry] = {
    "VAE": _sequences(sequence_models.vae),
    "LatentGPVAE": _sequences(sequence_models.mean_field),
    "GPVAE": _sequences(sequence_models.gp_vae),
    "MarkovGPVAE": _sequences(sequence_models.markov_gp_vae),
    "VecchiaGPVAE": _sequences(sequence_models.vecchia_gp_vae),
    "NeuralProcessGPVAE": _sequences(
        sequence_models.neural_process, cannot={"masks": "which frames are the context depends on how many there are"}
    ),
    "BandedGPVAE": _sequences(
        sequence_models.banded, cannot={"masks": "the posterior is of missing frames too, whose neighbours are encoded"}
    ),
    "SVGPVAE": _sequences(sequence_models.svgp_vae),
    "SVGPVAE, Titsias' bound": _sequences(sequence_models.titsias),
    "SVGPVAE, as coded": _sequences(sequence_models.as_coded),
    "SVGPVAE, amortized objects": _of_new_objects(sequence_models.amortized_svgp_vae),
    "ObjectSVGPVAE": _of_new_objects(sequence_models.object_svgp_vae),
    "FGPVAE, exact": _sequences(sequence_models.fgp_vae, sequence_models.objects),
    "FGPVAE, sparse": _sequences(sequence_models.sparse_fgp_vae, sequence_models.objects),
    "FGPVAE, correlated objects": _sequences(sequence_models.correlated_fgp_vae, sequence_models.objects),
    "GPPVAE": _sequences(
        sequence_models.gppvae,
        sequence_models.one_set_of_objects,
        prepare=lambda model, batch: model.refresh([batch]),
        cannot={
            "masks": "every image of a batch is a training image, of which only entries can be missing",
            "replicas": "every step needs and moves the bank of all latents",
        },
    ),
    "DeepSVIGP": _sequences(sequence_models.deep_svigp, sequence_models.objects),
    "CVAE": _sequences(sequence_models.cvae, sequence_models.objects),
    **{
        f"ImageVAE, {family}": _images(lambda family=family, **options: image_models.image_vae(family, **options))
        for family in FAMILIES
    },
    "CPVAE": dataclasses.replace(
        _images(image_models.cp_vae, image_models.labelled_images),
        servable=image_models.servable_categories,
        answers=image_models.cp_vae_answers,
    ),
    "HierarchicalVAE": _images(image_models.hierarchical_vae, image_models.binary_images),
    "NonparametricVAE": dataclasses.replace(
        _images(image_models.nonparametric_vae, image_models.unit_images),
        servable=image_models.servable_nonparametric,
        answers=image_models.nonparametric_answers,
    ),
}


def having(capability: str, *, single_images: bool | None = None) -> pytest.MarkDecorator:
    """Parametrises a test by `entry`, over the models that have a capability, of one kind or of both."""
    if capability not in CAPABILITIES:
        raise ValueError(f"capability must be one of {', '.join(CAPABILITIES)}, got {capability!r}")
    kinds = (False, True) if single_images is None else (single_images,)
    able = {name: entry for name, entry in REGISTRY.items() if capability not in entry.cannot}
    chosen = {name: entry for name, entry in able.items() if entry.single_images in kinds}
    return pytest.mark.parametrize("entry", chosen.values(), ids=chosen.keys())
