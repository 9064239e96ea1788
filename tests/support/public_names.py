"""What a package offers, read from the source, against its `__all__`."""

import ast
import pathlib
from types import ModuleType


def public_names(path: pathlib.Path) -> tuple[list[str], list[str]]:
    """Names of the public classes and of the public functions that a module's source defines at its top level."""
    top = ast.parse(path.read_text()).body
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    classes = [node.name for node in top if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    return classes, [node.name for node in top if isinstance(node, functions) and not node.name.startswith("_")]


def missing(package: ModuleType) -> list[str]:
    """What `package.__all__` lacks, as "module.name".

    A public class is in it, or the module that defines the class is. So is a public function, unless its module is
    there for a class that is in it: what helps a class is found beside it.
    """
    offered, absent = set(package.__all__), []
    for path in sorted(pathlib.Path(str(package.__file__)).parent.glob("*.py")):
        if path.stem.startswith("_") or path.stem in offered:
            continue
        classes, functions = public_names(path)
        wanted = classes if offered & set(classes) else [*classes, *functions]
        absent += [f"{path.stem}.{name}" for name in wanted if name not in offered]
    return absent
