import pytest

from hyperface.assets import asset
from hyperface.errors import AssetError, UnknownNameError
from hyperface.registry import Registry


def test_names_are_loaded_with_their_options():
    registry = Registry("fruit")
    registry.register("apple")(lambda color="red": f"{color} apple")
    assert registry.load("apple", color="green") == "green apple"
    assert "apple" in registry
    assert list(registry) == ["apple"]


def test_an_unknown_name_gets_a_suggestion():
    registry = Registry("fruit")
    registry.register("apple")(lambda: "apple")
    with pytest.raises(UnknownNameError, match=r"no fruit named 'aple'. Did you mean 'apple'\? Known: 'apple'"):
        registry.load("aple")


def test_a_name_is_taken_once():
    registry = Registry("fruit")
    registry.register("apple")(lambda: "apple")
    with pytest.raises(ValueError, match="twice"):
        registry.register("apple")(lambda: "another")


def test_a_missing_asset_says_how_to_get_it_back(tmp_path, monkeypatch):
    monkeypatch.setenv("HYPERFACE_ASSETS", str(tmp_path))
    with pytest.raises(AssetError, match="git checkout"):
        asset("generators/nothing.safetensors")
