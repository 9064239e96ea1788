"""What a trained model offers as a SavedModel: a function of the model's class, which `gpvae_tf.serving` implements."""

import functools
from pathlib import Path
from typing import Any, Protocol


class CanBeServed(Protocol):
    """Functions of a model that can be written as a SavedModel (`serving.Servable`)."""

    limits: Any

    def write_version(self, folder: Path) -> Path:
        """Writes them as the next version in a folder; returns the version's."""


@functools.singledispatch
def servable(model: Any, **options: Any) -> CanBeServed:
    """What a model of some class offers; a class of one's own is made known by `@servable.register`.

    Args:
      model: trained.
      options: what its class needs besides, such as data that predictions rest on.

    Raises:
      TypeError: if nothing is known of the class.
    """
    raise TypeError(
        f"nothing is known of how a {type(model).__name__} is served: register a function of the model and its options "
        "that returns a serving.Servable (gpvae_tf.saving.exporting.servable.register)"
    )
