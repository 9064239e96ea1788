"""metodj/FGP-VAE, FGPVAE_model.py, class FGP: local and global channels, and --object_prior_corr (float64)."""

from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.as_coded.shared_gaussian import AsCodedSharedGaussian
from gpvae_tf.comparison.case import FGP_VAE, Case, OurValue, our_values
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.latent_gps import ExactGP, LatentDataset
from gpvae_tf.latent_gps.correlated import CorrelatedSharedGaussian
from gpvae_tf.latent_gps.shared import SharedGaussian

OBJECTS, FRAMES, LOCAL, GLOBAL, VECTOR_DIM, LENGTH_SCALE = 6, 9, 2, 2, 8, 0.8  # their Bayesian view takes 8 only


def inputs() -> Arrays:
    """Objects with angles, pseudo-observations and vectors of their own; three new angles each."""
    rng = np.random.default_rng(6)
    shape = (OBJECTS, FRAMES, LOCAL + GLOBAL)
    return {
        "angles": rng.uniform(0.0, 6.2, (OBJECTS, FRAMES)),
        "test_angles": rng.uniform(0.0, 6.2, (OBJECTS, 3)),
        "vectors": rng.normal(0.0, 1.5, (OBJECTS, VECTOR_DIM)),
        "y": rng.normal(0.0, 0.7, shape),
        "noise_variance": np.exp(rng.normal(0.0, 0.5, shape)),
    }


def _fgp(original: Original, **options: Any) -> Any:
    fgp = original.module("FGPVAE_model").FGP
    return fgp(init_amplitude=1.0, init_length_scale=LENGTH_SCALE, GP_joint=False, L_w=LOCAL, **options)


def theirs(original: Original, given: Arrays) -> Arrays:
    """`build_1d_gp_local` and `build_1d_gp_global` per channel, and the KL part of every object."""
    stack = lambda columns: [original.tf.stack(column, axis=1) for column in zip(*columns, strict=True)]
    angles, test_angles, y, noise = (
        original.tf.constant(given[name]) for name in ("angles", "test_angles", "y", "noise_variance")
    )
    fgp, local, test, shared = _fgp(original), [], [], []
    for i in range(LOCAL):
        local.append(fgp.build_1d_gp_local(angles, y[:, :, i], noise[:, :, i], angles)[:3])
        test.append(fgp.build_1d_gp_local(angles, y[:, :, i], noise[:, :, i], test_angles)[:2])
    for i in range(LOCAL, LOCAL + GLOBAL):
        shared.append(fgp.build_1d_gp_global(y[:, :, i], noise[:, :, i]))
    (mean, variance, log_z), (test_mean, test_variance), (z_mean, z_variance, z_log_z) = map(
        stack, (local, test, shared)
    )
    everywhere = lambda part: original.tf.tile(part[:, :, None], [1, 1, FRAMES])
    moments = [
        original.tf.transpose(original.tf.concat([a, everywhere(b)], axis=1), [0, 2, 1])
        for a, b in ((mean, z_mean), (variance, z_variance))
    ]
    cross_entropy = original.tf.reduce_sum(
        original.module("utils").gauss_cross_entropy(*moments, y, noise), axis=[1, 2]
    )
    terms = {
        "local mean": mean, "local variance": variance, "local log Z": log_z, "test mean": test_mean,
        "test variance": test_variance, "global mean": z_mean, "global variance": z_variance, "global log Z": z_log_z,
        "KL part": original.tf.reduce_sum(original.tf.concat([log_z, z_log_z], axis=1), axis=1) - cross_entropy,
    }  # fmt: skip
    return original.run(terms)


