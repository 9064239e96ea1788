"""Kernel values against their formulas, positive hyperparameters, and any TFP kernel inside the models."""

import functools

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special

from gpvae_tf import kernels, load_model, saving
from gpvae_tf.inducing import InducingPoints
from gpvae_tf.latent_gps import ExactGP, MarkovGP, SparseGP
from gpvae_tf.latent_gps.product_features import ProductFeatures
from gpvae_tf.models import GPVAE, SVGPVAE
from gpvae_tf.models.latent_regression import GaussianProcessRegression, KernelRegression, ReferenceLatents
from tests.support import oracles
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

psd_kernels = tfp.math.psd_kernels
TIGHT = dict(rtol=1e-12, atol=1e-12)
OPTIONS = dict(event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)


@pytest.fixture
def x(rng):
    return rng.normal(size=(2, 5, 4, 3))  # two lists of points [5, 4, 3], whose first axis is a batch of data sets


def test_exponentiated_quadratic(x):
    """The amplitude enters squared; None means 1."""
    for amplitude in (None, 1.3):
        ours = kernels.exponentiated_quadratic(0.7, amplitude).matrix(x[0, 0], x[1, 0])
        np.testing.assert_allclose(ours, oracles.rbf(x[0, 0], x[1, 0], 0.7, amplitude or 1.0), **TIGHT)


def periodic(w1, w2, length_scale, amplitude, period):
    return amplitude**2 * np.exp(-2.0 * np.sin(np.pi * (w1[:, None] - w2[None]) / period) ** 2 / length_scale**2)


def test_periodic(x):
    w1, w2 = x[0, 0, :, :1], x[1, 0, :, :1]
    ours = kernels.periodic(0.7, 1.3, 2.5).matrix(w1, w2)
    np.testing.assert_allclose(ours, periodic(w1[:, 0], w2[:, 0], 0.7, 1.3, 2.5), **TIGHT)
    np.testing.assert_allclose(
        kernels.periodic().matrix(w1, w2 + 2.0 * np.pi), kernels.periodic().matrix(w1, w2), **TIGHT
    )


def test_a_cosine_has_one_column(x):
    """The differences of several would add up: (0, 0) and (1, -1) would be one point."""
    ours = kernels.cosine(2.5, 1.3)
    with pytest.raises(ValueError, match=r"inputs has 3 columns; kernels.Cosine takes one: kernels.on_columns\("):
        ours.matrix(x[0, 0], x[1, 0])
    with pytest.raises(ValueError, match="inputs has 2 columns"):
        ours.apply(x[0, 0, :, :1], x[1, 0, :, :2])
    expected = 1.3**2 * np.cos(2.0 * np.pi * (x[0, 0, :, :1] - x[1, 0, :, 0]) / 2.5)
    first = kernels.on_columns(ours, slice(0, 1))
    np.testing.assert_allclose(first.matrix(x[0, 0], x[1, 0]), expected, **TIGHT)
    unknown = tf.function(ours.matrix, input_signature=2 * [tf.TensorSpec([None, None], tf.float64)])
    np.testing.assert_allclose(unknown(x[0, 0, :, :1], x[1, 0, :, :1]), expected, **TIGHT)


def test_a_cosine_of_plain_numbers():
    """As TFP's own kernels take them."""
    x = np.linspace(0.0, 3.0, 4)[:, np.newaxis]
    ours, expected = kernels.Cosine(1.3, np.float64(2.5)), 1.3**2 * np.cos(2.0 * np.pi * (x - x.T) / 2.5)
    np.testing.assert_allclose(ours.matrix(x, x), expected)
    assert kernels.Cosine(1, 2.5).dtype == tf.float32


