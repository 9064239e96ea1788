"""What the library offers, and the one place where Keras comes in."""

import ast
import importlib
import pathlib
from types import SimpleNamespace

import pytest

import gpvae_tf
from tests.support import imports, public_names

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


PACKAGES = (
    "as_coded",
    "checks",
    "cluster",
    "data",
    "datasets",
    "defaults",
    "embeddings",
    "evaluation",
    "files",
    "flags",
    "gp",
    "kernels",
    "latent_gps",
    "likelihoods",
    "models",
    "networks",
    "plotting",
    "posteriors",
)
PACKAGES += ("priors", "recalibration", "replicas", "results", "saving", "serving", "training")
# The papers' runs, what writes their files, and what functions begin with.
NOT_OFFERED = {
    "as_coded",
    "benchmarks",
    "cli",
    "cluster",
    "comparison",
    "experiments",
    "files",
    "flags",
    "results",
    "checks",
    "entry_masks",
}


@pytest.mark.parametrize("name", PACKAGES)
def test_all_of_a_package_is_complete(name):
    """Sorted, importable, and nothing public is out of reach (see `public_names.missing`)."""
    package = importlib.import_module(f"gpvae_tf.{name}")
    assert package.__all__ == sorted(set(package.__all__))
    assert all(hasattr(package, name) for name in package.__all__)
    assert public_names.missing(package) == []


def test_the_library_offers_its_models_and_rooms():
    """All packages and modules but those of the papers' runs, and what `models` calls a model."""
    assert gpvae_tf.__all__ == sorted(set(gpvae_tf.__all__))
    assert all(hasattr(gpvae_tf, name) for name in gpvae_tf.__all__)
    rooms = {module.split(".")[1] for module in imports.modules(PACKAGE) if module.count(".") == 1}
    rooms = {name for name in rooms if not name.startswith("_")}
    offered = {name: getattr(gpvae_tf.models, name) for name in gpvae_tf.models.__all__}
    model = gpvae_tf.models.LatentVariableModel
    classes = {name for name, each in offered.items() if isinstance(each, type) and issubclass(each, model)}
    others = {"Bound", "Gaussian", "load_model"}
    assert set(gpvae_tf.__all__) == rooms - NOT_OFFERED | classes - {"LatentVariableModel"} | others
    assert {*PACKAGES} == {name for name in rooms if (PACKAGE / name).is_dir()} - {
        "benchmarks",
        "cli",
        "comparison",
        "experiments",
    }
    assert not hasattr(gpvae_tf, "plots")  # `__getattr__` knows one name


def test_what_is_missing_is_found(tmp_path):
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "shapes.py").write_text("class Circle: ...\nclass _Hidden: ...\ndef area(): ...")
    (tmp_path / "tools.py").write_text("def draw(): ...\ndef _help(): ...")
    missing = lambda *names: public_names.missing(
        SimpleNamespace(__file__=str(tmp_path / "__init__.py"), __all__=[*names])
    )
    assert missing() == ["shapes.Circle", "shapes.area", "tools.draw"]
    assert missing("Circle") == ["tools.draw"]  # area helps Circle
    assert missing("draw", "shapes") == missing("tools", "Circle") == []


def test_importing_the_library_does_not_import_matplotlib():
    """Nor what takes as long: nothing that `import gpvae_tf` runs names it outside of a function."""
    graph, files = imports.module_graph(PACKAGE), imports.modules(PACKAGE)
    reached, new = set(), {"gpvae_tf"}
    while new:
        reached |= new
        new = {other for name in new for other in graph[name] if "plotting" not in other} - reached
    assert len(reached) > 50
    slow = [name for name in reached for top in ast.parse(files[name].read_text()).body if is_slow(top)]
    assert slow == []
    assert is_slow(ast.parse("from matplotlib import pyplot").body[0])


def is_slow(statement: ast.stmt) -> bool:
    """Whether it is an import of matplotlib or TensorFlow Datasets."""
    names = [alias.name for alias in statement.names] if isinstance(statement, ast.Import) else []
    names += [statement.module or ""] if isinstance(statement, ast.ImportFrom) else []
    return any(name.split(".")[0] in ("matplotlib", "tensorflow_datasets") for name in names)


def test_type_checkers_take_the_annotations():
    """PEP 561's marker is there, and is packaged."""
    assert (PACKAGE / "py.typed").is_file()
    assert 'package_data={"gpvae_tf": ["py.typed"]}' in (PACKAGE.parent / "setup.py").read_text()


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
