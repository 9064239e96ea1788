"""Parts of models that come back as they were: kernels, shared objects, what was assigned later, networks of users."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import gpvae_tf
from gpvae_tf import kernels, objectives, saving
from gpvae_tf._keras import keras
from gpvae_tf.models import GPVAE
from gpvae_tf.saving.reader import Reader
from gpvae_tf.saving.writer import Writer
from tests.support import sequence_models
from tests.support.sequence_models import OPTIONS
from tests.support.tiny import build_networks

psd_kernels = tfp.math.psd_kernels
SEED = tf.constant([3, 4])


def again(value):
    """The value written and read, by way of JSON's types."""
    writer = Writer()
    return Reader(writer.arrays).read(writer.write(value, "value"))


def learned_by_tfp():
    scale = tfp.util.TransformedVariable(np.float64(0.7), tfp.bijectors.Softplus(), name="scale")
    return psd_kernels.MaternFiveHalves(length_scale=scale)


KERNELS = {
    "fixed": lambda: kernels.exponentiated_quadratic(1.5, 2.0),
    "learned": lambda: kernels.exponentiated_quadratic([1.5, 0.5], trainable=True),
    "periodic": lambda: kernels.periodic(0.8, 1.3, trainable=True),
    "normalized linear": lambda: kernels.linear(normalize=True),
    "view and object": lambda: kernels.view_object(kernels.periodic(trainable=True), kernels.linear()),
    "columns by number": lambda: (
        kernels.on_columns(kernels.linear(), [1, 0]) * kernels.on_columns(kernels.linear(), -1)
    ),
    "sum": lambda: kernels.periodic() + kernels.exponentiated_quadratic(2.0, trainable=True) + kernels.linear(),
    "plain numbers": lambda: psd_kernels.RationalQuadratic(length_scale=2.0, scale_mixture_rate=0.5),
    "double precision number": lambda: psd_kernels.ExponentiatedQuadratic(length_scale=np.float64(2.0)),
    "variable": lambda: psd_kernels.ExponentiatedQuadratic(length_scale=tf.Variable(2.5, name="length")),
    "TFP's own variable": learned_by_tfp,
    "one scale per column": lambda: psd_kernels.FeatureScaled(
        kernels.exponentiated_quadratic(), tf.constant([1.0, 3.0], tf.float64)
    ),
}


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_is_rebuilt(name, rng):
    kernel = KERNELS[name]()
    loaded = again(kernel)
    assert type(loaded) is type(kernel) and loaded.dtype == kernel.dtype
    x = tf.constant(rng.normal(size=(4, 2)), kernel.dtype or tf.float32)
    np.testing.assert_array_equal(loaded.matrix(x, x), kernel.matrix(x, x))
    assert [v.name for v in loaded.trainable_variables] == [v.name for v in kernel.trainable_variables]
    assert [v.dtype for v in loaded.trainable_variables] == [v.dtype for v in kernel.trainable_variables]


def test_a_frozen_variable_stays_frozen():
    frozen = tfp.util.TransformedVariable(np.float64(0.7), tfp.bijectors.Softplus(), trainable=False)
    loaded = again(psd_kernels.MaternFiveHalves(length_scale=frozen))
    assert not loaded.trainable_variables and len(loaded.variables) == 1
    np.testing.assert_allclose(loaded.length_scale, 0.7)


def test_what_was_shared_is_shared():
    """One length scale in two kernels stays one variable."""
    scale = kernels.positive(1.5, trainable=True, name="length_scale")
    loaded = again(psd_kernels.ExponentiatedQuadratic(length_scale=scale) * psd_kernels.MaternOneHalf(None, scale))
    assert len(loaded.trainable_variables) == 1
    first, second = again([scale, scale])
    assert first is second


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        -0.1,
        float("inf"),
        "text",
        (1, (2.0, "a")),
        {"a": [1]},
        slice(1, None),
        tf.float64,
        np.float32(0.1),
    ],
    ids=repr,
)
def test_plain_values_come_back_with_their_types(value):
    assert again(value) == value and type(again(value)) is type(value)


def test_arrays_come_back():
    for array in (np.arange(6.0).reshape(2, 3), np.array([True, False]), np.array(["2024-01-01"], "datetime64[s]")):
        np.testing.assert_array_equal(again(array), array)
        assert again(array).dtype == array.dtype


