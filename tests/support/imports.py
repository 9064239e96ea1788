"""Who imports whom, read from the source by AST: every form, in functions and under TYPE_CHECKING too."""

import ast
import pathlib
from collections.abc import Iterator, Mapping

Graph = Mapping[str, frozenset[str]]


def modules(package: pathlib.Path) -> dict[str, pathlib.Path]:
    """Dotted name -> file of every module below a package's folder; a package stands for its __init__.py."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def module_graph(package: pathlib.Path) -> Graph:
    """Module -> the modules of the same package that its source names in an import.

    `from a.b import c` is an import of the module a.b.c if there is one, and of a.b otherwise. A module does not count
    as importing the packages it lies in, though Python runs them first.
    """
    known = modules(package)
    graph = {}
    for name, path in known.items():
        is_package = path.name == "__init__.py"
        wanted = set(_imported(ast.parse(path.read_text()), name if is_package else name.rpartition(".")[0], known))
        graph[name] = frozenset(wanted - {name})
    return graph


def _imported(tree: ast.AST, home: str, known: Mapping[str, pathlib.Path]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (_nearest(alias.name, known) for alias in node.names if _nearest(alias.name, known))
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = home.split(".")[: len(home.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                if found := _nearest(f"{base}.{alias.name}", known):
                    yield found
        elif isinstance(node, ast.Call) and _called(node.func) in ("import_module", "__import__"):
            if node.args and isinstance(node.args[0], ast.Constant):
                if found := _nearest(str(node.args[0].value), known):
                    yield found


def _called(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def _nearest(name: str, known: Mapping[str, pathlib.Path]) -> str:
    """The longest beginning of a dotted name that is a module of ours, or "" if there is none."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


def top_level(graph: Graph) -> Graph:
    """The same arrows between the package's top-level names; the package's own __init__.py goes by its full name."""
    short = lambda module: module.split(".")[1] if "." in module else module
    arrows: dict[str, set[str]] = {short(module): set() for module in graph}
    for module, imported in graph.items():
        arrows[short(module)] |= {short(other) for other in imported} - {short(module)}
    return {name: frozenset(others) for name, others in arrows.items()}


def circles(graph: Graph) -> list[list[str]]:
    """The groups of two or more names that reach each other along the arrows, each sorted (Tarjan's components)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(name: str) -> None:
        number[name] = lowest[name] = len(number)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in number:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in stack:
                lowest[name] = min(lowest[name], number[other])
        if lowest[name] == number[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1:
                found.append(sorted(group))

    for name in sorted(graph):
        if name not in number:
            visit(name)
    return sorted(found)
