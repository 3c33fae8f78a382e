import io
import itertools
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from hyperface import runs
from hyperface.cli import main
from hyperface.evaluation import load_benchmark
from hyperface.heads.identity import coordinates
from hyperface.heads.photo.capture import STYLE_SIZE, capture_of
from hyperface.heads.render import Studio


@pytest.fixture
def table(tmp_path):
    """Twelve pairs of aligned noise."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "noise"
    folder.mkdir()
    for number in range(6):
        Image.fromarray(rng.integers(0, 256, (112, 112, 3), np.uint8)).save(folder / f"{number}.png")
    rows = [f"{n % 6}.png,{(n + n % 2) % 6}.png,{int(n % 2 == 0)}" for n in range(12)]
    (folder / "pairs.csv").write_text("\n".join(["image1,image2,same", *rows]))
    return folder


def test_a_pack_is_made_and_known_by_its_name(table, tmp_path, monkeypatch, capsys):
    assert main(["benchmark", str(table), "-o", str(tmp_path / "mine.bin"), "--title", "Mine", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["pairs"] for line in lines if line.get("event") == "done"] == [12]
    monkeypatch.setenv("HYPERFACE_BENCHMARKS", str(tmp_path))
    benchmark = load_benchmark("mine")
    assert benchmark.title == "Mine"
    np.testing.assert_array_equal(benchmark.images, load_benchmark(table).images)


def test_an_evaluation_aligns_once_and_keeps_the_pack(table, tmp_path):
    path = tmp_path / "run"
    assert main(["evaluate", "--benchmark", str(table), "--run", str(path)]) == 0
    run = runs.open_run(path)
    (entry,) = run.results()["evaluations"]
    assert (entry["benchmark"], entry["pairs"], entry["accuracy"]) == ("noise", 12, 1.0)  # of an image and itself
    assert len(load_benchmark(path / "benchmarks" / "noise.bin")) == 12


@pytest.fixture
def lfw(tmp_path):
    """A folder laid out as LFW's, of heads: five people with two photos of 250×250 pixels each, ten pairs."""
    studio, neutral = Studio(), replace(capture_of([0.0] * STYLE_SIZE, variation=0.0), hair_style=None)
    people = ["Ada_Byron", "Emmy_Noether", "Mary_Cartwright", "Sofja_Kovalevskaja", "Olga_Ladyzhenskaya"]
    for name, z in zip(people, coordinates.sample(range(5)), strict=True):
        folder = tmp_path / "lfw" / "lfw_funneled" / name
        folder.mkdir(parents=True)
        for number in (1, 2):
            pixels = studio.photograph(z, replace(neutral, yaw=12.0 * number - 18), size=250, framing=0.5)
            Image.fromarray(np.rint(255 * pixels).astype(np.uint8)).save(folder / f"{name}_{number:04d}.jpg")
    pairs = [f"{name}\t1\t2" for name in people]
    pairs += [f"{name}\t1\t{other}\t2" for name, other in itertools.pairwise([*people, people[0]])]
    (tmp_path / "lfw" / "pairs.txt").write_text("\n".join(["1\t5", *pairs]))
    return tmp_path / "lfw"


@pytest.mark.slow
def test_the_model_that_ships_is_measured_on_a_folder_of_lfw(lfw, tmp_path, monkeypatch, capsys):
    """The one command of docs/how-to/benchmarks.md, from any folder."""
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", "--model", "train-demo", "--model", "dlib", "--benchmark", str(lfw)]) == 0
    (run,) = (tmp_path / "runs").iterdir()
    demo, dlib = runs.open_run(run).results()["evaluations"]
    assert (demo["benchmark"], demo["pairs"], dlib["pairs"]) == ("lfw", 10, 10)  # a face is found in every photo
    scores = np.load(run / "scores" / "1.npz")
    assert scores["distances"][scores["same"]].max() < scores["distances"][~scores["same"]].min()
    assert "on lfw: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["nowhere", "-o", "x.bin"], "cannot be read"), ([".", "-o", "x.pkl"], r"ends in \.bin")],
)
def test_what_cannot_be_done_is_told(arguments, says, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["benchmark", *arguments]) != 0
    assert re.search(says, capsys.readouterr().err)


def test_a_rendered_benchmark_is_drawn_in_the_size_asked_for(monkeypatch, tmp_path, capsys):
    from hyperface.evaluation.rendered import drawing

    def take(studio, conditions, people, shots, seed):
        pictures = {}
        for shot in shots:
            buffer = io.BytesIO()
            Image.new("RGB", (112, 112), (seed, shot.number, 0)).save(buffer, "JPEG")
            pictures[shot.number] = buffer.getvalue()
        return pictures

    monkeypatch.setattr(drawing, "_take", take)
    monkeypatch.setenv("HYPERFACE_CACHE", str(tmp_path / "cache"))
    output = tmp_path / "more.bin"
    assert main(["benchmark", "rendered_cross_age", "--pairs", "30", "--seed", "70", "-o", str(output)]) == 0
    assert "30 pairs" in capsys.readouterr().out
    benchmark = load_benchmark(output)
    assert (len(benchmark), benchmark.same.sum(), benchmark.title) == (30, 15, "Rendered cross-age, 30 pairs")
    assert abs(int(benchmark.images[0, 50, 50, 0]) - 70) < 4
    assert main(["benchmark", "rendered_cross_age", "--pairs", "31", "-o", str(output)]) == 2
