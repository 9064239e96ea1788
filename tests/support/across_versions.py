"""SavedModels of every registered model, written with one TensorFlow and compared with another (`make test-versions`).

    NEWEST/bin/python -m tests.support.across_versions write FOLDER [MODEL ...]
    OLDEST/bin/python -m tests.support.across_versions check FOLDER

Writing takes five minutes for all models. What checks needs TensorFlow and NumPy alone, as a server does.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf


def write(folder: Path, names: Sequence[str]) -> None:
    """Exports models, all if none is named, with a request for each signature and what this TensorFlow answers."""
    from gpvae_tf import serving
    from tests.support import registry

    for name in names or registry.REGISTRY:
        entry = registry.REGISTRY[name]
        model, batch = entry.build(), entry.batch(np.random.default_rng(0))
        entry.prepare(model, batch)
        place = folder / name.replace(" ", "_").replace(",", "").replace("'", "")
        served = serving.load(entry.servable(model, batch).write_version(place))
        arrays = {}
        for signature, (inputs, _) in entry.answers(model, batch).items():
            given = {key: tf.convert_to_tensor(value) for key, value in inputs.items()}
            arrays |= {f"{signature}/inputs/{key}": value.numpy() for key, value in given.items()}
            arrays |= {f"{signature}/outputs/{key}": value for key, value in served(signature, **given).items()}
        np.savez(place / "answers.npz", **arrays)
        print(name, flush=True)


def check(folder: Path) -> int:
    """Compares the answers and returns how many SavedModels agree; the first that does not is an AssertionError."""
    places = sorted(path.parent for path in folder.glob("*/answers.npz"))
    for place in places:
        loaded = tf.saved_model.load(str(place / "1")).signatures
        parts: dict[str, dict[str, dict[str, np.ndarray]]] = {}
        with np.load(place / "answers.npz") as file:
            for key in file.files:
                signature, kind, name = key.split("/")
                parts.setdefault(signature, {"inputs": {}, "outputs": {}})[kind][name] = file[key]
        for signature, part in parts.items():
            found = loaded[signature](**{name: tf.constant(value) for name, value in part["inputs"].items()})
            for name, value in part["outputs"].items():
                message = f"{place.name}: {signature}: {name}"
                np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-5, err_msg=message)
    return len(places)


if __name__ == "__main__":
    asked, where, *models = sys.argv[1:]
    if asked == "write":
        write(Path(where), models)
    else:
        number = check(Path(where))
        print(f"{number} SavedModels answer in TensorFlow {tf.__version__} as where they were written")
        sys.exit(number == 0)
