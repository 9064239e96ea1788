"""Options that need others: of a base class, of another dataclass beside theirs; and lists as flags."""

import dataclasses

import pytest
from absl import flags

from gpvae_tf.experiments.registry import EXPERIMENTS
from gpvae_tf.flags.checks import check_needs
from gpvae_tf.flags.command_line import define, read
from gpvae_tf.flags.options import inherited, needs, needs_not, option, options_of


@dataclasses.dataclass(frozen=True)
class Shared:
    size: int = option(3, "Size.", above=0, needs=needs("big"))
    big: bool = option(False, "Big.")


@dataclasses.dataclass(frozen=True)
class Special(Shared):
    kind: str = option("a", "Kind.", choices=("a", "b"))
    size: int = inherited(Shared, "size", 4)
    parts: tuple[str, ...] = option(("x-1", "y-2"), "Parts.")
    needs_of = {"size": needs("kind", "b")}


@dataclasses.dataclass(frozen=True)
class Execution:
    save: bool = option(True, "Save.")
    analysis: bool = option(False, "Analysis.", needs=[needs("save"), needs("kind", "b")])


def parsed(*argv: str) -> flags.FlagValues:
    values = flags.FlagValues()
    for options in (Special, Execution):
        define(options, values)
    values(["script", *argv])
    return values


def test_an_inherited_option_keeps_what_it_is_not_given():
    (base, old), (field, new) = options_of(Shared)["size"], options_of(Special)["size"]
    assert (base.default, field.default) == (3, 4) and new == old._replace(needs=(needs("big"), needs("kind", "b")))
    assert Special().size == 4 and Shared().size == 3


def test_an_inherited_option_may_need_more():
    @dataclasses.dataclass(frozen=True)
    class Picky(Shared):
        kind: str = option("a", "Kind.")
        size: int = inherited(Shared, "size", 3, needs=needs("kind", "b"))

    assert options_of(Picky)["size"][1].needs == (needs("big"), needs("kind", "b"))
    assert options_of(Shared)["size"][1].needs == (needs("big"),)


@pytest.mark.parametrize(
    "argv, lacks",
    [
        (["--size=5"], "--big and --kind=b"),
        (["--size=5", "--big"], "--kind=b"),
        (["--size=5", "--kind=b"], "--big"),
        (["--size=5", "--big", "--kind=b"], None),
        (["--size=4"], "--big and --kind=b"),  # a wish, though it is the default
    ],
)
def test_what_an_option_lacks_is_named_and_nothing_else(argv, lacks):
    if lacks is None:
        assert read(Special, parsed(*argv)).size == 5
        return
    with pytest.raises(ValueError, match=f"^--size has no effect without {lacks}$"):
        read(Special, parsed(*argv))


def test_an_option_may_need_one_of_another_dataclass():
    values = parsed("--analysis", "--nosave")
    with pytest.raises(ValueError, match="^--analysis has no effect without --save and --kind=b$"):
        read(Execution, values, beside=Special())
    assert read(Execution, parsed("--analysis"), beside=Special(kind="b")).analysis
    assert read(Execution, parsed("--analysis")).analysis  # the kind is not known here


@dataclasses.dataclass(frozen=True)
class Excluding:
    points: int | None = option(None, "Points.")
    plain: bool = option(True, "Plain.")
    size: int = option(3, "Size.", needs=[needs_not("points"), needs("plain")])
    colour: int = option(3, "Colour.", needs=needs_not("plain"))


def test_what_must_not_be_given_is_named_as_the_flag_that_there_is():
    """Only switches have a --noNAME."""
    (_, size), (_, colour) = options_of(Excluding)["size"], options_of(Excluding)["colour"]
    assert size.describe(Excluding) == "Size. Needs no --points and --plain."
    assert colour.describe(Excluding) == "Colour. Needs --noplain."
    with pytest.raises(ValueError, match="^--size has no effect with --points$"):
        check_needs(Excluding(points=2), {"size"})
    with pytest.raises(ValueError, match="^--size has no effect without --plain and with --points$"):
        check_needs(Excluding(points=2, plain=False), {"size"})
    with pytest.raises(ValueError, match="^--colour has no effect without --noplain$"):
        check_needs(Excluding(), {"colour"})


def test_a_list_has_its_default_and_takes_commas():
    assert read(Special, parsed()).parts == ["x-1", "y-2"]
    assert read(Special, parsed("--parts=z-3")).parts == ["z-3"]


@pytest.mark.parametrize("kind", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_every_need_is_an_option_of_the_script(kind):
    declared = [options_of(options) for options in (kind.config_class, kind.options_class)]
    names = {name for options in declared for name in options}
    needed = {need.name for options in declared for _, about in options.values() for need in about.needs}
    assert needed <= names