def test_what_was_assigned_after_the_model_was_built_is_saved(tmp_path, rng, eagerly):
    model = sequence_models.svgp_vae()
    model.noise_clip, model.stage, model.seed = (0.3, 0.4), "GP", 7
    model.objective = objectives.BetaELBO(0.25)
    model.save(tmp_path / "model")
    loaded = gpvae_tf.load_model(tmp_path / "model")
    assert (loaded.noise_clip, loaded.stage, loaded.seed, loaded.objective.beta) == ((0.3, 0.4), "GP", 7, 0.25)
    batch = sequence_models.videos(rng)
    np.testing.assert_array_equal(loaded.elbo(batch, SEED).elbo, model.elbo(batch, SEED).elbo)
    assert len(loaded.trainable_variables) == len(model.trainable_variables) == 2


def test_training_goes_on_where_it_was_saved(tmp_path, rng, eagerly):
    """With the optimizer's state and schedule, and the state of the objective."""
    data = tf.data.Dataset.from_tensors(sequence_models.videos(rng))
    model = sequence_models.svgp_vae(objective=objectives.GECO(-10.0))
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(1e-2, 1, 0.5)))
    model.fit(data, verbose=0)
    model.save(tmp_path / "model")
    loaded = gpvae_tf.load_model(tmp_path / "model")
    histories = [m.fit(data, epochs=2, verbose=0).history for m in (model, loaded)]
    assert histories[0] == histories[1] and loaded.num_steps == 3
    for old, new in zip(model.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(new.numpy(), old.numpy(), err_msg=old.name)
    model.save(tmp_path / "without", include_optimizer=False)
    assert getattr(gpvae_tf.load_model(tmp_path / "without"), "optimizer", None) is None
    sizes = [next((tmp_path / name).glob("weights-*.data*")).stat().st_size for name in ("model", "without")]
    assert sizes[1] < 0.5 * sizes[0]  # Adam has two numbers for each weight


@saving.register("tests.ScaledEncoder")
class ScaledEncoder(tf.Module):
    """A user's own network, without Keras, made of another one."""

    def __init__(self, inner, factor):
        super().__init__()
        self.inner, self.factor = inner, factor
        self.bias = tf.Variable(tf.zeros([4]))

    def __call__(self, inputs):
        return self.factor * self.inner(inputs) + self.bias


@keras.saving.register_keras_serializable(package="tests")
class Doubled(keras.layers.Layer):
    """A user's own layer."""

    def call(self, inputs):
        return 2.0 * inputs


@keras.saving.register_keras_serializable(package="tests")
def softer(inputs):
    """A user's own activation."""
    return tf.nn.softplus(inputs) - 0.5


def layers_of_keras():
    """Layers in layers, with regularizers, constraints and a dtype policy."""
    recurrent = keras.layers.RNN(keras.layers.StackedRNNCells([keras.layers.GRUCell(3), keras.layers.LSTMCell(3)]))
    dense = keras.layers.Dense(3, softer, kernel_regularizer="l2", kernel_constraint=keras.constraints.MaxNorm(2.0))
    both_ways = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))
    layers = [keras.layers.TimeDistributed(dense), both_ways, recurrent]
    layers += [keras.layers.PReLU(alpha_initializer=keras.initializers.Constant(0.1))]
    layers += [keras.layers.Dense(2, dtype=keras.mixed_precision.Policy("mixed_bfloat16"))]
    return keras.Sequential([keras.layers.InputLayer((5, 2)), *layers])


def test_a_network_of_layers_in_layers(rng):
    network = layers_of_keras()
    loaded = again(network)
    for old, new in zip(network.variables, loaded.variables, strict=True):
        new.assign(old)
    inputs = tf.constant(rng.normal(size=(3, 5, 2)), tf.float32)
    np.testing.assert_array_equal(loaded(inputs), network(inputs))


def functional_decoder():
    """A functional network with TensorFlow's operations in it, and a user's layer."""
    latents = keras.Input((2,))
    hidden = tf.nn.relu(keras.layers.Dense(5)(Doubled()(latents)))[:, 1:] + tf.exp(latents[:, :1])
    return keras.Model(latents, tf.reshape(keras.layers.Dense(36)(hidden), [-1, 6, 6, 1]))


