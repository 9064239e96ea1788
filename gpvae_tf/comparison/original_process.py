"""The process in which functions of a user's clone run under tf.compat.v1; `runner.run_in_original` starts it.

In this process `import tensorflow` gives the clone tensorflow.compat.v1 with TensorFlow 2's behaviour off; the clone
comes first on the path and nothing is written there. Third-party modules that it imports for plots, tables and data,
but that are not installed, are empty here.
"""

import contextlib
import importlib
import importlib.util
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray]
OPTIONAL = (
    *("sklearn", "sklearn.decomposition", "seaborn", "pandas", "matplotlib", "matplotlib.pyplot", "matplotlib.patches"),
    "load_sprites",
)


class Original:
    """A clone, ready to be used.

    Attributes:
      tf: tensorflow.compat.v1.
    """

    def __init__(self, tf: types.ModuleType):
        self.tf = tf

    def module(self, name: str) -> types.ModuleType:
        """A module of the clone."""
        return importlib.import_module(name)

    def session(self) -> Any:
        """A session on the current graph that takes GPU memory only as needed."""
        options = self.tf.GPUOptions(allow_growth=True)
        return self.tf.Session(config=self.tf.ConfigProto(gpu_options=options))

    def run(self, fetches: Mapping[str, Any], weights: Sequence[np.ndarray] = ()) -> dict[str, np.ndarray]:
        """Evaluates tensors of the current graph with its first trainable variables, in order, set to `weights`.

        Raises:
          ValueError: if there are fewer variables than weights, or a number of entries differs.
        """
        variables = self.tf.trainable_variables()
        if len(weights) > len(variables):
            raise ValueError(f"{len(weights)} weights for {len(variables)} trainable variables")
        with self.session() as session:
            session.run(self.tf.global_variables_initializer())
            for variable, value in zip(variables, weights, strict=False):
                variable.load(np.reshape(value, variable.shape.as_list()), session)  # biases are [1, units] there
            return session.run(dict(fetches))

    @contextlib.contextmanager
    def draws(self, normal: Sequence[np.ndarray], shuffle: Sequence[np.ndarray] = ()) -> Iterator[None]:
        """Lets `tf.random.normal` and `tf.random.shuffle` return given values, in the order they are asked for.

        Args:
          normal: standard normal values; each is scaled by the call's mean and stddev.
          shuffle: orders to return.

        Raises:
          ValueError: while the graph is built, if another shape is asked for or nothing is left.
        """
        random, left = self.tf.random, {"normal": list(normal), "shuffle": list(shuffle)}
        before = random.normal, random.shuffle

        def take(kind: str, shape: Any) -> Any:
            shape = self.tf.get_static_value(shape)  # the value of a tensor such as tf.shape(x)
            value = left[kind].pop(0) if left[kind] else None
            if value is None or tuple(np.shape(value)) != tuple(int(s) for s in shape):
                given = "nothing" if value is None else f"shape {np.shape(value)}"
                raise ValueError(f"the clone draws a {kind} of shape {tuple(shape)}; given is {given}")
            return self.tf.constant(value)

        random.normal = lambda shape, mean=0.0, stddev=1.0, **_: mean + stddev * take("normal", shape)
        random.shuffle = lambda value, **_: take("shuffle", value.shape.as_list())
        try:
            yield
        finally:
            random.normal, random.shuffle = before


class _Absent(types.ModuleType):
    """Stands for a module that is not installed: importable, of no use."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(f"{self.__name__}.{name}")


def _prepare(clone: Path) -> Original:
    import tensorflow
    import tensorflow_probability as tfp

    for lazy in (tfp.math, tfp.distributions, tensorflow.keras):
        dir(lazy)  # loads it before the exchange below
    v1 = tensorflow.compat.v1
    v1.disable_v2_behavior()
    sys.modules["tensorflow"] = v1
    absent = [name for name in OPTIONAL if importlib.util.find_spec(name.partition(".")[0]) is None]
    sys.modules.update({name: _Absent(name) for name in absent})
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(clone))
    return Original(v1)


def under(name: str, arrays: Arrays) -> dict[str, np.ndarray]:
    """The arrays whose keys begin with `name`/, without it."""
    return {key.removeprefix(f"{name}/"): value for key, value in arrays.items() if key.startswith(f"{name}/")}


def main(clone: str, inputs: str, outputs: str, *jobs: str) -> None:
    """Calls every job in a graph of its own and writes the arrays that they return.

    Args:
      clone: folder of the clone.
      inputs: .npz file; a job gets the arrays whose keys begin with its NAME/.
      outputs: .npz file, with keys of the same kind.
      jobs: texts NAME=MODULE:FUNCTION; the function is called with (`Original`, its inputs).
    """
    calls: dict[str, Callable[[Original, Arrays], Arrays]] = {}
    for job in jobs:
        name, target = job.split("=", 1)
        module, function = target.split(":")
        calls[name] = getattr(importlib.import_module(module), function)  # needs TensorFlow as it is
    with np.load(inputs, allow_pickle=False) as file:
        given = dict(file)
    original = _prepare(Path(clone))
    results: dict[str, Any] = {}
    for name, call in calls.items():
        with original.tf.Graph().as_default():
            results |= {f"{name}/{key}": np.asarray(v) for key, v in call(original, under(name, given)).items()}
    np.savez(outputs, **results)
