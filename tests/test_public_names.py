"""The public names, and the one place where Keras comes in."""

import ast
import pathlib

import gpvae_tf

PACKAGE = pathlib.Path(gpvae_tf.__file__).parent


def keras_uses(source: str) -> list[int]:
    """Lines that import keras or tf_keras, or reach for tf.keras."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names = [f"{node.value.id}.{node.attr}"]
        starts = ("keras", "tf_keras", "tensorflow.keras", "tf.keras", "tensorflow.python.keras")
        if any(name == start or name.startswith(f"{start}.") for name in names for start in starts):
            if not isinstance(node, ast.Attribute) or names[0].startswith(("tf.", "tensorflow.")):
                lines.append(node.lineno)
    return lines


def test_all_is_sorted_and_importable():
    for module in (gpvae_tf, gpvae_tf.gp, gpvae_tf.data, gpvae_tf.models, gpvae_tf.latent_gps, gpvae_tf.posteriors):
        assert module.__all__ == sorted(set(module.__all__)), module.__name__
        assert all(hasattr(module, name) for name in module.__all__), module.__name__


def test_keras_comes_in_through_the_shim_only():
    """Keras 3 models silently never train TFP's parameters, and which Keras tf.keras is depends on the environment."""
    uses = {str(path.relative_to(PACKAGE)): keras_uses(path.read_text()) for path in PACKAGE.rglob("*.py")}
    assert len(uses) > 20
    assert uses.pop("_keras.py")
    uses.pop("comparison/original_process.py", None)  # a process of its own, for the authors' TensorFlow 1 code
    assert {path: lines for path, lines in uses.items() if lines} == {}


def test_the_search_for_keras_finds_it():
    found = ["import tf_keras", "import keras.layers", "import tensorflow.keras as k", "from tf_keras import layers"]
    found += ["from tensorflow import keras", "tf.keras.Model", "x = tf.keras.layers.Dense(1)"]
    assert all(keras_uses(line) for line in found)
    assert not any(keras_uses(line) for line in ("from gpvae_tf._keras import keras", "keras.Model", "tf.linalg"))
