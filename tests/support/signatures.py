"""What signatures take and give, in words: the record that exports of every model are compared with, and its writer.

    python -m tests.support.signatures [MODEL ...]

writes tests/serving/signatures.json anew, in about five minutes, or the models in it that are named. A change of a line
there breaks clients of a server that takes the new version: it belongs into CHANGELOG.md.
"""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from gpvae_tf import serving

FILE = Path(__file__).parents[1] / "serving" / "signatures.json"


def in_words(signatures: Mapping[str, Any]) -> dict[str, str]:
    """A line for every signature: names, dtypes and shapes of its inputs and outputs."""
    lines = {}
    for name, function in sorted(signatures.items()):
        taken, given = function.structured_input_signature[1], function.structured_outputs
        lines[name] = " -> ".join("; ".join(_line(*item) for item in sorted(part.items())) for part in (taken, given))
    return lines


def on_record() -> dict[str, dict[str, str]]:
    """The lines of every registered model."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def _line(name: str, spec: tf.TensorSpec) -> str:
    shape = "?" if spec.shape.rank is None else ", ".join("?" if size is None else str(size) for size in spec.shape)
    return f"{name} {spec.dtype.name} [{shape}]"


def main() -> None:
    """Exports every registered model and writes the record."""
    from tests.support import registry

    asked = sys.argv[1:] or list(registry.REGISTRY)
    found = {name: on_record()[name] for name in registry.REGISTRY if name not in asked}
    for name in asked:
        entry = registry.REGISTRY[name]
        model, batch = entry.build(), entry.batch(np.random.default_rng(0))
        entry.prepare(model, batch)
        with tempfile.TemporaryDirectory() as folder:
            servable = entry.servable(model, batch)
            found[name] = in_words(serving.load(servable.write_version(Path(folder))).signatures)
    ordered = {name: found[name] for name in registry.REGISTRY}
    FILE.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