def test_close_pairs_far_from_zero_keep_their_differences(rng):
    """Squares of 1e6 leave no digit of the square of a gap of 0.01, of which irregular times have some."""
    times = np.round(np.sort(rng.uniform(0.0, 400.0, 400)), 2)
    assert np.min(np.diff(times)) < 0.02
    x = 1e6 + times[:, np.newaxis]
    far, distance = tf.constant(np.concatenate([x, 0.0 * x], axis=-1)), np.abs(times[:, np.newaxis] - times)
    for given in (far[:, :1], far):
        ours = kernels.matrix(kernels.matern(0.5, 3.0), given, given)
        np.testing.assert_allclose(ours[0], np.exp(-distance / 3.0), rtol=1e-9)
    sparse = SparseGP(kernels.matern(0.5, 3.0), InducingPoints(x[:40], dtype="float64"), jitter=0.0)
    mean_explained = tf.reduce_sum(tf.square(sparse.basis().project(far[:40, :1])), axis=-2)
    np.testing.assert_allclose(mean_explained, np.ones((1, 40)), rtol=1e-9)


@pytest.mark.parametrize("vector_dim", [2, 3, 5])
def test_times_beside_vectors_keep_their_differences(vector_dim, rng):
    """Which of TFP's formulas a kernel of the time has does not hang on what else there is; also in features of it."""
    times, vectors = 1.7e9 + 60.0 * np.arange(8.0), rng.normal(size=(8, vector_dim))
    near, far = (tf.constant(np.column_stack([part, vectors])) for part in (times - times[0], times))
    view = lambda: kernels.matern(1.5, 120.0)
    for kernel in (
        kernels.view_object(view(), kernels.linear()),
        kernels.on_columns(view(), 0) + kernels.on_columns(kernels.linear(), slice(1, None)) * kernels.constant(2.0),
    ):
        expected = kernel.apply(near[:, tf.newaxis], near[tf.newaxis], example_ndims=2)
        np.testing.assert_allclose(kernels.matrix(kernel, far, far)[0], expected, rtol=1e-12, atol=1e-12)
    features = ProductFeatures(kernels.exponentiated_quadratic(120.0), times[:, np.newaxis], jitter=0.0)
    expected = np.exp(-0.5 * np.square(np.subtract.outer(times, times) / 120.0)) * (vectors @ vectors.T)
    v, residual = features(far), features.residual_covariance(far)
    np.testing.assert_allclose(tf.matmul(v, v, transpose_b=True) + residual, expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(residual, np.zeros((8, 8)), atol=1e-6)


def test_a_constant_adds_to_and_multiplies_other_kernels(tmp_path, tiny_networks):
    """TFP's own, of Python numbers, is float32, and refuses to be beside kernels in float64."""
    level, learned = kernels.constant(2.5), kernels.constant(2.5, trainable=True)
    times = tf.constant([[0.0], [1.0]], tf.float64)
    for kernel in (level + kernels.matern(0.5, 1.0), learned + kernels.matern(0.5, 1.0)):
        np.testing.assert_allclose(kernels.matrix(kernel, times, times)[0, 0], [3.5, 2.5 + np.exp(-1.0)], rtol=1e-6)
        assert MarkovGP(kernel).num_channels is None
    (variable,) = learned.trainable_variables
    with pytest.raises(ValueError, match="variance must be positive and finite"):
        kernels.constant(0.0)
    model = GPVAE(*tiny_networks(), learned * kernels.matern(0.5, 1.0), event_shape=IMAGE_SHAPE, latent_dim=LATENT_DIM)
    variable.assign(3.0)
    model.save(tmp_path)
    again = load_model(tmp_path)
    np.testing.assert_allclose(*(m.latent_gp.prior_covariance(times) for m in (model, again)))


@pytest.mark.parametrize("columns", [3, 5])
def test_scales_of_every_channel_and_column(columns, rng):
    """Automatic relevance determination, [L, D], whose channel axis stands before the points'."""
    scales = tf.constant(rng.uniform(0.5, 2.0, (3, columns)))
    kernel = psd_kernels.FeatureScaled(psd_kernels.ExponentiatedQuadratic(tf.constant(1.0, tf.float64)), scales)
    x = rng.normal(size=(2, 7, columns))
    found = kernels.matrix(kernel, tf.constant(x), tf.constant(x))
    scaled = x[:, np.newaxis, :, np.newaxis] / scales.numpy()[:, np.newaxis, np.newaxis]
    squares = np.sum(np.square(scaled - np.swapaxes(scaled, 2, 3)), axis=-1)
    np.testing.assert_allclose(found, np.exp(-0.5 * squares), rtol=1e-9)


def test_matrices_are_tfps(x):
    """Whatever the number of columns, with a batch shape and without, and of columns that are not known yet."""
    for kernel in (kernels.matern(1.5, [0.7, 1.3]), kernels.view_object(kernels.periodic(), kernels.linear())):
        for columns in (2, 3, 6):
            first, second = (tf.constant(np.tile(part, 2)[..., :columns]) for part in x)
            expected = kernel.matrix(first[:, tf.newaxis], second[:, tf.newaxis])
            np.testing.assert_allclose(kernels.matrix(kernel, first, second), expected, **TIGHT)
            free = 2 * [tf.TensorSpec([None, None, None], tf.float64)]
            unknown = tf.function(functools.partial(kernels.matrix, kernel), input_signature=free)
            np.testing.assert_allclose(unknown(first, second), expected, **TIGHT)


@pytest.mark.parametrize(
    ("columns", "same"),
    [(0, [0]), (-1, [2]), (np.int64(1), [1]), ([2, 0], [2, 0]), ((-2,), [1]), (slice(1, None), [1, 2])],
)
def test_columns_by_number(x, columns, same):
    """One, several in any order, or a slice of them."""
    base = kernels.exponentiated_quadratic()
    ours, expected = kernels.on_columns(base, columns), base.matrix(x[0, 0][:, same], x[1, 0][:, same])
    np.testing.assert_allclose(ours.matrix(x[0, 0], x[1, 0]), expected, **TIGHT)
    np.testing.assert_allclose(kernels.matrix(ours, tf.constant(x[0, 0]), tf.constant(x[1, 0]))[0], expected, **TIGHT)


def test_what_is_no_column_is_refused(x):
    for wrong in ("time", 1.0, True, [0, 1.5], None):
        with pytest.raises(TypeError, match="columns must be a slice, a whole number or a list of whole numbers, got "):
            kernels.on_columns(kernels.linear(), wrong)
    with pytest.raises(ValueError, match=r"columns is \[\]; expected one number or more"):
        kernels.on_columns(kernels.linear(), [])
    for wrong in (3, -4, [0, 3]):
        with pytest.raises(ValueError, match=r"have 3 columns; a part of the kernel takes number (3|-4), counted from"):
            kernels.on_columns(kernels.linear(), wrong).matrix(x[0, 0], x[1, 0])


def test_linear(x):
    v1, v2 = x[0, 0], x[1, 0]
    np.testing.assert_allclose(kernels.linear().matrix(v1, v2), v1 @ v2.T, **TIGHT)
    cosine = (v1 @ v2.T) / np.outer(np.linalg.norm(v1, axis=1), np.linalg.norm(v2, axis=1))
    np.testing.assert_allclose(kernels.linear(normalize=True).matrix(v1, v2), cosine, **TIGHT)
    assert kernels.linear().dtype == tf.float64 and kernels.linear(dtype="float32").dtype == tf.float32


def test_a_kernel_of_columns_that_are_not_there_is_refused():
    """A product over no column is constant, and its matrix has no Cholesky factor."""
    kernel = kernels.view_object(kernels.exponentiated_quadratic(), kernels.linear())
    with pytest.raises(
        ValueError, match="inducing points have 1 columns; a part of the kernel takes those from number 1"
    ):
        kernel.matrix(tf.zeros([3, 1], tf.float64), tf.zeros([3, 1], tf.float64))


@pytest.mark.parametrize("view_columns", [1, 2])
def test_view_object_is_a_product_over_columns(x, view_columns):
    x1, x2 = x[0, 0], x[1, 0]
    kernel = kernels.view_object(kernels.exponentiated_quadratic(0.7, 1.3), kernels.linear(), view_columns=view_columns)
    view = oracles.rbf(x1[:, :view_columns], x2[:, :view_columns], 0.7, 1.3)
    np.testing.assert_allclose(kernel.matrix(x1, x2), view * (x1[:, view_columns:] @ x2[:, view_columns:].T), **TIGHT)
    assert kernel.dtype == tf.float64


def test_channel_axis(x):
    """Batch shape [] gives one matrix that broadcasts, [L] one per channel; in front of the data axis."""
    x1, x2 = x
    one, two = kernels.exponentiated_quadratic(0.7), kernels.exponentiated_quadratic([0.7, 2.0])
    assert kernels.matrix(one, x1, x2).shape == (5, 1, 4, 4) and kernels.matrix(two, x1, x2).shape == (5, 2, 4, 4)
    expected = [[oracles.rbf(x1[b], x2[b], scale) for scale in (0.7, 2.0)] for b in range(5)]
    np.testing.assert_allclose(kernels.matrix(two, x1, x2), expected, **TIGHT)
    composed = kernels.view_object(two, kernels.linear())
    for kernel in (one, two, composed):
        diagonal = tf.linalg.diag_part(kernels.matrix(kernel, x1, x1))
        np.testing.assert_allclose(kernels.diagonal(kernel, x1), diagonal, **TIGHT)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), [1.0, 0.0]])
