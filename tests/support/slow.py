"""Tests that take longer than a second, which `make test-fast` leaves out: read from a list, which this also writes.

    make test PYTEST_OPTIONS=--junitxml=build/tests.xml
    python -m tests.support.slow build/tests.xml

A test that is not on the list counts as fast.
"""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

LIST = Path(__file__).parents[1] / "slow_tests.txt"
_SECONDS = 0.7  # that a case of a test function may take, setup included


def listed() -> frozenset[str]:
    """The slow test functions, as FILE::NAME below tests/."""
    return frozenset(LIST.read_text(encoding="utf-8").split())


def slow_functions(report: Path) -> list[str]:
    """The functions of a JUnit report of pytest with a case that took longer."""
    found = set()
    for case in ElementTree.parse(report).iter("testcase"):
        if float(case.attrib["time"]) > _SECONDS:
            file = case.attrib["classname"].removeprefix("tests.").replace(".", "/")
            found.add(f"{file}.py::{case.attrib['name'].partition('[')[0]}")
    return sorted(found)


if __name__ == "__main__":
    LIST.write_text("\n".join(slow_functions(Path(sys.argv[1]))) + "\n", encoding="utf-8")
