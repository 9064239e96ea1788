"""Mutants: the library with one sign, axis, scale, reduction, comparison or seed changed."""

import ast
import dataclasses
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

_OPERATORS = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*")}
_COMPARISONS = {ast.Lt: ("<", ">="), ast.Gt: (">", "<="), ast.LtE: ("<=", ">"), ast.GtE: (">=", "<")}
_REDUCTIONS = {"reduce_sum": "reduce_mean", "reduce_mean": "reduce_sum", "maximum": "minimum", "minimum": "maximum"}
_FLAGS = ("adjoint", "transpose_a", "transpose_b")
_FOLDERS, _FILES = ("gpvae_tf", "tests", "scripts", "docs", "results"), ("*.md", "*.py", "*.toml", "*.txt", "Makefile")

Span = tuple[int, int]  # first byte and the byte after the last


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A file in which the bytes of `span` are replaced by `after`."""

    file: Path
    kind: str
    line: int
    span: Span
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.kind}: {self.before!r} -> {self.after!r}"

    def apply(self, source: str) -> str:
        """The changed text of the file."""
        text = source.encode()
        return (text[: self.span[0]] + self.after.encode() + text[self.span[1] :]).decode()


class _Text:
    """A source file and where the nodes of its tree lie in it, in bytes."""

    def __init__(self, source: str):
        self.bytes = source.encode()
        self._lines = [0, *itertools.accumulate(len(line) for line in self.bytes.splitlines(keepends=True))]

    def span(self, node) -> Span:
        return self._lines[node.lineno - 1] + node.col_offset, self._lines[node.end_lineno - 1] + node.end_col_offset

    def operator(self, left: ast.expr, right: ast.expr, symbol: str) -> Span:
        start = self.bytes.index(symbol.encode(), self.span(left)[1])
        return start, start + len(symbol)


def mutants(file: Path, source: str) -> list[Mutant]:
    """All mutants of a file. Annotations, default arguments, checks of arguments and their messages are left alone."""
    text, found = _Text(source), []
    for node in _computing(ast.parse(source)):
        for kind, (start, end), after in _changes(node, text):
            line = text.bytes.count(b"\n", 0, start) + 1
            found.append(Mutant(file, kind, line, (start, end), text.bytes[start:end].decode(), after))
    return found


def _changes(node: ast.AST, text: _Text) -> Iterator[tuple[str, Span, str]]:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS and not _has_text(node):
            before, after = _OPERATORS[type(op)]
            yield "operator", text.operator(left, right, before), after
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            before, after = _COMPARISONS[type(op)]
            yield "comparison", text.operator(left, right, before), after
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
            start = text.span(node)[0]
            yield "sign", (start, start + 1), ""
        case ast.Constant(value=float(value)) if value:
            yield "scale", text.span(node), repr(1.5 * value)
        case ast.keyword(arg="axis", value=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=axis))):
            yield "axis", text.span(node.value), "-2" if axis == 1 else "-1"
        case ast.keyword(arg=name, value=ast.Constant(value=bool(value))) if name in _FLAGS:
            yield "transpose", text.span(node.value), str(not value)
        case ast.keyword(arg="seed", value=value) if not isinstance(value, ast.Constant):
            yield "seed", text.span(value), "(0, 0)"
        case ast.Call(func=ast.Attribute(attr=name)) if name in _REDUCTIONS:
            end = text.span(node.func)[1]
            yield "reduction", (end - len(name), end), _REDUCTIONS[name]
        case ast.Call(args=arguments):
            for argument in arguments:
                if isinstance(argument, ast.Name) and argument.id == "seed":
                    yield "seed", text.span(argument), "(0, 0)"


def _computing(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that compute what a model does."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, (ast.Raise, ast.Assert, ast.JoinedStr, ast.arguments)):
            continue
        if isinstance(child, ast.If) and all(isinstance(step, ast.Raise) for step in child.body):
            continue
        yield child
        yield from _computing(child)


def _has_text(node: ast.AST) -> bool:
    return any(isinstance(getattr(part, "value", None), str) or isinstance(part, ast.List) for part in ast.walk(node))


def copy_with(repository: Path, mutant: Mutant, folder: Path) -> Path:
    """Copies the repository's files into `folder`, with the mutant among them."""
    for name in _FOLDERS:
        shutil.copytree(repository / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in itertools.chain.from_iterable(repository.glob(pattern) for pattern in _FILES):
        shutil.copy(file, folder)
    changed = folder / mutant.file
    changed.write_text(mutant.apply(changed.read_text(encoding="utf-8")), encoding="utf-8")
    return folder
