"""The arrows between the library's rooms: a table of the allowed ones against the code, and no circle anywhere."""

import ast
import pathlib

import pytest

from tests.support import imports

PACKAGE = pathlib.Path(__file__).parents[1] / "gpvae_tf"
REPRODUCTION = ("as_coded", "experiments", "comparison", "benchmarks")  # in this order, each may know those before it

ARROWS = {
    # nouns that everything shares
    "_keras": "",
    "saving": "_keras files",
    "_quiet": "",
    "_version": "",
    "embeddings": "_keras saving checks replicas",
    "cluster": "flags",
    "files": "",
    "inducing": "saving checks",
    "input_roles": "saving",
    "kernels": "saving",
    "scaling": "saving",
    "checks": "",
    "entry_masks": "",
    "replicas": "",
    "types": "",
    "likelihoods": "_keras gp kernels saving checks",
    "objectives": "saving checks types",
    # the mathematics, and what is made of it
    "gp": "replicas types",
    "networks": "_keras replicas saving checks",
    "latent_gps": "checks gp inducing kernels saving replicas types",
    "priors": "_keras gp saving checks types",
    "posteriors": "_keras gp kernels likelihoods networks priors replicas saving checks types",
    "models": "_keras checks defaults embeddings entry_masks gp inducing input_roles kernels latent_gps likelihoods "
    "networks objectives posteriors priors replicas saving scaling types",
    "flags": "files",
    "defaults": "checks entry_masks flags inducing input_roles kernels likelihoods scaling",
    # around the models
    "data": "checks entry_masks files input_roles scaling",
    "datasets": "checks data entry_masks files",
    "plotting": "checks data entry_masks files",
    "training": "_keras cluster flags files gp models checks",
    "evaluation": "checks datasets embeddings entry_masks latent_gps models types",
    "serving": "_keras checks embeddings entry_masks files gp latent_gps likelihoods models saving types",
    "recalibration": "checks data entry_masks files types",
    "results": "files",
    "gpvae_tf": "_quiet _version data datasets defaults embeddings evaluation gp inducing input_roles kernels "
    "latent_gps likelihoods models networks objectives plotting posteriors priors recalibration replicas saving "
    "scaling serving training types",
    # the papers' runs
    "cli": "_keras _version checks cluster data defaults entry_masks evaluation files flags input_roles likelihoods "
    "models recalibration replicas saving training types",
    "__main__": "cli",
    "as_coded": "_keras gp inducing kernels latent_gps likelihoods models objectives posteriors priors checks replicas "
    "types",
    "experiments": "_keras as_coded checks data datasets embeddings entry_masks evaluation files flags inducing "
    "kernels latent_gps likelihoods models networks objectives plotting posteriors priors recalibration replicas "
    "results serving training types",
    "comparison": "as_coded datasets embeddings experiments files gp inducing kernels latent_gps "
    "likelihoods models networks objectives types",
    "benchmarks": "_keras comparison data datasets evaluation experiments flags gp inducing kernels likelihoods models "
    "networks posteriors results serving training types",
}


def arrow_faults(graph: imports.Graph, allowed: dict[str, str]) -> list[str]:
    """Arrows of the code that the table has not, and arrows of the table that the code has not."""
    faults = []
    for name in sorted({*graph, *allowed}):
        found, listed = graph.get(name, frozenset()), set(allowed.get(name, "").split())
        faults += [f"{name} -> {other} is not allowed" for other in sorted(found - listed)]
        faults += [f"{name} -> {other} is allowed but not used" for other in sorted(listed - found)]
    return faults


@pytest.fixture(scope="module")
def graph() -> imports.Graph:
    return imports.module_graph(PACKAGE)


def test_rooms_import_what_the_table_allows(graph):
    rooms = imports.top_level(graph)
    assert sorted(rooms) == sorted(ARROWS)
    assert arrow_faults(rooms, ARROWS) == []


def test_no_circle_between_rooms_or_modules(graph):
    assert imports.circles(imports.top_level(graph)) + imports.circles(graph) == []


