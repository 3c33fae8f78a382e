import pytest

from hyperface.assets import asset, assets_folder
from hyperface.faces import align, load_photo

FACES = {"1-portrait.jpg": 1, "2-tilted.jpg": 1, "3-wall.jpg": 5}


@pytest.mark.slow
@pytest.mark.parametrize("name", FACES)
def test_every_face_of_an_example_photo_is_found(name):
    assert len(align(load_photo(asset(f"examples/{name}")))) == FACES[name]


def test_all_examples_are_small_and_known():
    files = list((assets_folder() / "examples").iterdir())
    assert {path.name for path in files} == set(FACES)
    assert all(path.stat().st_size < 200_000 for path in files)
