"""TFP's kernels and bijectors as JSON: their public names and the arguments that they remember."""

import functools
import operator
from typing import Any

import tensorflow_probability as tfp

from gpvae_tf.saving.configurable import SavingError

_ROOMS = {"psd_kernels": tfp.math.psd_kernels, "bijectors": tfp.bijectors}
_BASES = {
    "psd_kernels": tfp.math.psd_kernels.PositiveSemidefiniteKernel,
    "bijectors": tfp.bijectors.Bijector,
}
_COMBINED = {"Sum": operator.add, "Product": operator.mul}  # kernels without a public name
VARIABLE = "util.TransformedVariable"
Arguments = dict[str, Any]


def described(value: object) -> tuple[str, Arguments] | None:
    """Public name and arguments of a kernel, a bijector or a transformed variable; None for anything else."""
    if type(value) is tfp.util.TransformedVariable:
        return VARIABLE, _of_variable(value)
    for room, base in _BASES.items():
        if isinstance(value, base):
            name = type(value).__name__
            for combined in _COMBINED:
                if name in (f"_{combined}Kernel", f"_NonCompositeTensor{combined}Kernel"):
                    return f"{room}.{combined}", {"kernels": list(value.parameters["kernels"])}
            if getattr(_ROOMS[room], name, None) is type(value):
                return f"{room}.{name}", dict(value.parameters)
    return None


def build(name: str, arguments: Arguments) -> Any:
    """The object of a name and its arguments.

    Raises:
      SavingError: if the name is none of TFP's kernels or bijectors.
    """
    if name == VARIABLE:
        return tfp.util.TransformedVariable(**arguments)
    room, _, kind = name.partition(".")
    if room == "psd_kernels" and kind in _COMBINED:
        return functools.reduce(_COMBINED[kind], arguments["kernels"])
    found = getattr(_ROOMS.get(room), kind, None)
    if not isinstance(found, type) or not issubclass(found, _BASES[room]):
        raise SavingError(f"{name!r} is no kernel or bijector of TensorFlow Probability")
    return found(**arguments)


def _of_variable(value: Any) -> Arguments:
    raw = value.pretransformed_input
    return {
        "initial_value": value.bijector.forward(raw.value()),
        "bijector": value.bijector,
        "trainable": raw.trainable,
        "name": raw.name.partition(":")[0],
    }