@pytest.mark.parametrize("name", ["length_scale", "amplitude", "period"])
@pytest.mark.parametrize("trainable", [True, False])
def test_hyperparameters_must_be_positive(value, name, trainable):
    with pytest.raises(ValueError, match=f"{name} must be positive and finite"):
        kernels.periodic(**{name: value}, trainable=trainable)


@pytest.mark.parametrize("value", [1e-3, 2.0, 300.0])
def test_trainable_values_start_where_asked(value):
    kernel = kernels.exponentiated_quadratic(value, trainable=True)
    np.testing.assert_allclose(tf.convert_to_tensor(kernel.length_scale), value, rtol=1e-6)  # stored in float32
    kernel = kernels.exponentiated_quadratic(value, trainable=True, variable_dtype="float64")
    np.testing.assert_allclose(tf.convert_to_tensor(kernel.length_scale), value, rtol=1e-12)


def test_steps_that_are_shares_of_the_initial_value():
    """Equal steps of the variables move long and short length scales by equal shares; without, a long one stays."""
    found = {}
    for relative in (False, True):
        kernel = kernels.matern(1.5, [0.5, 1.0, 100.0], trainable=True, relative=relative)
        before = tf.convert_to_tensor(kernel.length_scale)
        np.testing.assert_allclose(before, [0.5, 1.0, 100.0], rtol=1e-6)
        kernel.trainable_variables[0].assign_add([0.1, 0.1, 0.1])
        found[relative] = tf.convert_to_tensor(kernel.length_scale) / before
    np.testing.assert_allclose(found[True], 3 * [found[True][0]], rtol=1e-6)
    assert found[True][0] > 1.05 and found[False][2] < 1.002


