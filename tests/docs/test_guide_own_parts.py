"""The guide to own networks and kernels: its Python runs as it stands, and the hyperparameters move."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from gpvae_tf import kernels
from tests.docs.test_readme import run_python
from tests.support.eager import running_eagerly

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "own_parts.md").read_text(encoding="utf-8")


def test_a_covariate_that_is_constant_in_a_series_does_nothing():
    """What the page says of it, of the kernels of its example."""
    time, height = np.arange(6.0), np.ones(6)
    product = kernels.on_columns(kernels.matern(1.5, 3.0), slice(0, 1)) * kernels.on_columns(
        kernels.exponentiated_quadratic(2.0), slice(1, 2)
    )
    for kernel in (product, kernels.matern(1.5, 3.0)):
        low, high = (kernel.matrix(x, x) for x in (np.stack([time, k * height], axis=-1) for k in (1.0, 7.0)))
        np.testing.assert_allclose(low, high, rtol=1e-12)


def test_the_guide_runs():
    with running_eagerly():
        names = run_python(PAGE)
    assert names["length_scale"] != 20.0 and names["variance"] not in (0.1, np.float32(0.1))
    assert {"length_scale", "length_scale_2"} == set(kernels.learned(names["of_loads"].latent_gp))
    assert float(tf.convert_to_tensor(names["scale"])) != 5.0 and len(names["model"].losses) == 1
    cycles = names["of_cycles"]
    assert cycles.num_steps == cycles.objective.steps > 6 and names["logs"]["skipped"] == 0
    model, batch = names["model"], next(iter(names["batches"]))
    assert model.reconstruct(batch).shape == (8, 30, 12) and np.isfinite(model.elbo(batch).elbo).all()
    x = tf.constant([[1.0], [3.0], [2.0]], tf.float64)
    np.testing.assert_allclose(
        kernels.matrix(names["walk"], x, x)[0], names["variance"] * np.minimum(x, np.transpose(x)), rtol=1e-6
    )
