"""CP-VAE's switches: every difference between the paper's equations and the authors' code (docs/deviations.md, C)."""

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from gpvae_tf._keras import keras
from gpvae_tf.as_coded.cp_estimator import AsCoded
from gpvae_tf.as_coded.norm_grad import AdamNormGrad
from gpvae_tf.as_coded.priors import AsCodedComponents, AsCodedMixture
from gpvae_tf.models import cp_temperatures as temperature
from gpvae_tf.models.cp_estimators import Enumerate, Estimator, Relaxed, StraightThrough
from gpvae_tf.priors import GaussianComponents, MixtureOfGaussians


def _enumerate(_: Any = None) -> Enumerate:
    return Enumerate()  # which has no use for a temperature


ESTIMATORS: Mapping[str, Callable[..., Estimator]] = MappingProxyType(
    {
        "enumerate": _enumerate,
        "straight_through": StraightThrough,
        "relaxed": Relaxed,
        "as_coded": AsCoded,
    }
)
FIXED_COMPONENTS = functools.partial(AsCodedComponents, fixed_variance=True)  # in the place of components, --fixed_var


def _by_step(rate: float, floor: float, steps_per_epoch: int) -> temperature.Temperature:
    return temperature.Annealed(rate, floor)


def _by_epoch(rate: float, floor: float, steps_per_epoch: int) -> temperature.Temperature:
    return temperature.CompoundedByEpoch(steps_per_epoch, rate, floor)


CPVAE_PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "paper": dict(
            estimator="straight_through",
            components=GaussianComponents,
            mixture=MixtureOfGaussians,
            temperature=_by_step,
            init="glorot",
            logit_activation=None,
            optimizer=keras.optimizers.Adam,
        ),
        "authors_code": dict(
            estimator="as_coded",
            components=AsCodedComponents,
            mixture=AsCodedMixture,
            temperature=_by_epoch,
            init="he",
            logit_activation="elu",
            optimizer=AdamNormGrad,
        ),
    }
)