def ours(given: Arrays) -> list[OurValue]:
    """`ExactGP`, and `AsCodedSharedGaussian` beside the paper's `SharedGaussian`."""
    local = ExactGP(kernels.periodic(LENGTH_SCALE)).condition(_data(given["angles"], given, slice(LOCAL)))
    of_global = _data(given["angles"], given, slice(LOCAL, None))
    test_mean, test_variance = local.predict(given["test_angles"][..., np.newaxis])
    (mean, variance), paper = local.marginals(), SharedGaussian().condition(of_global)
    values = {
        "local mean": mean, "local variance": variance, "local log Z": local.log_marginal_likelihood,
        "test mean": test_mean, "test variance": test_variance, "global mean": paper.z.mean,
        "global variance": paper.z.variance,
    }  # fmt: skip
    rows = our_values(values)
    coded = AsCodedSharedGaussian().condition(of_global)
    for shared, name, deviation in ((coded, "AsCodedSharedGaussian", None), (paper, "Appendix B", "F1")):
        parts = [*local.regularizer().values(), *shared.regularizer().values()]
        kl = tf.add_n([tf.reduce_sum(part, axis=-1) for part in parts])
        rows += our_values({"global log Z": shared.log_marginal_likelihood, "KL part": kl}, name, deviation)
    return rows


def _data(columns: np.ndarray, given: Arrays, channels: slice) -> LatentDataset:
    y, noise = (tf.constant(np.swapaxes(given[name], 1, 2)[:, channels]) for name in ("y", "noise_variance"))
    return LatentDataset(tf.constant(np.reshape(columns, (OBJECTS, FRAMES, -1))), y, noise)


def correlated_theirs(original: Original, given: Arrays) -> Arrays:
    """`build_1d_gp_global_correlated_object_priors` on the first channel, in both of its views."""
    fgp = _fgp(original, object_prior_corr=True, K_obj_normalize=True)
    x = original.tf.constant(np.concatenate([np.zeros((OBJECTS, 2)), given["vectors"]], axis=1)[np.newaxis])
    summaries = fgp.preprocess_1d_gp_global_correlated_object_priors(
        given["y"][..., 0], given["noise_variance"][..., 0]
    )
    mean, variance, c_tilde = summaries
    terms = {"y bar": mean, "v bar": variance, "log C~": original.tf.log(c_tilde)}
    for view, bayes in (("", False), ("Bayes ", True)):
        fit = lambda omit, bayes=bayes: fgp.build_1d_gp_global_correlated_object_priors(
            x, mean, variance, x, c_tilde, omit_C_tilde=omit, bayesian_reg_view=bayes
        )
        terms[view + "mean"], terms[view + "variance"], terms[view + "log Z of summaries"] = fit(True)
        terms[view + "log Z"] = fit(False)[2]
    return original.run(terms)


def correlated_ours(given: Arrays) -> list[OurValue]:
    """`CorrelatedSharedGaussian` with the cosine kernel."""
    vectors = np.repeat(given["vectors"][:, np.newaxis], FRAMES, axis=1)
    posterior = CorrelatedSharedGaussian(kernels.linear(normalize=True)).condition(_data(vectors, given, slice(1)))
    summary, log_z = posterior.summary, posterior.log_marginal_likelihood_of_summaries[0]
    of_data = {"y bar": summary.y, "v bar": summary.noise_variance, "log C~": summary.log_normalizer}
    leftover = tf.reduce_sum(summary.log_normalizer)
    half_noise = 0.25 * tf.reduce_sum(tf.math.log(summary.noise_variance))  # what their Bayesian view's log|diag| lacks
    with_epsilon = tf.reduce_sum(tf.math.log(tf.exp(summary.log_normalizer) + 1e-6))
    mean, variance = posterior.z.mean[:, 0], posterior.z.variance[:, 0]
    equal = {"Bayes mean": mean, "Bayes variance": variance, "log Z of summaries": log_z}
    corrected = {"mean": mean, "variance": variance, "Bayes log Z of summaries": log_z}
    corrected |= dict.fromkeys(("log Z", "Bayes log Z"), log_z + leftover)
    return [
        *our_values({term: tf.transpose(value) for term, value in of_data.items()}),
        *our_values(equal),
        *our_values(corrected, deviation="F8"),
        OurValue("log Z", log_z + with_epsilon, "their epsilon"),
        OurValue("Bayes log Z of summaries", log_z + half_noise, "their log|diag|"),
        OurValue("Bayes log Z", log_z + half_noise + with_epsilon, "their epsilon and log|diag|"),
    ]


CASES = (
    Case("fgp_local_global", FGP_VAE, inputs, theirs, ours),
    Case("fgp_correlated_objects", FGP_VAE, inputs, correlated_theirs, correlated_ours),
)
