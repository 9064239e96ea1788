"""Each kind of mutant, and what is no mutant."""

from pathlib import Path

import pytest

from tests.support.mutants import mutants

FILE = Path("gpvae_tf/a.py")


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("operator", "ä = (a + b)", "ä = (a - b)"),
        ("operator", "y = (a) / (b)", "y = (a) * (b)"),
        ("comparison", "y = a <= b", "y = a > b"),
        ("sign", "y = -tf.exp(x)", "y = tf.exp(x)"),
        ("scale", "y = f(0.5, 2)", "y = f(0.75, 2)"),
        ("axis", "f(axis=-1)", "f(axis=-2)"),
        ("transpose", "f(adjoint=True)", "f(adjoint=False)"),
        ("seed", "draw(seed=seeds[1])", "draw(seed=(0, 0))"),
        ("seed", "draw(x, seed)", "draw(x, (0, 0))"),
        ("reduction", "tf.reduce_sum(x)", "tf.reduce_mean(x)"),
    ],
)
def test_kinds(kind, before, after):
    (mutant,) = mutants(FILE, f"\n{before}\n")
    assert mutant.apply(f"\n{before}\n") == f"\n{after}\n" and (mutant.kind, mutant.line) == (kind, 2)


@pytest.mark.parametrize(
    "source",
    [
        "def f(x=0.5): pass",
        "if x < 0:\n    raise ValueError(f'{x - 1}')",
        "y = 'a' + b",
        "y = x[-1]",
        "f(seed=0)",
        "assert a + b",
        "y = 0.0",
    ],
)
def test_what_is_no_mutant(source):
    assert mutants(FILE, source) == []