def test_the_table_keeps_the_rules():
    """The mathematics knows no model, data no model either, and the library proper nothing of the papers' runs."""
    for name, allowed in ARROWS.items():
        above = REPRODUCTION[REPRODUCTION.index(name) :] if name in REPRODUCTION else REPRODUCTION
        assert not set(allowed.split()) & {*above, "gpvae_tf"}, name
    for name in ("gp", "kernels", "latent_gps", "posteriors", "priors", "networks", "data", "plotting"):
        assert not set(ARROWS[name].split()) & {"models", "training", "evaluation", "serving", "results"}, name
    assert ARROWS["saving"] == "_keras files"  # what is saved knows it, so it knows none of that
    assert ARROWS["gp"] == "replicas types" and ARROWS["kernels"] == "saving"
    assert ARROWS["data"] == "checks entry_masks files input_roles scaling"


# Who imports a package above its own by name while it runs (`saving.configurable.import_package`).
# None is one of `SEPARATE_PACKAGES`, which a saved model may name.
LATE = {
    "saving/configurable.py": [None],
    "saving/keras_objects.py": ["as_coded"],
    "saving/keras_methods.py": ["serving"],
    "saving/model.py": ["models"],
}


def test_rooms_imported_by_name_are_listed():
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = [getattr(call.args[0], "value", None) for call in calls if called(call) == "import_package"]
        if names:
            found[path.relative_to(PACKAGE).as_posix()] = names
    assert found == LATE


def called(call: ast.Call) -> str:
    """The name of the function that is called."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


PLANTED = {  # the importing file's text -> the module of the tree that it imports
    "from house import attic": "house.attic",
    "from house.attic import chest": "house.attic.chest",
    "from house.attic import KEY": "house.attic",
    "from house.attic.chest import KEY": "house.attic.chest",
    "from house.attic.chest import *": "house.attic.chest",
    "import house.attic.chest as c": "house.attic.chest",
    "from .. import attic": "house.attic",
    "from ..attic import chest as c": "house.attic.chest",
    "from . import lamp": "house.cellar.lamp",
    "def f():\n    from house import attic": "house.attic",
    "if TYPE_CHECKING:\n    from house.attic.chest import KEY": "house.attic.chest",
    "try:\n    import house.attic\nexcept ImportError:\n    pass": "house.attic",
    "importlib.import_module('house.attic')": "house.attic",
    "from house import VERSION": "house",
    "import numpy.attic\nfrom housework import attic": "",
}


@pytest.fixture
def house(tmp_path):
    """A tree house.attic.chest, house.cellar.lamp; a function that writes house.cellar.door."""
    for folder in ("attic", "cellar"):
        (tmp_path / "house" / folder).mkdir(parents=True)
    for file in ("__init__", "attic/__init__", "attic/chest", "cellar/__init__", "cellar/lamp"):
        (tmp_path / "house" / f"{file}.py").write_text("")

    def plant(text: str, file: str = "cellar/door") -> imports.Graph:
        (tmp_path / "house" / f"{file}.py").write_text(text)
        return imports.module_graph(tmp_path / "house")

    return plant


@pytest.mark.parametrize("text", PLANTED)
def test_every_form_of_import_is_seen(house, text):
    assert house(text)["house.cellar.door"] == frozenset(filter(None, [PLANTED[text]]))


def test_planted_arrows_are_reported(house):
    table = {"house": "", "attic": "", "cellar": ""}
    assert arrow_faults(imports.top_level(house("")), table) == []
    rooms = imports.top_level(house("def f():\n    from house import attic"))
    assert arrow_faults(rooms, table) == ["cellar -> attic is not allowed"]
    assert arrow_faults(rooms, table | {"cellar": "attic", "attic": "cellar"}) == [
        "attic -> cellar is allowed but not used"
    ]


def test_planted_circles_are_reported(house):
    house("from house.attic import chest")
    graph = house("from house.cellar import lamp", "attic/chest")  # the rooms circle, the modules do not
    assert imports.circles(imports.top_level(graph)) == [["attic", "cellar"]] and imports.circles(graph) == []
    graph = house("if TYPE_CHECKING:\n    from house.cellar.door import f", "attic/chest")
    assert imports.circles(graph) == [["house.attic.chest", "house.cellar.door"]]
    graph = house("from house.cellar import NAME", "cellar/lamp")
    graph = house("from house.cellar.lamp import NAME", "cellar/__init__")  # a module that asks its own package
    assert ["house.cellar", "house.cellar.lamp"] in imports.circles(graph)
