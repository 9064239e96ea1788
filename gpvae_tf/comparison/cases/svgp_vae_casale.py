"""ratschlab/SVGP-VAE, GPVAE_Casale_model.py: GPPVAE's low-rank prior, Taylor terms, loss and prediction (float64)."""

import functools
from types import SimpleNamespace
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.as_coded.low_rank_gp import AsCodedLowRankGP
from gpvae_tf.comparison.case import SVGP_VAE, Case, OurValue, our_values
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.gp import low_rank, low_rank_expansion
from gpvae_tf.latent_gps.low_rank import LowRankGP
from gpvae_tf.latent_gps.product_features import ProductFeatures

NUM_OBJECTS, VECTOR_DIM, CHANNELS, BATCH, BETA, PIXELS = 7, 3, 4, 9, 0.7, 6
ANGLES, HELD_OUT = np.array([0.3, 1.0, 2.1, 3.3, 4.0, 5.2]), 2.7
PARAMETERS = ("length scale", "amplitude", "alpha", "object vectors")


def inputs(normalize: bool = False) -> Arrays:
    """Latents of all training images and a mini-batch; with `normalize` object vectors are compared by the cosine."""
    rng = np.random.default_rng(5)
    mask = rng.uniform(size=NUM_OBJECTS * len(ANGLES)) < 0.7
    ids, angles = np.repeat(np.arange(NUM_OBJECTS), len(ANGLES))[mask], np.tile(ANGLES, NUM_OBJECTS)[mask]
    test_ids = rng.permutation(NUM_OBJECTS)[:5]
    return {
        "normalize": np.array(normalize),
        "length scale": np.array(1.3),
        "amplitude": np.array(0.9),
        "alpha": np.array(0.2),
        "object vectors": rng.normal(0.0, 1.5, (NUM_OBJECTS, VECTOR_DIM)),
        "mask": mask,
        "train": np.stack([ids.astype(np.float64), angles], axis=1),  # columns id, angle
        "test": np.stack([test_ids.astype(np.float64), np.full(5, HELD_OUT)], axis=1),
        "z": rng.normal(size=(mask.sum(), CHANNELS)),
        "rows": np.sort(rng.permutation(mask.sum())[:BATCH]),
        "batch noise": rng.normal(size=(BATCH, CHANNELS)),
        "batch mean": rng.normal(size=(BATCH, CHANNELS)),
        "batch variance": np.exp(rng.normal(-1.0, 0.5, (BATCH, CHANNELS))),
        "test noise": rng.normal(size=(5, CHANNELS)),
        "images": rng.uniform(size=(BATCH, PIXELS, PIXELS, 1)),
        "decoded": rng.uniform(size=(BATCH, PIXELS, PIXELS, 1)),
    }


def theirs(original: Original, given: Arrays) -> Arrays:
    """The class's V and coefficients, a mini-batch's loss, the prior term's derivatives, and test latents.

    Coefficients per channel are summed over channels. The mini-batch's latents in Z are the loss's own draw, and the
    loss's decoder gives constant images, so its derivative by the encoder's means is the prior term's. Derivatives by
    the prior's parameters are those of the whole data set, with the coefficients as they are and frozen. The
    prediction's decoder gives the latents themselves.
    """
    v1, model = original.tf, original.module("GPVAE_Casale_model")
    gp = model.casaleGP(False, given["object vectors"], bool(given["normalize"]), True)
    variables = [gp.l_GP, gp.amplitude, gp.alpha, gp.object_vectors]
    numbered = np.concatenate([np.arange(len(given["train"]))[:, None], given["train"]], axis=1)
    train, test, mean = (v1.constant(value) for value in (numbered, given["test"], given["batch mean"]))
    draw = mean + given["batch noise"] * np.sqrt(given["batch variance"])
    z = v1.tensor_scatter_nd_update(v1.constant(given["z"]), given["rows"][:, None], draw)
    v = gp.V_matrix(train, given["mask"])
    coefficients = gp.taylor_coeff(z, v)
    frozen = [v1.stop_gradient(part) for part in coefficients]

    def forward(batch: tuple[Any, Any], q: tuple[Any, Any], noise: np.ndarray, terms: Any, decoded: Any) -> Any:
        vae = SimpleNamespace(encode=lambda images: q, decode=lambda latents: decoded)
        with original.draws([noise]):
            return model.forward_pass_Casale(batch, vae, *terms, v, BETA, gp)

    batch = v1.constant(given["images"]), v1.gather(train, given["rows"])
    q = mean, v1.constant(given["batch variance"])
    loss, _, prior_term, *_ = forward(batch, q, given["batch noise"], coefficients, v1.constant(given["decoded"]))
    a, b, c = coefficients
    terms = {"V": v, "a": v1.transpose(a), "B": v1.reduce_sum(b, axis=0), "c": v1.reduce_sum(c), "loss": loss}
    terms |= {"prior term": prior_term, "loss by means": v1.gradients(loss, mean)[0]}
    blank = v1.zeros([len(numbered), PIXELS, PIXELS, 1], v1.float64)
    for kind, parts in (("derivative", coefficients), ("derivative, frozen", frozen)):
        total = forward((blank, train), (z, v1.ones_like(z)), np.zeros_like(given["z"]), parts, blank)[2]
        gradients = map(v1.convert_to_tensor, v1.gradients(total, variables))
        terms |= {f"{kind}, by {name}": value for name, value in zip(PARAMETERS, gradients, strict=True)}
    vae = SimpleNamespace(L=CHANNELS, decode=lambda latents: latents)
    for name, take_mean in (("test mean", True), ("test draw", False)):
        blank = v1.zeros([len(given["test"]), CHANNELS], v1.float64)
        with original.draws([given["test noise"]]):
            terms[name] = model.predict_test_set_Casale(blank, test, train, vae, gp, v, z, take_mean)[0]
    return original.run(terms, [given[name] for name in PARAMETERS])


