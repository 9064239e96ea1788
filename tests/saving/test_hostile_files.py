"""Folders written to do harm: each is refused in one clear error, and nothing of it runs."""

import base64
import json

import pytest
import tensorflow_probability as tfp

import gpvae_tf

assert tfp.layers  # which adds to Keras' registry, a class that unpickles functions among the rest


def keras_entry(**entry):
    return {"keras": {"module": "keras", "class_name": "Sequential", "config": {"name": "a", "layers": [entry]}}}


def network(**layer):
    """A functional network whose layer is called on a file's name and what to write there, as soon as it is built."""
    call = ["_CONSTANT_VALUE", -1, "written", {"contents": "by the file"}]
    layers = [{"name": "a", "inbound_nodes": [call], **layer}]
    config = {"name": "network", "layers": layers, "input_layers": [], "output_layers": []}
    return {"keras": {"module": "keras", "class_name": "Model", "config": config}}


def nested(value):
    """JSON that stands for itself among a constructor's arguments."""
    return {"dict": {key: nested(part) for key, part in value.items()}} if isinstance(value, dict) else value


EXCUSE = {"registered_name": "gpvae_tf>FusedAdam"}  # a name that is registered, but not for what the entry asks for
SYSTEM = {"module": "os", "class_name": "function", "config": "system", **EXCUSE}
WRITE = {"class_name": "TFOpLambda", "config": {"name": "a", "function": "io.write_file"}}
CODE = {"residual_fn": ["4wEAAAA=", None, None], "residual_fn_type": "lambda", "cell": {}}
OPEN = base64.b64encode(b"cbuiltins\nopen\n(Vwritten\nVw\ntR.").decode()  # a pickle that opens a file to write to
UNREAD = {"function": None, "function_type": "raw", "output_shape": None, "output_shape_type": "raw"}
PICKLE = {"registered_name": "DistributionLambda", "config": {"make_distribution_fn": OPEN, **UNREAD}}
LAMBDA = {"class_name": "__lambda__", "config": {"value": ["4wEAAAA=", None, None]}}
HOSTILE = {  # what stands in the place of the encoder, and what the message says
    "function of a module": ({"object": "os.system", "arguments": {}}, "'os.system' is not known here"),
    "known function": ({"known": "builtins.eval"}, "'builtins.eval' is not known"),
    "method of a class": ({"object": "FGPVAE.fit", "arguments": {}}, "'FGPVAE.fit' is not known"),
    "TFP's modules": ({"tfp": "psd_kernels.internal", "arguments": {}}, "is no kernel or bijector"),
    "another room of TFP": ({"tfp": "util.getattr", "arguments": {}}, "is no kernel or bijector"),
    "Keras function": (
        {"keras": {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}},
        "has os.system, which Keras could not find",
    ),
    "download": (
        {"keras": {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "g"}},
        "has keras.utils.get_file, which",
    ),
    "Keras class": (keras_entry(module="subprocess", class_name="Popen", config={}), "has subprocess.Popen, which"),
    "Lambda layer": (keras_entry(module="keras.layers", class_name="Lambda", config={}), "has keras.layers.Lambda"),
    "lambda": (keras_entry(**LAMBDA), "has a lambda, which"),
    "lambda as activation": (
        keras_entry(module="keras.layers", class_name="Dense", config={"units": 2, "activation": LAMBDA}),
        "has a lambda, which",
    ),
    "type": (keras_entry(class_name="__typespec__", spec_name="Popen", module="subprocess", config=[]), "__typespec__"),
    "TensorFlow function": (
        keras_entry(
            module="tf_keras.src.layers.core.tf_op_layer",
            class_name="TFOpLambda",
            config={"function": "io.write_file"},
        ),
        "has tf_keras.src.layers.core.tf_op_layer.io.write_file, which",
    ),
    "old form of Keras": (keras_entry(class_name="Lambda", config={"function": "x"}), "has Lambda, which"),
    "TensorFlow function by Keras' table of layers": (
        network(module="keras.layers", **WRITE),
        "has keras.layers.TFOpLambda, which",
    ),
    "TensorFlow function in a wrapper": (
        network(
            module="keras.layers",
            class_name="TimeDistributed",
            config={"layer": {"module": "keras.layers", **WRITE}},
        ),
        "has keras.layers.TFOpLambda, which",
    ),
    "TensorFlow function without a module": (keras_entry(**WRITE), "has TFOpLambda, which"),
    "method of TensorFlow's": (
        network(
            module="tf_keras.src.layers.core.tf_op_layer",
            class_name="ClassMethod",
            config={"cls_symbol": "io.TFRecordWriter", "method_name": "__new__"},
        ),
        "has tf_keras.src.layers.core.tf_op_layer.ClassMethod, which",
    ),
    "TensorFlow operation": (
        network(module="keras.layers", class_name="TensorFlowOpLayer", config={"node_def": "op: 'WriteFile'"}),
        "has keras.layers.TensorFlowOpLayer, which",
    ),
    "layer with code": (
        keras_entry(module="keras.layers", class_name="ResidualWrapper", config=CODE),
        "has keras.layers.ResidualWrapper, which",
    ),
    "function for a class": (
        keras_entry(module="keras.optimizers", class_name="deserialize", config={}),
        "has keras.optimizers.deserialize, which",
    ),
    "function excused by a registered class": ({"keras": SYSTEM}, "has os.system, which"),
    "function excused in what a network is compiled with": (
        {
            "keras": {
                "module": "keras",
                "class_name": "Sequential",
                "config": {"name": "a", "layers": []},
                "compile_config": {"loss": SYSTEM},
            }
        },
        "has os.system, which",
    ),
    "function excused in an argument": (
        {"object": "CategoricalGaussian", "arguments": {"logit_activation": nested(SYSTEM)}},
        "has os.system, which",
    ),
    "method excused without a module": (
        keras_entry(class_name="InstanceMethod", config={"attr_name": "numpy"}, **EXCUSE),
        "has gpvae_tf>FusedAdam, which",
    ),
    "pickle excused by a public class": (
        keras_entry(module="keras.layers", class_name="Dense", **PICKLE),
        "has keras.layers.DistributionLambda, which",
    ),
    "pickle of a class without a name": (
        keras_entry(module="keras.layers", class_name=3, **PICKLE),
        "has a class whose name is no text but a int",
    ),
    "pickle without a module": (
        keras_entry(class_name="DistributionLambda", config=PICKLE["config"]),
        "has DistributionLambda, which",
    ),
    "file of words": (
        keras_entry(module="keras.layers", class_name="StringLookup", config={"vocabulary": "/etc/passwd"}),
        "has a StringLookup that reads the file '/etc/passwd'",
    ),
    "attribute": (
        {"object": "BetaELBO", "arguments": {}, "attributes": {"__class__": 3}},
        "'__class__' is no attribute that BetaELBO lets assign",
    ),
    "no tag": ({"pickle": "gASV"}, "an entry begins with 'pickle'"),
    "wrong argument": ({"object": "BetaELBO", "arguments": {"gamma": 1}}, "gamma"),
    "wrong type": ({"float": []}, "does not describe a model"),
    "number that is not there": ({"same_as": 99}, "does not describe a model"),
    "array that is not there": ({"array": "a99"}, "does not describe a model"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_description_is_one_clear_error(name, copy, monkeypatch):
    monkeypatch.chdir(copy)  # where a file would be written
    before = {path.name for path in copy.iterdir()}
    entry, message = HOSTILE[name]
    path = copy / "model.json"
    description = json.loads(path.read_text())
    description["model"]["arguments"]["encoder"] = entry
    path.write_text(json.dumps(description))
    with pytest.raises(ValueError, match=message) as caught:
        gpvae_tf.load_model(copy)
    assert str(caught.value).startswith(f"{path} does not describe a model that can be built")
    assert {path.name for path in copy.iterdir()} == before