def test_relative_steps_are_saved(tmp_path, tiny_networks):
    """Of what is learned, the initial value, which is the unit of the variable, is a part."""
    model = GPVAE(*tiny_networks(), kernels.matern(1.5, [5.0, 50.0], trainable=True, relative=True), **OPTIONS)
    model.latent_gp.trainable_variables[0].assign_add([0.3, -0.2])
    expected = kernels.learned(model.latent_gp)
    model.save(tmp_path / "model")
    found = kernels.learned(saving.load_model(tmp_path / "model").latent_gp)
    assert found == expected and abs(expected["length_scale[1]"] - 50.0) > 4.0


def test_model_finds_trainable_hyperparameters(tiny_networks):
    """Through products and column slices too; float32 variables under float64 algebra, and gradients reach them."""
    view = kernels.periodic([1.0, 2.0], 1.5, trainable=True)
    model = GPVAE(*tiny_networks(), kernels.view_object(view, kernels.linear()), **OPTIONS)
    found = {v.name.split(":")[0]: v for v in model.latent_gp.trainable_variables}
    assert sorted(found) == ["amplitude", "length_scale"]  # the period is fixed
    assert found["length_scale"].shape == (2,) and {v.dtype for v in found.values()} == {tf.float32}
    assert all(any(v is w for w in model.trainable_variables) for v in found.values())
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(model.latent_gp.prior_covariance(tf.ones([3, 2], tf.float64) * [[0.0], [1.0], [2.5]]))
    assert value.dtype == tf.float64
    gradients = tape.gradient(value, [found["amplitude"], found["length_scale"]])
    assert all(g.dtype == tf.float32 and np.all(np.abs(g.numpy()) > 1e-3) for g in gradients)
    fixed = GPVAE(*tiny_networks(), kernels.periodic(), **OPTIONS)
    assert fixed.latent_gp.trainable_variables == ()


