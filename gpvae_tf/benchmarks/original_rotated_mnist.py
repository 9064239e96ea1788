"""The authors' rotated-MNIST graphs with the flags of their READMEs, to be timed in a clone's process."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gpvae_tf.benchmarks import original_training as training
from gpvae_tf.benchmarks.original_training import OriginalSteps
from gpvae_tf.comparison.case import FGP_VAE, SVGP_VAE
from gpvae_tf.comparison.original_process import Arrays, Original

NUM_DATA, BATCH, NUM_INDUCING = 4050, 256, 32
FGP_ANGLES, FGP_BATCH = 11, 220
LATENT_DIM, BETA, KAPPA = 16, 1e-3, 0.02**0.5


def svgp_vae(original: Original, given: Arrays) -> Arrays:
    """SVGPVAE_Hensman, m = 32, with --ip_joint --GP_joint --ov_joint --clip_qs --GECO --PCA."""
    model = original.module("SVGPVAE_model")
    svgp = model.mnistSVGP(titsias=False, **_sparse_gp())
    batch, start = training.batches(original, training.rows(training.observed(NUM_DATA)), BATCH)
    state, fed = _geco(original)
    options: dict[str, Any] = dict(kappa=KAPPA, clipping_qs=True, GECO=True)
    loss = model.forward_pass_SVGPVAE(batch, BETA, _vae(original), svgp, **state, **options)[0]
    return training.train(original, given, loss, start, fed)


def cvae(original: Original, given: Arrays) -> Arrays:
    """The CVAE, which has no flags of its own."""
    batch, start = training.batches(original, training.rows(training.observed(NUM_DATA)), BATCH)
    vae = original.module("VAE_utils").mnistCVAE(L=LATENT_DIM)
    outputs = original.module("SVGPVAE_model").forward_pass_standard_VAE_rotated_mnist(batch, vae, CVAE=True)
    return training.train(original, given, -outputs[2], start)


def deep_svigp(original: Original, given: Arrays) -> Arrays:
    """SVIGP_Hensman with --ip_joint --GP_joint --ov_joint --PCA."""
    model = original.module("SVIGP_Hensman_model")
    svgp = model.SVIGP_Hensman(dtype=np.float64, **_sparse_gp())
    decoder = original.module("VAE_utils").SVIGP_Hensman_decoder(L=LATENT_DIM)
    rows = training.numbered(training.rows(training.observed(NUM_DATA)))
    batch, start = training.batches(original, rows, BATCH)
    return training.train(original, given, -model.forward_pass_deep_SVIGP_Hensman(batch, decoder, svgp)[0], start)


def gppvae(original: Original, given: Arrays) -> Arrays:
    """GPVAE_Casale in stage GP, with --GP_joint --ov_joint --clip_qs --PCA; every step is fed all images."""
    model, tf = original.module("GPVAE_Casale_model"), original.tf
    gp, vae = model.casaleGP(False, training.object_vectors(), False, True), _vae(original)
    mask = training.observed(NUM_DATA)
    rows = training.numbered(training.rows(mask))
    batch, start = training.batches(original, rows, BATCH)
    arrays = training.images(NUM_DATA), rows
    everything = [tf.placeholder(tf.float64, (None, *array.shape[1:])) for array in arrays]
    v = gp.V_matrix(everything[1], mask.ravel())
    a, b, c = gp.taylor_coeff(model.encode(everything[0], vae, clipping_qs=True), v)
    loss = model.forward_pass_Casale(batch, vae, a, b, c, v, BETA, gp, clipping_qs=True)[0]
    return training.train(original, given, loss, start, dict(zip(everything, arrays)), name="GP")


def fgp_vae(original: Original, given: Arrays) -> Arrays:
    """FGP-VAE with --GECO."""
    model = original.module("FGPVAE_model")
    fgp = model.FGP(init_amplitude=1.0, init_length_scale=1.0, GP_joint=False, L_w=LATENT_DIM // 2)
    mask = np.broadcast_to(np.arange(training.ANGLES) < FGP_ANGLES, (training.TRAINED, training.ANGLES))
    batch, start = training.batches(original, training.rows(mask), FGP_BATCH)
    angles = original.tf.placeholder(original.tf.int64, ())
    state, fed = _geco(original)
    options: dict[str, Any] = dict(clipping_qs=False, bayes_reg_view=False, omit_C_tilde=False, kappa=KAPPA, GECO=True)
    loss = model.forward_pass_FGPVAE_rotated_mnist(batch, BETA, _vae(original), fgp, angles, **state, **options)[0]
    return training.train(original, given, loss, start, {**fed, angles: FGP_ANGLES})


# A step of GPPVAE takes seconds, and its first one is enough to warm up.
ORIGINALS: Mapping[str, OriginalSteps] = {
    "CVAE": OriginalSteps(SVGP_VAE, cvae),
    "SVGP-VAE, m = 32": OriginalSteps(SVGP_VAE, svgp_vae),
    "Deep SVIGP": OriginalSteps(SVGP_VAE, deep_svigp),
    "GPPVAE, stage GP": OriginalSteps(SVGP_VAE, gppvae, steps=2, warm_up=1),
    "FGP-VAE": OriginalSteps(FGP_VAE, fgp_vae),
}


def _vae(original: Original) -> Any:
    return original.module("VAE_utils").mnistVAE(L=LATENT_DIM)


def _sparse_gp() -> dict[str, Any]:
    """The arguments that both classes of sparse GPs are given."""
    angles = np.repeat(np.arange(training.ANGLES + 1) * 2.0 * np.pi / (training.ANGLES + 1), 2)  # two for each
    vectors = training.object_vectors()[:NUM_INDUCING]
    points = np.concatenate([np.zeros((NUM_INDUCING, 1)), angles[:, np.newaxis], vectors], axis=1)
    return dict(
        fixed_inducing_points=False, initial_inducing_points=points, fixed_gp_params=False, name="main", jitter=1e-6,
        object_vectors_init=training.object_vectors(), N_train=NUM_DATA, L=LATENT_DIM, K_obj_normalize=False,
    )  # fmt: skip


def _geco(original: Original) -> tuple[dict[str, Any], dict[Any, float]]:
    """Placeholders of GECO's state, and the values that are fed for them at every step."""
    values = {"C_ma": 0.0, "lagrange_mult": 1.0, "alpha": 0.99}
    tensors = {name: original.tf.placeholder(original.tf.float64, ()) for name in values}
    return tensors, {tensors[name]: value for name, value in values.items()}
