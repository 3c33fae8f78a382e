"""Where the files that ship are found: in a checkout, in a wheel, in a folder that is named."""

from pathlib import Path

import pytest

from hyperface import assets
from hyperface.errors import AssetError
from hyperface.generators.dcgan import DCGAN_FILE, load_dcgan
from hyperface.generators.mapper import MAPPER_FILE, load_mapper

CHECKOUT = Path(__file__).parents[1] / "assets"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """As if the package lay in this folder."""
    monkeypatch.delenv("HYPERFACE_ASSETS", raising=False)
    package = tmp_path / "site-packages" / "hyperface"
    package.mkdir(parents=True)
    monkeypatch.setattr(assets, "__file__", str(package / "assets.py"))
    return package


def test_the_checkout_has_them_beside_the_package(monkeypatch):
    monkeypatch.delenv("HYPERFACE_ASSETS", raising=False)
    assert assets.assets_folder() == CHECKOUT
    assert assets.asset("tammes.csv") == CHECKOUT / "tammes.csv"


def test_a_wheel_has_them_inside(installed):
    assert assets.assets_folder() == installed.parent / "assets"
    (installed / "_assets").mkdir()
    assert assets.assets_folder() == installed / "_assets"


def test_a_named_folder_comes_first(installed, tmp_path, monkeypatch):
    (installed / "_assets").mkdir()
    monkeypatch.setenv("HYPERFACE_ASSETS", str(tmp_path))
    assert assets.assets_folder() == tmp_path


@pytest.mark.parametrize(("load", "file"), [(load_dcgan, DCGAN_FILE), (load_mapper, MAPPER_FILE)])
def test_a_damaged_network_says_so(tmp_path, monkeypatch, load, file):
    monkeypatch.setenv("HYPERFACE_ASSETS", str(tmp_path))
    (tmp_path / file).parent.mkdir()
    for content in (b"", (CHECKOUT / file).read_bytes()[:5000]):
        (tmp_path / file).write_bytes(content)
        with pytest.raises(AssetError, match="is damaged"):
            load()


def test_a_missing_file_says_how_to_get_it_back(installed):
    with pytest.raises(AssetError, match=r"tammes\.csv is missing .* install HyperFace again"):
        assets.asset("tammes.csv")
