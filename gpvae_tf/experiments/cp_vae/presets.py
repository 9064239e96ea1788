"""CP-VAE's switches: every difference between the paper's equations and the authors' code (docs/deviations.md, C)."""

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from gpvae_tf.as_coded.cp_estimator import AsCoded
from gpvae_tf.as_coded.norm_grad import AdamNormGrad
from gpvae_tf.as_coded.priors import AsCodedComponents, AsCodedMixture
from gpvae_tf.models import FusedAdam
from gpvae_tf.models.cp_estimators import Enumerate, Estimator, Relaxed, StraightThrough
from gpvae_tf.models.cp_temperatures import Annealed, CompoundedByEpoch
from gpvae_tf.priors import FullCovarianceComponents, GaussianComponents, MixtureOfGaussians

ESTIMATORS: Mapping[str, Callable[..., Estimator]] = MappingProxyType(
    {
        "enumerate": lambda temperature: Enumerate(),  # which has no use for one
        "straight_through": StraightThrough,
        "relaxed": Relaxed,
        "as_coded": AsCoded,
    }
)
COMPONENTS: Mapping[str, type[GaussianComponents]] = MappingProxyType(
    {"diagonal": GaussianComponents, "full": FullCovarianceComponents}
)
FIXED_COMPONENTS = functools.partial(AsCodedComponents, fixed_variance=True)  # in the place of components, --fixed_var


CPVAE_PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "paper": dict(
            estimator="straight_through",
            components=GaussianComponents,
            mixture=MixtureOfGaussians,
            temperature=lambda rate, floor, steps_per_epoch: Annealed(rate, floor),
            init="glorot",
            logit_activation=None,
            optimizer=FusedAdam,
        ),
        "authors_code": dict(
            estimator="as_coded",
            components=AsCodedComponents,
            mixture=AsCodedMixture,
            temperature=lambda rate, floor, steps_per_epoch: CompoundedByEpoch(steps_per_epoch, rate, floor),
            init="he",
            logit_activation="elu",
            optimizer=AdamNormGrad,
        ),
    }
)