def test_networks_of_users(tmp_path, rng, eagerly):
    encoder = ScaledEncoder(build_networks()[0], 0.5)
    encoder.bias.assign([1.0, 2.0, 3.0, 4.0])
    model = GPVAE(encoder, functional_decoder(), kernels.exponentiated_quadratic(), **OPTIONS)
    model.save(tmp_path / "model")
    loaded = gpvae_tf.load_model(tmp_path / "model")
    batch = sequence_models.videos(rng)
    np.testing.assert_array_equal(loaded.reconstruct(batch), model.reconstruct(batch))
    assert loaded.encoder.factor == 0.5 and isinstance(loaded.encoder, ScaledEncoder)


def test_an_optimizer_of_other_variables_is_refused(tmp_path):
    """Its slots are numbered, and would come back as those of other variables."""
    model = sequence_models.svgp_vae()
    model.compile("adam")
    model.optimizer.build(model.trainable_variables)
    model.encoder.trainable = False
    with pytest.raises(saving.SavingError, match="the optimizer was compiled when other variables trained"):
        model.save(tmp_path / "model")
    model.save(tmp_path / "model", include_optimizer=False)
    model.compile("adam")
    model.save(tmp_path / "model")
    assert gpvae_tf.load_model(tmp_path / "model").optimizer.inner_optimizer.name == "Adam"
    model.compile("adam")
    model.optimizer.build(model.trainable_variables[::-1])
    with pytest.raises(saving.SavingError, match="compile the model again, with a new optimizer, or save it with"):
        model.save(tmp_path / "model")


def test_a_frozen_network_stays_frozen(tmp_path):
    model = sequence_models.svgp_vae()
    model.encoder.trainable = False
    model.save(tmp_path / "model")
    loaded = gpvae_tf.load_model(tmp_path / "model")
    assert len(loaded.trainable_variables) == len(model.trainable_variables) == 4 + 2
    model.trainable = False
    model.save(tmp_path / "model")
    assert gpvae_tf.load_model(tmp_path / "model").trainable_variables == []


def test_a_compiled_model_takes_as_many_steps_in_one_go(tmp_path):
    model = sequence_models.vae()
    model.compile("adam", steps_per_execution=3, jit_compile=True)
    model.save(tmp_path / "model")
    loaded = gpvae_tf.load_model(tmp_path / "model")
    assert int(loaded.steps_per_execution.numpy()) == 3 and loaded.jit_compile


@pytest.mark.parametrize(
    "wrong",
    [3, {"steps_per_execution": 3}, *({"steps_per_execution": n, "jit_compile": False} for n in (0, True, "2"))],
)
def test_other_options_of_compile_are_refused(tmp_path, wrong):
    """As from a file that somebody else wrote; one from before has none."""
    model, path = sequence_models.vae(), tmp_path / "model" / "model.json"
    model.compile("adam", steps_per_execution=3)
    model.save(tmp_path / "model")
    description = json.loads(path.read_text())
    path.write_text(json.dumps(description | {"compile": wrong}))
    with pytest.raises(
        saving.SavingError, match="model.json does not describe .* (entry 'compile'|steps_per_execution)"
    ):
        gpvae_tf.load_model(tmp_path / "model")
    del description["compile"]
    path.write_text(json.dumps(description))
    assert int(gpvae_tf.load_model(tmp_path / "model").steps_per_execution.numpy()) == 1


@pytest.mark.parametrize(
    ("make", "name", "other"),
    [
        (lambda: objectives.BetaELBO(2.0), "beta", 0.5),
        (lambda: objectives.GECO(-3.0), "target", -2.0),
        (sequence_models.vae, "latent_dim", 7),
        (sequence_models.vae, "event_shape", (3,)),
    ],
)
def test_a_number_of_the_constructor_cannot_change(make, name, other):
    """Compiled steps would go on with the old one, and a saved model would come back with it."""
    made = make()
    before, kind = getattr(made, name), type(made).__name__
    with pytest.raises(
        AttributeError, match=rf"^{name} of a {kind} cannot change: .* Make another {kind}\({name}=...\)"
    ):
        setattr(made, name, other)
    assert getattr(made, name) == before
    setattr(made, name, before)
