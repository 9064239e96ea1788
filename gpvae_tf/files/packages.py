"""Packages that only some work needs: their lack is told in a sentence, before the work starts."""

import importlib.util
from collections.abc import Mapping

SCIKIT_LEARN: Mapping[str, str] = {"sklearn": "scikit-learn"}


class MissingPackage(ImportError):
    """A package that only some work needs is not installed."""


def check_installed(what: str, packages: Mapping[str, str], install: str | None = None) -> None:
    """Looks for packages without importing them.

    Args:
      what: what needs them, for the message.
      packages: how they are installed, by the name they are imported by.
      install: what to install; the packages themselves if None.

    Raises:
      MissingPackage: naming those that are not there.
    """
    missing = [package for name, package in packages.items() if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingPackage(f"{what} needs {' and '.join(missing)}: pip install {install or ' '.join(missing)}")