class _Prior:
    """A class of low-rank priors with the case's parameters, which gradients can be taken by."""

    def __init__(self, prior: type[LowRankGP], given: Arrays):
        self._given = given
        length_scale, amplitude, self.alpha, self.vectors = self.parameters = [
            tf.constant(given[n]) for n in PARAMETERS
        ]
        period = tf.constant(2.0 * np.pi, tf.float64)
        self.tape = tf.GradientTape(persistent=True)
        with self.tape:
            self.tape.watch(self.parameters)
            view = kernels.psd_kernels.ExpSinSquared(amplitude, length_scale, period)
            features = ProductFeatures(view, ANGLES, normalize=bool(given["normalize"]), jitter=0.0)
            self.gp = prior(features)
        self.gp.noise_variance = self.alpha

    def at(self, rows: np.ndarray) -> tf.Tensor:
        """(angle, object vector) of rows (id, angle)."""
        return tf.concat([rows[:, 1:], tf.gather(self.vectors, rows[:, 0].astype(int))], axis=1)

    def regression(self, z: tf.Tensor) -> low_rank.LowRankRegression:
        """The regression on latents of the training set."""
        return self.gp.regression(self.at(self._given["train"]), z)

    def derivatives(self, z: tf.Tensor) -> dict[str, tf.Tensor]:
        """Derivatives of the expansion of all rows by the parameters."""
        with self.tape:
            total = self.gp.expanded_log_density(self.regression(z), self.at(self._given["train"]), z)
        return dict(zip(PARAMETERS, map(tf.convert_to_tensor, self.tape.gradient(total, self.parameters)), strict=True))


def ours(given: Arrays) -> list[OurValue]:
    """`LowRankGP`, and `AsCodedLowRankGP` for what they do otherwise; the features' jitter is off."""
    paper, as_coded = _Prior(LowRankGP, given), _Prior(AsCodedLowRankGP, given)
    x, mean, rows = paper.at(given["train"][given["rows"]]), tf.constant(given["batch mean"]), given["rows"][:, None]
    error = np.sum((given["images"] - given["decoded"]) ** 2) / PIXELS**2
    entropy = 0.5 * np.sum(np.log(given["batch variance"]))  # up to the constant that theirs lacks
    values = []
    for prior, variant, deviation in ((as_coded, "AsCoded", None), (paper, "LowRankGP", "B2")):
        with tf.GradientTape() as tape:
            tape.watch(mean)
            draw = mean + given["batch noise"] * tf.sqrt(given["batch variance"])
            z = tf.tensor_scatter_nd_update(given["z"], rows, draw)
            prior_term = prior.gp.expanded_log_density(prior.regression(z), x, draw)
            loss = error - BETA / CHANNELS * (prior_term + entropy)
        terms = {"prior term": prior_term, "loss": loss, "loss by means": tape.gradient(loss, mean)}
        values += our_values(terms, variant, deviation)
    v = paper.gp.features(paper.at(given["train"]))
    expansion = low_rank_expansion.expand(paper.regression(z), v, z)
    values += our_values({"V": v, "a": expansion.a, "B": expansion.b, "c": tf.reduce_sum(expansion.c)})
    for name, value in as_coded.derivatives(z).items():
        values.append(OurValue(f"derivative, by {name}", value, "AsCoded"))
    for name, value in paper.derivatives(z).items():  # ours are of log p(Z), theirs of its negative
        values += [
            OurValue(f"derivative, by {name}", -value, "LowRankGP, sign changed", "B3"),
            OurValue(f"derivative, frozen, by {name}", -value, "LowRankGP, sign changed"),
        ]
    return values + _predictions(paper, z, given)


def _predictions(prior: _Prior, z: tf.Tensor, given: Arrays) -> list[OurValue]:
    features, x = prior.gp.features, prior.at(given["test"])
    mean, variance = low_rank.marginals(prior.regression(z), features(x), features.residual_variance(x))
    scrambled = np.reshape(np.tile(variance[:, 0], CHANNELS), (-1, CHANNELS))
    return [
        OurValue("test mean", mean),
        OurValue("test draw", mean + given["test noise"] * np.sqrt(scrambled), "tiled as coded"),
        OurValue("test draw", mean + given["test noise"] * np.sqrt(variance), "LowRankGP", "B4"),
    ]


CASES = (
    Case("casale", SVGP_VAE, inputs, theirs, ours),
    Case("casale_cosine", SVGP_VAE, functools.partial(inputs, normalize=True), theirs, ours),
)
