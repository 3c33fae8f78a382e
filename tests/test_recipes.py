"""The recipes: what they say beforehand, and each whole, at toy size, through the command line."""

import json
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from hyperface import gallery, rates, runs
from hyperface.cli import EXIT_USER_ERROR, main
from hyperface.evaluation.packs import pack_bytes
from hyperface.faces import detectors
from hyperface.generators.stylegan_network import Shape, StyleGan2
from hyperface.images import jpeg_bytes
from hyperface.jobs.costs import WEIGHT, MeasuredCosts
from hyperface.jobs.recipe import STAGES, Recipe
from hyperface.recognizers.backbones import ARCHITECTURES

sys.path.insert(0, str(Path(__file__).parent / "generators"))
from tiny_checkpoints import (
    Anywhere,
    arc2face_folder,
    base_folder,
    diffusion_folder,
    fill_stylegan,
    nvidia_pickle,
    write_recognizer,
)

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "examples" / "recipes").glob("*.toml"))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Tiny random checkpoints of everything that the recipes name, and a benchmark of noise."""
    folder = tmp_path_factory.mktemp("models")
    arc2face_folder(folder / "arc2face")
    write_recognizer(folder / "arc2face" / "arcface.onnx")
    base_folder(folder / "base")
    diffusion_folder(folder / "diffusion")
    shape = Shape(latent=64, width=64, layers=3, channels=(32, 32, 32, 32), clamp=256.0)
    (folder / "stylegan.pkl").write_bytes(nvidia_pickle(fill_stylegan(StyleGan2(shape).state_dict())))
    random = np.random.default_rng(0)
    pictures = [jpeg_bytes(random.integers(0, 256, (112, 112, 3), dtype=np.uint8), quality=90) for _ in range(40)]
    (folder / "noise.bin").write_bytes(pack_bytes(pictures, [number % 2 == 0 for number in range(20)]))
    return folder


def toy(models: Path, recipe: Path) -> list[str]:
    """What is changed of a recipe, so that it is done in seconds."""
    stylegan = "stylegan" in recipe.name
    generator = f"stylegan:{models / 'stylegan.pkl'}" if stylegan else f"diffusion:{models / 'diffusion'}"
    changes = {
        "gallery.generator": generator,
        "gallery.option": [] if stylegan else ["steps=1"],
        "gallery.recognizer": str(models / "arc2face" / "arcface.onnx"),
        "gallery.count": 8,
        "gallery.detector": "anywhere",
        "pack.identities": 4,
        "pack.steps": 5,
        "generate.generator": f"arc2face:{models / 'arc2face'}",
        "generate.option": ["steps=1", f"base={models / 'base'}", "detector=anywhere"],
        "generate.images-per-identity": 2,
        "generate.precision": "float32",
        "train.backbone": "small",
        "train.epochs": 1,
        "train.batch-size": 4,
        "evaluate.benchmark": str(models / "noise.bin"),
    }
    return [word for name, value in changes.items() for word in ("--set", f"{name}={json.dumps(value)}")]


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_runs_whole_at_toy_size(recipe, models, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(detectors.REGISTRY._loaders, "anywhere", Anywhere)
    detectors.load_detector.cache_clear()
    plan = ["plan", str(recipe), "--runs", str(tmp_path), "--device", "cpu", *toy(models, recipe)]
    assert main([*plan, "--commands"]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "set -e"
    assert [shlex.split(line)[:2] for line in lines] == [["hyperface", stage] for stage in STAGES]
    for line in lines:
        assert main(shlex.split(line)[1:]) == 0, capsys.readouterr().err
    detectors.load_detector.cache_clear()
    made = gallery.load(tmp_path / "gallery" / "gallery.safetensors")
    assert made.generator_card.settings == (
        "psi 1, noise const" if "stylegan" in recipe.name else "1 steps of DDIM, eta 0"
    )
    assert made.recognizer.startswith("arcface#")
    assert made.feature_length > 0
    card = json.loads((tmp_path / "generate" / "dataset" / "dataset.json").read_text())
    assert card["complete"]
    assert card["recognizer"] == made.recognizer
    assert card["generator_settings"] == "1 steps of DPM-Solver++, guidance 3 from empty"
    assert card["drawing"] == {"pictures": 8, "without_face": 0}
    assert len(list((tmp_path / "generate" / "dataset").glob("??????/*.jpg"))) == 8
    results = runs.open_run(tmp_path / "evaluate").results()
    assert "noise" in json.dumps(results)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_what_a_recipe_costs_is_told_beforehand(recipe, capsys):
    assert main(["plan", str(recipe), "--published"]) == 0
    told = capsys.readouterr().out
    for word in ("gallery", "pack", "generate", "train", "evaluate", "GPU-hours", "GB", "measured", "worked out"):
        assert word in told
    pictures = 3_200_000 if "50k" in recipe.name else 640_000
    assert f"{pictures:,} pictures by arc2face" in told


def test_figures_follow_from_the_recipe():
    recipe = Recipe.read(ROOT / "examples" / "recipes" / "hyperface-10k-ldm.toml")
    _, pack, generate, train, _ = recipe.stages("runs")
    assert generate.size == 640_000 * 6_000
    step = 2 * 0.803e12 / 3e14  # seconds: two evaluations, on one H100
    assert generate.hours == pytest.approx(640_000 * (25 * step + 2.51e12 / 3e14) / 3600)
    assert train.hours == pytest.approx(640_000 * 30 / 4600 / 3600)
    assert pack.hours == pytest.approx(1.6 / 3600)
    fewer = Recipe.read(ROOT / "examples" / "recipes" / "hyperface-10k-ldm.toml", ("generate.option=['steps=5']",))
    assert generate.hours - fewer.stages("runs")[2].hours == pytest.approx(640_000 * 20 * step / 3600)
    assert generate.origin == "worked out from the operations, for one H100"
    assert train.origin == pack.origin == rates.PUBLISHED


def test_what_is_measured_here_is_marked_so(models, tmp_path, monkeypatch):
    monkeypatch.setenv("HYPERFACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(detectors.REGISTRY._loaders, "anywhere", Anywhere)
    recipe = Recipe.read(RECIPES[0], tuple(change for change in toy(models, RECIPES[0]) if change != "--set"))
    costs = MeasuredCosts("cpu", largest=200, batch=2)
    gallery, pack, generate, train, evaluate = recipe.stages("runs", device="cpu", costs=costs)
    assert {stage.origin for stage in (gallery, pack, generate, train, evaluate)} == {rates.MEASURED_HERE}
    assert all(stage.hours > 0 for stage in (gallery, pack, generate, train, evaluate))
    assert rates.drawing_rate("arc2face", "cpu").origin != rates.MEASURED_HERE  # of weights of somebody's own
    assert costs.packing(400, 300).origin == "measured here with 200"
    few, many = (costs.packing(count, 300).seconds for count in (200, 2000))
    assert 20 < many / few < 500  # a hundred times as many pairs


def test_what_would_take_minutes_is_worked_out_at_this_machines_speed(monkeypatch):
    costs = MeasuredCosts("cpu", batch=2)
    costs._speed = 2e11
    rate = costs.drawing("generate", "arc2face", {"steps": 25})
    assert rate.seconds == pytest.approx((25 * 1.606e12 + 2.51e12) / (0.4 * 2e11))
    assert rate.origin == "worked out from the operations, at the speed of matrix products here"
    assert costs.drawing("generate", "nobody", {}) is None


def test_how_much_more_a_larger_backbone_has_to_do():
    def operations(name: str) -> float:
        with torch.device("meta"):
            network = ARCHITECTURES[name].build(ARCHITECTURES[name].input_size).eval()
        size = ARCHITECTURES[name].input_size
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(torch.empty(1, 3, size, size, device="meta"))
        return counter.get_total_flops()

    for name, weight in WEIGHT.items():
        assert operations(name) / operations("ir_50") == pytest.approx(weight, rel=0.01)


def test_a_machine_without_the_device_says_whose_hours_it_tells(capsys):
    assert main(["plan", str(RECIPES[0]), "--device", "cuda:77"]) == 0
    printed = capsys.readouterr()
    assert "'cuda:77' is not on this machine: hours are of one H100" in printed.err
    assert "GPU-hours" in printed.out


def test_many_processes_share_what_can_be_shared(capsys):
    assert main(["plan", str(RECIPES[0]), "--commands", "--processes", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.startswith("torchrun --nproc-per-node 4 -m -- hyperface ") for line in lines] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_what_is_no_recipe(tmp_path, capsys):
    (tmp_path / "bad.toml").write_text("[gallery]\n")
    (tmp_path / "worse.toml").write_text("gallery")
    for arguments, match in (
        ([str(tmp_path / "bad.toml")], "has no [pack]"),
        ([str(tmp_path / "worse.toml")], "cannot be read as a recipe"),
        ([str(RECIPES[0]), "--set", "epochs=3"], "stage.option=value"),
        ([str(RECIPES[0]), "--processes", "0"], "At least one process"),
    ):
        assert main(["plan", *arguments]) == EXIT_USER_ERROR
        assert match in capsys.readouterr().err
