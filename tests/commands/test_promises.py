"""What every verb that makes something promises: the last line is the path of it, --json writes JSON lines alone, and
--estimate says how long it takes and makes nothing. Each on tiny inputs."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyperface.cli import main
from hyperface.commands import VERBS

sys.path.insert(0, str(Path(__file__).parents[1] / "evaluation"))
import made_up_ijb

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Inputs:
    """photos: aligned faces of two people, in folders, with pairs.csv. pack: the same as a benchmark."""

    packing: Path
    dataset: Path
    model: Path
    photos: Path
    pack: Path
    ijb: Path


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> Inputs:
    at = tmp_path_factory.mktemp("inputs")
    photos, rng = at / "photos", np.random.default_rng(0)
    pairs = ["image1,image2,same"]
    for person in ("anna", "ben"):
        (photos / person).mkdir(parents=True)
        for number in range(12):
            Image.fromarray(rng.integers(0, 256, (112, 112, 3), np.uint8)).save(photos / person / f"{number}.png")
            other = "anna" if number % 2 else "ben"
            pairs.append(f"{person}/{number}.png,{other}/{(number + 1) % 12}.png,{int(person == other)}")
    (photos / "pairs.csv").write_text("\n".join(pairs))
    made = Inputs(at / "packing", at / "dataset", at / "model", photos, at / "tiny.bin", at / "ijb")
    made_up_ijb.write(made.ijb, 6)
    for words in (
        ["pack", "--identities", "8", "--span", "10", "--steps", "4", "--frames", "0", "--run", made.packing],
        ["generate", "--from", made.packing, "--images-per-identity", "3", "--run", made.dataset],
        ["train", "--dataset", made.dataset, "--epochs", "1", "--batch-size", "8", "--run", made.model],
        ["benchmark", photos, "--output", made.pack],
    ):
        assert main([str(word) for word in words]) == 0
    return made


# The words of each verb, with an output where it has no run folder.
WORDS: dict[str, Callable[[Inputs, Path], list]] = {
    "gallery": lambda given, out: ["--generator", "dcgan", "--recognizer", "dlib", "--count", "4"],
    "pack": lambda given, out: ["--identities", "8", "--span", "10", "--steps", "4", "--frames", "0"],
    "separate": lambda given, out: ["--from", given.packing, "--identities", "4", "--rounds", "1"],
    "generate": lambda given, out: ["--from", given.packing, "--identities", "2", "--images-per-identity", "2"],
    "dataset": lambda given, out: [given.dataset, "--to", "folder", "--output", out / "copy"],
    "train": lambda given, out: ["--dataset", given.dataset, "--epochs", "1", "--batch-size", "8"],
    "benchmark": lambda given, out: [given.photos, "--output", out / "pairs.bin"],
    "evaluate": lambda given, out: ["--model", given.model, "--benchmark", given.pack],
    "export": lambda given, out: [given.model, "--onnx", out / "model.onnx"],
    "audit": lambda given, out: ["--dataset", given.dataset],
    "identify": lambda given, out: [given.dataset, "--model", given.model],
    "ijb": lambda given, out: [given.ijb, "--model", given.model],
    "embed": lambda given, out: [given.photos, "--output", out / "faces.npz"],
    "space": lambda given, out: ["create", "--output", out / "space"],
    "study": lambda given, out: [
        *("--draws", "1", "--seeds", "1", "--identities", "8", "--images-per-identity", "2", "--epochs", "1"),
        *("--batch-size", "8", "--pairs", "0", "--benchmarks", "rendered_everyday"),
    ],
}  # fmt: skip
MAKE_NOTHING = {"plan", "runs", "app"}
QUICK = {"export"}  # seconds, whatever it is given


@pytest.fixture
def run_verb(inputs, tmp_path, monkeypatch, capsys) -> Callable[..., list[str]]:
    """Run a verb on its tiny inputs; the lines of its stdout. What it makes lies below tmp_path / "made"."""
    made = tmp_path / "made"
    made.mkdir()
    monkeypatch.setenv("HYPERFACE_RUNS", str(made / "runs"))

    def run(verb: str, *more: str) -> list[str]:
        capsys.readouterr()
        assert main([verb, *(str(word) for word in WORDS[verb](inputs, made)), *more]) == 0
        return capsys.readouterr().out.splitlines()

    return run


def test_every_verb_is_here():
    assert WORDS.keys() == VERBS.keys() - MAKE_NOTHING


@pytest.mark.parametrize("verb", WORDS)
def test_the_last_line_is_the_path_of_what_was_made(verb, run_verb, tmp_path):
    last = Path(run_verb(verb)[-1])
    assert last.exists()
    assert last.is_relative_to(tmp_path / "made")


@pytest.mark.parametrize("verb", WORDS)
def test_json_is_all_that_programs_get_and_ends_with_the_path(verb, run_verb, tmp_path):
    events = [json.loads(line) for line in run_verb(verb, "--json")]
    assert all("event" in event for event in events)
    assert events[-1]["event"] == "done"
    assert Path(events[-1]["output"]).exists()
    assert Path(events[-1]["output"]).is_relative_to(tmp_path / "made")


@pytest.mark.parametrize("verb", WORDS.keys() - QUICK)
def test_an_estimate_says_how_long_it_takes_and_makes_nothing(verb, run_verb, tmp_path):
    events = [json.loads(line) for line in run_verb(verb, "--estimate", "--json")]
    assert [event["event"] for event in events] == ["message"]
    assert events[0]["seconds"] > 0
    assert not [path for path in (tmp_path / "made").rglob("*") if path.is_file()]