@pytest.mark.parametrize("length_scale", [np.float64(2.0), None])
def test_any_tfp_kernel_works_in_the_models(tiny_networks, batch, length_scale):
    """Also one without parameters, and so without a dtype: float64 then, the library's default."""
    kernel = psd_kernels.MaternFiveHalves(length_scale=length_scale)
    points = InducingPoints(np.array([[1.0], [4.0], [7.0]]))
    for model in (GPVAE(*tiny_networks(), kernel, **OPTIONS), SVGPVAE(*tiny_networks(), kernel, points, **OPTIONS)):
        assert model.latent_gp.dtype == tf.float64
        times = batch["inputs"][0].numpy().astype(np.float64)
        scaled = np.sqrt(5.0) * np.abs(times - times.T) / (length_scale or 1.0)
        matern = (1.0 + scaled + scaled**2 / 3.0) * np.exp(-scaled)
        np.testing.assert_allclose(model.latent_gp.prior_covariance(tf.constant(times))[0], matern, **TIGHT)
        elbo = model.elbo(batch).elbo
        assert elbo.shape == (3,) and np.all(np.isfinite(elbo))


class Wiggle(psd_kernels.PositiveSemidefiniteKernel):
    """A user's kernel: cos(wiggliness (x - x')), which has a parameter that the library cannot know."""

    def __init__(self, wiggliness, bias=None):
        parameters = dict(wiggliness=wiggliness)
        self._wiggliness, self._unlisted_bias = wiggliness, bias  # the bias is no entry of `parameters`
        super().__init__(1, tf.float64, name="Wiggle", parameters=parameters)

    @classmethod
    def _parameter_properties(cls, dtype):
        return dict(wiggliness=tfp.util.ParameterProperties())

    def _apply(self, x1, x2, example_ndims=0):
        return tf.reduce_sum(tf.cos(tf.convert_to_tensor(self._wiggliness) * (x1 - x2)), axis=-1)


def test_learned_values_of_any_kernel():
    """By the argument's name and as the kernel uses them, whichever bijector or none is behind them; fixed ones not."""
    wiggliness = tfp.util.TransformedVariable(0.3, tfp.bijectors.Exp(), dtype=tf.float64, name="something_else")
    bias = tf.Variable(-1.5, dtype=tf.float64)
    kernel = Wiggle(wiggliness, bias) * kernels.periodic(0.7, 1.3, trainable=True)
    assert kernels.learned(ExactGP(kernel)) == pytest.approx(
        {"wiggliness": 0.3, "unlisted_bias": -1.5, "length_scale": 0.7, "amplitude": 1.3}
    )
    wiggliness.assign(tf.constant(0.4, tf.float64))
    assert kernels.learned(ExactGP(kernel))["wiggliness"] == pytest.approx(0.4)
    assert kernels.learned(ExactGP(kernels.periodic())) == kernels.learned(ExactGP(Wiggle(0.3))) == {}


