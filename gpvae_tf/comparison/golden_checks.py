"""Our values for golden files, in float64: one check per name of a file; see `gpvae_tf.comparison.golden`."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.comparison.cases.svgp_vae_ball_gp import INPUTS, exact_gp_terms
from gpvae_tf.comparison.cases.svgp_vae_mnist_gp import sparse_gp_terms
from gpvae_tf.comparison.mnist_networks import build_networks
from gpvae_tf.comparison.original_process import Arrays
from gpvae_tf.latent_gps import ExactGP, LatentDataset
from gpvae_tf.latent_gps.shared import SharedGaussian
from gpvae_tf.likelihoods import GaussianLikelihood
from gpvae_tf.models import VAE


class GoldenCheck(NamedTuple):
    """What is computed for the files of a name.

    Attributes:
      inputs, outputs: keys of a file.
      compute: makes our values of the outputs, in their order, from the inputs.
    """

    inputs: Sequence[str]
    outputs: Sequence[str]
    compute: Callable[[Arrays], Sequence[tf.Tensor]]


def exact_gp_rbf(file: Arrays) -> Sequence[tf.Tensor]:
    """Exact GP regression, kernel exp(-(x - x')^2 / (2 l^2)), no jitter.

    Inputs: x, y, noise_variance [B, n], x_test [B, s], length_scale. Outputs: test_mean, test_variance [B, s],
    log_marginal_likelihood [B]. Computed in float64, whatever the file's dtype.
    """
    arrays = (file[key].astype(np.float64) for key in INPUTS)
    return list(exact_gp_terms(float(file["length_scale"]), *arrays).values())


def fgp_local_global(file: Arrays) -> Sequence[tf.Tensor]:
    """A local (periodic) and a global channel of FGP-VAE, object by object, no jitter.

    Inputs: angles, y, noise_variance [B, n], test_angles [B, s], and scalars. Outputs: K_plus_noise [B, n, n],
    local_test_mean, local_test_variance [B, s], and [B] the rest. The amplitude must be 1, see docs/deviations.md, F5.
    """
    kernel = _periodic(file)
    x, y, noise = file["angles"][..., np.newaxis], file["y"][:, np.newaxis], file["noise_variance"][:, np.newaxis]
    data = LatentDataset(tf.constant(x), tf.constant(y), tf.constant(noise))
    local, shared = ExactGP(kernel).condition(data), SharedGaussian().condition(data)
    at_test = local.predict(file["test_angles"][..., np.newaxis])
    covariance = kernels.matrix(kernel, x, x) + tf.linalg.diag(data.noise_variance)
    of_local = (covariance, *at_test, local.log_marginal_likelihood)
    return [value[:, 0] for value in (*of_local, *shared.z, shared.log_marginal_likelihood)]


NUM_WEIGHTS = 8  # of each of rotated MNIST's networks


def mnist_conv_vae(file: Arrays) -> Sequence[tf.Tensor]:
    """The rotated-MNIST encoder and decoder of SVGP-VAE with given weights, L = 16, in the model for --elbo=VAE.

    Inputs: encoder_weight_0..7, decoder_weight_0..7 (kernel, bias, in layer order), images [N, 28, 28, 1], latents
    [N, L]. Outputs: encoder_mean, encoder_variance [N, L], decoded [N, 28, 28, 1].
    """
    latent_dim = file["latents"].shape[-1]
    encoder, decoder = build_networks(latent_dim)
    for part, network in (("encoder", encoder), ("decoder", decoder)):
        network.set_weights([file[f"{part}_weight_{i}"] for i in range(NUM_WEIGHTS)])
    likelihood = GaussianLikelihood(1e-4)
    model = VAE(encoder, decoder, event_shape=(28, 28, 1), latent_dim=latent_dim, likelihood=likelihood)
    return [*model.encode(file["images"]), model.decode(file["latents"])]


# Outputs of svgp_periodic_linear with the names of the same terms in the case.
SPARSE_TERMS = {
    "K_mm": "K_mm",
    "K_bm": "K_bm",
    "k_bb": "k_bb",
    "posterior_mean": "mean",
    "posterior_variance": "variance",
    "test_mean": "test mean",
    "test_variance": "test variance",
    "q_mu": "mu",
    "q_cov": "A",
    "hensman_data_term": "L_H data term",
    "kl": "KL",
    "titsias_bound": "L_T",
    "cross_entropy": "cross entropy",
}


def svgp_periodic_linear(file: Arrays) -> Sequence[tf.Tensor]:
    """Sparse GP of SVGP-VAE Eqs. 6, 7 and 9 with a periodic x linear product kernel.

    Inputs: ids [b], angles [b], object_vectors [objects, M], test_ids and test_angles [s], inducing_angles [m],
    inducing_object_vectors [m, M], y and noise_variance [b, L], and scalars. Outputs [L, ...]: see SPARSE_TERMS. The
    file's jitter is absolute and added to K_mm only.
    """
    kernel = kernels.view_object(_periodic(file), kernels.linear(normalize=bool(file["normalize_object_kernel"])))
    vectors = file["object_vectors"]
    x = np.column_stack([file["angles"], vectors[file["ids"]]])
    x_test = np.column_stack([file["test_angles"], vectors[file["test_ids"]]])
    points = np.column_stack([file["inducing_angles"], file["inducing_object_vectors"]])
    absolute, scale = float(file["jitter"]), float(tf.reduce_mean(kernels.diagonal(kernel, points)))
    options: dict[str, Any] = dict(num_data=int(file["num_data"]), jitter=absolute / scale)
    values = sparse_gp_terms(kernel, points, LatentDataset(x, file["y"].T, file["noise_variance"].T), x_test, **options)
    return [values[term][0] if term.lower().startswith("k_") else values[term] for term in SPARSE_TERMS.values()]


def _periodic(file: Arrays) -> kernels.Kernel:
    return kernels.periodic(float(file["length_scale"]), float(file["amplitude"]), float(file["period"]))


CHECKS = {
    "svgp_periodic_linear": GoldenCheck(
        "num_data jitter length_scale amplitude period normalize_object_kernel object_vectors ids angles test_ids "
        "test_angles inducing_angles inducing_object_vectors y noise_variance".split(),
        list(SPARSE_TERMS),
        svgp_periodic_linear,
    ),
    "exact_gp_rbf": GoldenCheck(
        [*INPUTS, "length_scale"], ["test_mean", "test_variance", "log_marginal_likelihood"], exact_gp_rbf
    ),
    "mnist_conv_vae": GoldenCheck(
        [*(f"{part}_weight_{i}" for part in ("encoder", "decoder") for i in range(NUM_WEIGHTS)), "images", "latents"],
        ["encoder_mean", "encoder_variance", "decoded"],
        mnist_conv_vae,
    ),
    "fgp_local_global": GoldenCheck(
        "angles y noise_variance test_angles length_scale amplitude period".split(),
        "K_plus_noise local_test_mean local_test_variance local_log_marginal_likelihood global_mean global_variance "
        "global_log_normalizer".split(),
        fgp_local_global,
    ),
}
