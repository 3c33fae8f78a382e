"""What `scripts/structure.py` says of a package's imports."""

import importlib.util
from pathlib import Path

import grimp
import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "structure.py"


@pytest.fixture(scope="module")
def structure():
    spec = importlib.util.spec_from_file_location("structure", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def graph():
    """house.attic → house.kitchen.stove → house.kitchen.oven → house.kitchen.stove, and down to house.cellar."""
    graph = grimp.ImportGraph()
    for name in ("house", "house.attic", "house.cellar", "house.kitchen", "house.kitchen.oven", "house.kitchen.stove"):
        graph.add_module(name)
    for importer, target in (
        ("house.attic", "house.kitchen.stove"),
        ("house.kitchen.stove", "house.kitchen.oven"),
        ("house.kitchen.oven", "house.kitchen.stove"),
        ("house.kitchen.oven", "house.cellar"),
    ):
        graph.add_import(importer=importer, imported=target)
    return graph


def test_a_circle_is_found_in_the_folder_it_is_in(structure, graph):
    assert list(structure.circles(graph, "house")) == [("house.kitchen", ["house.kitchen.oven", "house.kitchen.stove"])]
    graph.add_import(importer="house.cellar", imported="house.attic")
    found = dict(structure.circles(graph, "house"))
    assert found["house"] == ["house.attic", "house.cellar", "house.kitchen"]


def test_imports_of_a_folder_are_those_to_its_siblings(structure, graph):
    assert structure.imported(graph, "house.kitchen") == {"house.cellar"}
    assert structure.imported(graph, "house.attic") == {"house.kitchen"}
