import json

import numpy as np
import pytest
from PIL import Image

from hyperface.cli import main


def test_a_photo_and_its_mirror_are_one_person(tmp_path, capsys):
    from hyperface import generators
    from hyperface.images import to_uint8

    pictures = to_uint8(generators.load_gallery_generator("dcgan").sample(range(6)))
    for identity, picture in enumerate(pictures):
        (tmp_path / "people" / str(identity)).mkdir(parents=True)
        for number, pixels in enumerate((picture, np.ascontiguousarray(picture[:, ::-1]))):
            Image.fromarray(pixels).save(tmp_path / "people" / str(identity) / f"{number}.png")
    assert main(["identify", str(tmp_path / "people"), "--model", "dlib", "--json"]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = [line for line in said if "enrolled" in line]
    assert (told["enrolled"], told["searches"]) == (6, 6)
    assert told["rates"] == {"1": 1.0, "5": 1.0}
    assert main(["identify", str(tmp_path / "people")]) == 0
    assert "6 searches among 6 people" in capsys.readouterr().out


@pytest.mark.parametrize("options", [["nowhere"], [".", "--model", "nobody"]])
def test_what_cannot_be_measured_is_told(options, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["identify", *options]) != 0
    assert capsys.readouterr().err
