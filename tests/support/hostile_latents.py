"""Latent data sets that nobody would ask for, every latent GP on every kind of kernel, and what a posterior says."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

from gpvae_tf import kernels
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.kernels import Kernel, psd_kernels
from gpvae_tf.latent_gps import (
    BandedGP,
    CorrelatedSharedGaussian,
    ExactGP,
    Independent,
    IndependentMeanField,
    LatentDataset,
    LatentGP,
    MarkovGP,
    SharedGaussian,
    SparseGP,
    TitsiasGP,
    VecchiaGP,
)
from gpvae_tf.latent_gps.factorized import FactorizedGP
from gpvae_tf.latent_gps.low_rank import LowRankGP
from gpvae_tf.latent_gps.product_features import ProductFeatures

NUM_CHANNELS, WHOLE, VIEWS = 2, 1000, np.array([0.0, 1.0, 2.5, 4.0])
LENGTHS = st.one_of(st.sampled_from([1, 2, 300]), st.integers(1, 60))

_OF_TIME = {  # with a state-space form, so that MarkovGP takes them too
    "Matern-1/2": lambda per, **options: kernels.matern(0.5, 1.3, 0.8, **options),
    "Matern-3/2": lambda per, **options: kernels.matern(1.5, per(0.7, 2.0), 1.2, **options),
    "Matern-5/2": lambda per, **options: kernels.matern(2.5, 3.0, per(0.5, 1.5), **options),
    "cosine": lambda per, **options: kernels.cosine(2.0, 0.9, **options),
    "constant": lambda per, dtype, **options: psd_kernels.Constant(tf.constant(0.4, dtype)),
}
_OTHERS = {
    "squared exponential": lambda per, **options: kernels.exponentiated_quadratic(per(1.3, 0.2), 0.9, **options),
    "periodic": lambda per, **options: kernels.periodic(1.1, 1.3, 3.0, **options),
    "linear": lambda per, dtype, **options: kernels.linear(dtype=dtype),
    "cosine of angles": lambda per, dtype, **options: kernels.linear(normalize=True, dtype=dtype),
    "rational quadratic": lambda per, dtype, **options: psd_kernels.RationalQuadratic(
        tf.constant(1.1, dtype), tf.constant(0.7, dtype), scale_mixture_rate=tf.constant(2.0, dtype)
    ),
}


class Composed(NamedTuple):
    """A kernel, a sum of two or a product of two, by name."""

    first: str
    second: str | None
    is_sum: bool

    def __call__(self, dtype: str, *, of_channels: bool) -> Kernel:
        """The kernel with trainable parameters, computed in `dtype`; with some of two channels if `of_channels`."""
        per = lambda *values: list(values) if of_channels else values[0]
        make = lambda name: (_OF_TIME | _OTHERS)[name](per, dtype=dtype, trainable=True)
        if self.second is None:
            return make(self.first)
        return make(self.first) + make(self.second) if self.is_sum else make(self.first) * make(self.second)


def kernels_of(names: dict) -> st.SearchStrategy[Composed]:
    """Kernels with these names, their sums and products."""
    return st.builds(Composed, st.sampled_from(list(names)), st.sampled_from([None, *names]), st.booleans())


KERNELS_OF_TIME, KERNELS = kernels_of(_OF_TIME), kernels_of(_OF_TIME | _OTHERS)


def _inducing(dtype: str) -> InducingPoints:
    return InducingPoints(np.linspace(0.0, 5.0, 4)[:, None], trainable=True, dtype=dtype)


def _low_rank(kernel: Kernel, dtype: str) -> LowRankGP:
    return LowRankGP(ProductFeatures(kernel, VIEWS, jitter=1e-6), noise_variance=0.3, trainable=True)


def _factorized(kernel: Kernel, dtype: str) -> FactorizedGP:
    return FactorizedGP(ExactGP(kernel), 1, SharedGaussian(dtype), 1)


def _correlated(kernel: Kernel, dtype: str) -> FactorizedGP:
    return FactorizedGP(ExactGP(kernel), 1, CorrelatedSharedGaussian(kernels.linear(dtype=dtype)), 1)


# What is built of a kernel and a dtype, by name.
GPS: dict[str, Callable[[Kernel, str], LatentGP]] = {
    "exact": lambda kernel, dtype: ExactGP(kernel),
    "markov": lambda kernel, dtype: MarkovGP(kernel),
    "vecchia": lambda kernel, dtype: VecchiaGP(kernel, num_neighbours=6),
    "sparse": lambda kernel, dtype: SparseGP(kernel, _inducing(dtype), jitter=1e-6),
    "sparse, of a part": lambda kernel, dtype: SparseGP(kernel, _inducing(dtype), num_data=WHOLE, jitter=1e-6),
    "Titsias": lambda kernel, dtype: TitsiasGP(kernel, _inducing(dtype), jitter=1e-6),
    "banded": lambda kernel, dtype: BandedGP(kernel, white_noise=1e-3),
    "low rank": _low_rank,
    "factorized": _factorized,
    "factorized, correlated objects": _correlated,
    "independent": lambda kernel, dtype: Independent(dtype),
    "mean field": lambda kernel, dtype: IndependentMeanField(dtype),
}
# Local and global channels need as many kernels as there are, one here.
ONE_CHANNEL = ("factorized", "factorized, correlated objects", "low rank")
WITH_OBJECTS = ("low rank", "factorized, correlated objects")  # inputs (time, vector of the object)


class Hostile(NamedTuple):
    """How a latent data set is made: everything is drawn, and shown when a test fails."""

    length: int
    dtype: str
    inputs: str
    least_noise: int  # powers of 10
    most_noise: int
    values: float
    mask: str
    seed: int

    def data(self, name: str, garbage: float = 1e30, hidden_noise: float = 0.0) -> tuple[LatentDataset, tf.Tensor]:
        """2 data sets for the latent GP of that name, 3 queries each; y~ and s~ of hidden points are `garbage` and
        `hidden_noise`."""
        rng, n = np.random.default_rng(self.seed), self.length
        x = _INPUTS[self.inputs](rng, (2, n))[..., None]
        if name == "low rank":  # which is conditioned at its features' views
            x = VIEWS[np.abs(x).astype(np.int64) % len(VIEWS)]
        queries = np.concatenate([x[:, :1], x[:, -1:] + 0.3, x[:, :1] + 1e3], axis=1)
        if name in WITH_OBJECTS:
            x, queries = (np.concatenate([part, rng.normal(size=(*part.shape[:2], 2))], -1) for part in (x, queries))
        y = self.values * rng.normal(size=(2, NUM_CHANNELS, n))
        noise = 10.0 ** rng.uniform(self.least_noise, max(self.least_noise, self.most_noise), y.shape)
        mask = _MASKS[self.mask](rng, (2, n))
        if mask is not None:
            y, noise = np.where(mask[:, None], y, garbage), np.where(mask[:, None], noise, hidden_noise)
        numbers = (tf.constant(part, self.dtype) for part in (x, y, noise))
        return LatentDataset(*numbers, None if mask is None else tf.constant(mask)), tf.constant(queries, self.dtype)


_INPUTS: dict[str, Callable] = {
    "spread": lambda rng, shape: rng.uniform(0.0, 5.0, shape),
    "one and the same": lambda rng, shape: np.full(shape, 1.7),
    "each many times": lambda rng, shape: rng.integers(0, 3, shape) / 2.0,
    "next to each other": lambda rng, shape: 1.0 + 1e-9 * rng.uniform(size=shape),
    "far apart": lambda rng, shape: 1e6 * rng.integers(-9, 9, shape),
    "huge": lambda rng, shape: 1e15 * rng.normal(size=shape),
    "seconds since 1970": lambda rng, shape: 1.7e9 + np.arange(shape[1]) * np.ones(shape),
}
_MASKS: dict[str, Callable] = {
    "none": lambda rng, shape: None,
    "some": lambda rng, shape: rng.uniform(size=shape) < 0.6,
    "all but one": lambda rng, shape: np.broadcast_to(np.arange(shape[1]) == shape[1] // 2, shape),
    "everything": lambda rng, shape: np.zeros(shape, bool),
}
HOSTILE = st.builds(
    Hostile,
    length=LENGTHS,
    dtype=st.sampled_from(["float64", "float64", "float32"]),
    inputs=st.sampled_from(list(_INPUTS)),
    least_noise=st.integers(-8, 8),
    most_noise=st.integers(-8, 8),
    values=st.sampled_from([0.0, 1.0, 1e4]),
    mask=st.sampled_from(list(_MASKS)),
    seed=st.integers(0, 2**32 - 1),
)


def condition(kernel: Kernel, data: LatentDataset) -> float:
    """At most how ill-conditioned I + S K S is: the points, or the whole of what they are a part of, times the greatest
    prior variance over the least noise variance."""
    time, objects = data.x[..., :1], np.square(data.x[..., 1:]).sum(axis=-1)
    noise = data.noise_variance.numpy()
    noise = noise if data.mask is None else noise[np.broadcast_to(data.channel_mask, noise.shape)]
    variance = np.max(kernels.diagonal(kernel, time)) * (1.0 + np.max(objects))
    return max(data.x.shape[1], WHOLE) * float(variance) / float(noise.min(initial=np.inf))


def numbers(gp: LatentGP, data: LatentDataset, queries: tf.Tensor) -> dict[str, tf.Tensor]:
    """Everything that a posterior says of a latent data set, and the gradients of a loss like the bound's, by name."""
    with tf.GradientTape() as tape:
        watched = {"y": data.y, "noise": data.noise_variance} | {
            f"{i}, {v.name}": v for i, v in enumerate(gp.trainable_variables)
        }
        tape.watch(list(watched.values()))
        posterior = gp.condition(data)
        drawn = posterior.draw(tf.ones_like(data.y))
        found = {"draw": drawn, **posterior.regularizer()}
        # What is decoded from a missing point's latent has no likelihood.
        decoded = drawn if data.mask is None else tf.where(data.channel_mask, drawn, tf.zeros_like(drawn))
        loss = tf.reduce_sum(tf.tanh(decoded)) + tf.add_n([tf.reduce_sum(part) for part in found.values()][1:])
        with tape.stop_recording():
            pairs = {"marginal": posterior.marginals(), "predicted": posterior.predict(queries)}
            pairs["joint"] = posterior.predict_joint(queries)
    found |= {f"{name} {what}": part for name, pair in pairs.items() for what, part in zip(("mean", "variance"), pair)}
    gradients = tape.gradient(loss, list(watched.values()))
    return found | {f"gradient of {name}": part for name, part in zip(watched, gradients) if part is not None}