def test_learned_values_do_not_collide():
    """Kernels with the same names are numbered, entries of one per channel too; a shared parameter shows once."""
    first, second = (kernels.exponentiated_quadratic(scale, trainable=True) for scale in (0.5, [2.0, 3.0]))
    expected = {"length_scale": 0.5, "length_scale_2[0]": 2.0, "length_scale_2[1]": 3.0}
    product = kernels.on_columns(first, slice(0, 1)) * kernels.on_columns(second, slice(1, None))
    assert kernels.learned(ExactGP(product)) == pytest.approx(expected)
    assert kernels.learned(ExactGP(first * first)) == pytest.approx({"length_scale": 0.5})
    shared = psd_kernels.MaternFiveHalves(length_scale=first.length_scale)
    assert kernels.learned(ExactGP(first * shared)) == pytest.approx({"length_scale": 0.5})


def test_learned_values_beside_the_kernel():
    """A predictor's noise variance shows too; its name is the one `positive` was given."""
    predictor = GaussianProcessRegression(kernels.exponentiated_quadratic(trainable=True), 0.25)
    assert kernels.learned(predictor) == pytest.approx({"length_scale": 1.0, "noise_variance": 0.25})
    assert kernels.learned(KernelRegression(2.0)) == pytest.approx({"length_scale": 2.0})


def test_a_predictor_with_a_kernel_without_parameters():
    """It has no dtype, and computes in float64 as in every latent GP."""
    predictor, points = GaussianProcessRegression(psd_kernels.ExponentiatedQuadratic()), np.ones((3, 2), np.float32)
    assert predictor.dtype == ExactGP(psd_kernels.ExponentiatedQuadratic()).dtype == tf.float64
    assert predictor.leave_one_out(ReferenceLatents(points, points)).dtype == tf.float32


@pytest.mark.parametrize("wrong", ["rbf", None, lambda x1, x2: 1.0, psd_kernels.MaternFiveHalves])
def test_other_objects_are_refused(wrong):
    message = f"kernel must be a tfp.math.psd_kernels.PositiveSemidefiniteKernel, got .*{type(wrong).__name__}"
    with pytest.raises(TypeError, match=message):
        ExactGP(wrong)
    with pytest.raises(TypeError, match=message):
        SparseGP(wrong, InducingPoints(np.zeros([1, 1])))


@pytest.mark.parametrize("smoothness", [0.5, 1.5, 2.5])
def test_matern(smoothness, rng):
    """Against the general formula with Bessel functions (Rasmussen & Williams, 2006, Eq. 4.14)."""
    x, y = 3.0 * rng.normal(size=(5, 1)), 3.0 * rng.normal(size=(4, 1))
    kernel = kernels.matern(smoothness, 1.3, 0.7)
    r = np.sqrt(2.0 * smoothness) * np.abs(x - y.T) / 1.3
    expected = 0.49 * 2.0 ** (1.0 - smoothness) / special.gamma(smoothness) * r**smoothness * special.kv(smoothness, r)
    np.testing.assert_allclose(kernel.matrix(x, y), expected, rtol=1e-8)
    with pytest.raises(ValueError, match="smoothness must be one of 0.5, 1.5, 2.5, got 3.5"):
        kernels.matern(3.5)


def test_inputs_of_other_numbers_of_columns_are_refused():
    """Differences would broadcast, in a SavedModel as well, where shapes of requests are not looked at."""
    kernel = kernels.matern(1.5, 2.0)
    one, three = tf.zeros([4, 1], tf.float64), tf.zeros([5, 3], tf.float64)
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        kernels.matrix(kernel, one, three)
    free = tf.function(lambda x: kernels.matrix(kernel, one, x), [tf.TensorSpec([None, None], tf.float64)])
    assert free(tf.zeros([5, 1], tf.float64)).shape == (1, 4, 5)
    with pytest.raises(tf.errors.InvalidArgumentError):
        free(three)
