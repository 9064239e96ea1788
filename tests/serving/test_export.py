"""SavedModels: loaded where gpvae_tf cannot be imported, they give the model's numbers, for any batch and length."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf.experiments.moving_ball.config import BallConfig
from gpvae_tf.experiments.moving_ball.experiment import BallExperiment
from gpvae_tf.experiments.rotated_mnist.svgp import SvgpExperiment
from gpvae_tf.experiments.rotated_mnist.svgp_config import SvgpConfig

CONTEXT_IN_REQUESTS = {"encode", "decode", "predict", "predict_masked", "predict_y", "predict_y_masked", "impute"}
CONTEXT_IN_REQUESTS |= {"predict_interval", "serving_default"}
LOADER = textwrap.dedent(
    """
    import sys
    sys.path = [p for p in sys.path if "__editable__" not in p]
    sys.meta_path = [f for f in sys.meta_path if "editable" not in repr(f).lower()]  # hide an editable install
    try:
        import gpvae_tf
        sys.exit("gpvae_tf could be imported, the test proves nothing")
    except ImportError:
        pass
    import numpy as np, tensorflow as tf
    given = np.load(sys.argv[2])
    model = tf.saved_model.load(sys.argv[1])
    out = model.signatures["predict"](**{k: tf.constant(given[k]) for k in given.files})
    means = model.signatures["encode"](observations=tf.constant(given["context_observations"]))
    images = model.signatures["decode"](latents=out["latent_mean"])
    np.savez(sys.argv[3], decoded=images["observations"], encoded=means["mean"], **out)
    """
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    experiment = BallExperiment(BallConfig(elbo="SVGPVAE_Hensman", m=4, tmax=6, clip_qs=True))
    return experiment.model, experiment.servable().write_version(tmp_path_factory.mktemp("export") / "saved_model")


def request(batch: int, context: int, query: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    times = lambda n: np.sort(rng.uniform(1, 6, (batch, n, 1)), axis=1).astype(np.float32)
    images = (rng.uniform(size=(batch, context, 32, 32, 1)) < 0.1).astype(np.float32)
    return {"context_observations": images, "context_inputs": times(context), "query_inputs": times(query)}


@pytest.mark.process
def test_same_numbers_in_a_process_without_the_library(exported, tmp_path):
    model, folder = exported
    given = request(2, 5, 3)
    np.savez(tmp_path / "in.npz", **given)
    command = [sys.executable, "-c", LOADER, str(folder), str(tmp_path / "in.npz"), str(tmp_path / "out.npz")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    out = np.load(tmp_path / "out.npz")
    context = {"observations": given["context_observations"], "inputs": given["context_inputs"]}
    mean, variance = model.condition_on(context).predict_f(given["query_inputs"])
    np.testing.assert_allclose(out["latent_mean"], mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(out["latent_variance"], variance, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        out["observations"], model.condition_on(context).generate(given["query_inputs"]), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(out["decoded"], out["observations"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(out["encoded"], model.encode(given["context_observations"]).mean, rtol=1e-5, atol=1e-6)


def test_batch_and_lengths_are_free_and_features_are_not(exported):
    _, folder = exported
    predict = tf.saved_model.load(str(folder)).signatures["predict"]
    for sizes in ((1, 6, 2), (3, 2, 9)):
        out = predict(**{k: tf.constant(v) for k, v in request(*sizes).items()})
        assert out["observations"].shape == (sizes[0], sizes[2], 32, 32, 1)
        assert out["latent_variance"].shape == (sizes[0], sizes[2], 2)
    specs = predict.structured_input_signature[1]
    assert specs["context_observations"].shape.as_list() == [None, None, 32, 32, 1]
    assert specs["query_inputs"].shape.as_list() == [None, None, 1]
    with pytest.raises((TypeError, ValueError, tf.errors.InvalidArgumentError)):
        predict(**{**{k: tf.constant(v) for k, v in request(1, 2, 2).items()}, "query_inputs": tf.zeros([1, 2, 3])})


@pytest.mark.parametrize(
    ("elbo", "signatures", "arguments"),
    [
        ("CVAE", CONTEXT_IN_REQUESTS, {"latents", "inputs"}),
        ("SVIGP_Hensman", CONTEXT_IN_REQUESTS - {"encode", "predict_masked", "predict_y_masked"}, {"latents"}),
        ("SVGPVAE_Hensman", CONTEXT_IN_REQUESTS, {"latents"}),
    ],
)
def test_models_of_rotated_mnist(elbo, signatures, arguments, rotated_dir, tmp_path):
    """A conditional model takes the inputs too; one without an encoder predicts from the query alone."""
    experiment = SvgpExperiment(SvgpConfig(elbo=elbo, data_dir=rotated_dir, L=3, PCA=elbo != "CVAE"))
    model = experiment.model
    served = tf.saved_model.load(str(experiment.servable().write_version(tmp_path / "saved_model"))).signatures
    assert set(served) == signatures
    assert set(served["decode"].structured_input_signature[1]) == arguments
    train = experiment.data.train.take(np.arange(30))
    context = {"observations": tf.constant(train.images[None]), "inputs": tf.constant(train.inputs[None])}
    query = context["inputs"][:, :4]
    given = {"query_inputs": query}
    if model.amortized:
        given |= {"context_observations": context["observations"], "context_inputs": context["inputs"]}
    out = served["predict"](**given)
    mean, _ = model.condition_on(context).predict_f(query)
    np.testing.assert_allclose(out["latent_mean"], mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(out["observations"], model.decode(mean, query), rtol=1e-4, atol=1e-5)
