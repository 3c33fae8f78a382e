import csv
import json

import numpy as np
import pytest
from PIL import Image

from hyperface import gallery, runs
from hyperface.cli import main
from hyperface.images import to_uint8
from hyperface.jobs import audit
from hyperface.recognizers.backbones import build_backbone
from hyperface.recognizers.checkpoints import save_backbone


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Eight people with two images each; the second person's are a face of the shipped gallery, drawn again."""
    from hyperface import generators

    generator = generators.load_gallery_generator()
    shipped = gallery.load()
    copied = int(shipped.sources[3].partition(":")[2])
    folder = tmp_path_factory.mktemp("audit") / "people"
    for identity in range(8):
        (folder / str(identity)).mkdir(parents=True)
        for image in range(2):
            seed = copied if identity == 1 else 900_000 + identity
            picture = Image.fromarray(to_uint8(generator.sample([seed]))[0])
            if image:
                picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            picture.save(folder / str(identity) / f"{image}.png")
    return folder


def test_a_copied_person_is_found(dataset, tmp_path, capsys):
    path = tmp_path / "run"
    assert main(["audit", "--dataset", str(dataset), "--run", str(path)]) == 0
    run = runs.open_run(path)
    results = run.results()
    assert (results["images"], results["identities"], results["recognizer"]) == (16, 8, "dlib-heads")
    rows = list(csv.DictReader((path / audit.TABLE).read_text().splitlines()))
    assert len(rows) == 8
    assert rows[0]["identity"] == "1"
    assert rows[0]["reference"] == gallery.load().sources[3]
    assert rows[0]["above"] == "1"
    assert results["identities_above"] == sum(row["above"] == "1" for row in rows)
    assert audit.sentence(results) in capsys.readouterr().out
    with np.load(path / audit.PICTURES, allow_pickle=False) as kept:
        assert kept["images"].shape == (8, 2, 112, 112, 3)
    assert "data:image/jpeg" in (path / audit.REPORT).read_text()


def test_against_another_dataset(dataset, tmp_path, capsys):
    """The same people stand in both."""
    options = ["--reference", str(dataset.parent / "copy"), "--fpir", "0.9", "--images-per-identity", "2", "--json"]
    (dataset.parent / "copy").symlink_to(dataset)
    assert main(["audit", "--dataset", str(dataset), *options, "--run", str(tmp_path / "run")]) == 0
    done = [json.loads(line) for line in capsys.readouterr().out.splitlines()][-1]
    assert done["results"]["identities_above"] == 8
    with np.load(tmp_path / "run" / audit.SEARCHES, allow_pickle=False) as searches:
        assert searches["cosine"] == pytest.approx(np.ones(16), abs=1e-5)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "--dataset"),
        (["--dataset", "nowhere"], "no dataset"),
        (["--dataset", ".", "--fpir", "1"], "between 0 and 1"),
        (["--dataset", ".", "--images-per-identity", "0"], "At least one image"),
        (["--dataset", ".", "--reference", "."], "against itself"),
    ],
)
def test_what_cannot_be_audited_is_told(options, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["audit", *options]) != 0
    assert says in capsys.readouterr().err


def test_embeddings_of_two_recognizers_are_not_compared(dataset, tmp_path, capsys):
    model = tmp_path / "other.safetensors"
    save_backbone(build_backbone("small", input_size=32, name="other").eval(), model)
    assert main(["audit", "--dataset", str(dataset), "--recognizer", str(model), "--run", str(tmp_path / "run")]) != 0
    message = capsys.readouterr().err
    assert "heads-10k" in message
    assert "other" in message
