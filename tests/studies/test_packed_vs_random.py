import argparse
import itertools
import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from hyperface import evaluation, gallery, generators
from hyperface.cli import main
from hyperface.commands import study
from hyperface.errors import InputError, UnknownNameError
from hyperface.jobs.study import _asked, _trial
from hyperface.runs import open_run
from hyperface.studies import ARMS, Plan, Trial, packed_vs_random
from hyperface.studies.arms import CANDIDATES, shuffled
from hyperface.studies.packed_vs_random import STAGES


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory):
    """Twenty pairs of noise, one of them the same picture in every second."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 112, 112, 3), dtype=np.uint8)
    images[3::4] = images[2::4]
    path = tmp_path_factory.mktemp("benchmarks") / "noise.bin"
    evaluation.save_benchmark(evaluation.Benchmark("noise", "Noise", images, np.arange(20) % 2 == 1), path)
    return path


def tiny(benchmark, **changes) -> Plan:
    values = {"identities": (6,), "images_per_identity": 4, "epochs": 1, "batch_size": 8, "input_size": 32, "span": 8}
    return Plan(**{**values, "packing_steps": 20, "benchmarks": (str(benchmark),), "pairs": 0, **changes})


@pytest.fixture(scope="module")
def parts():
    return gallery.load("gan-10k"), generators.load("gan")  # small pictures, soon drawn


def nearest(points: torch.Tensor) -> float:
    return float((points @ points.T - 2 * torch.eye(len(points))).amax(dim=1).mean())


@pytest.mark.slow
def test_arms_start_alike_and_packing_spreads(parts, benchmark):
    plan = tiny(benchmark)
    random, packed = (ARMS[arm](parts[0], plan, 6, 3) for arm in ("random", "packed"))
    assert random.shape == packed.shape == (6, parts[0].embeddings.shape[1])
    assert torch.equal(random, ARMS["random"](parts[0], plan, 6, 3))
    assert not torch.equal(random, ARMS["random"](parts[0], plan, 6, 4))
    assert torch.equal(random, ARMS["random"](parts[0], plan, 9, 3)[:6])
    assert nearest(packed) < nearest(random)
    centered = packed @ torch.linalg.svd(parts[0].embeddings, full_matrices=False).Vh[:8].T
    assert centered.norm(dim=1).min() > 0.999  # inside the span
    near = ARMS["packed"](parts[0], tiny(benchmark, alpha=50.0), 6, 3)
    assert (near @ parts[0].embeddings.T).amax(dim=1).mean() > (packed @ parts[0].embeddings.T).amax(dim=1).mean()


def test_greedy_choice_is_that_of_a_loop(parts, benchmark):
    faces = parts[0].embeddings
    pool = shuffled(parts[0], 2)[: CANDIDATES * 5].tolist()
    chosen = [pool[0]]
    while len(chosen) < 5:
        chosen.append(min(pool, key=lambda face: max(float(faces[face] @ faces[other]) for other in chosen)))
    points = ARMS["greedy"](parts[0], tiny(benchmark), 5, 2)
    assert torch.equal(points, faces[chosen])
    assert nearest(points) < nearest(ARMS["random"](parts[0], tiny(benchmark), 5, 2))


@pytest.mark.slow
def test_every_trial_has_the_same_budget_and_a_result(parts, benchmark, tmp_path):
    plan = tiny(benchmark, identities=(6, 3))
    steps = list(packed_vs_random(tmp_path, *parts, plan=plan, draws=1, seeds=2))
    results = steps[-1].finished
    assert [trial.place for trial in results] == [
        (arm, count, 0, seed) for seed in (0, 1) for count in (6, 3) for arm in ("random", "packed")
    ]
    assert results[1].nearest_cosine < results[0].nearest_cosine
    for trial in results:
        assert trial.right_on("noise").mean() == pytest.approx(trial.accuracy["noise"])
        assert trial.seconds.keys() == STAGES.keys()
    assert results[0].loss != results[4].loss  # another training of the same people
    shares = [step.share for step in steps]
    assert np.diff(shares).min() > -1e-9
    assert (shares[0], shares[-1]) == (0, pytest.approx(1))
    assert [name for name, _ in itertools.groupby(step.stage for step in steps)] == [*STAGES] * 8
    for name in ("random-6-0", "packed-6-0", "random-3-0"):
        assert len(list((tmp_path / name).glob("0*/*.jpg"))) == 24
        assert len(list((tmp_path / name).glob("0*/"))) == int(name.split("-")[1])
    assert sum(step.stage == "train" for step in steps) == 8 * (1 + 24 // 8)

    again = list(packed_vs_random(tmp_path, *parts, plan=plan, draws=1, seeds=2, finished=results[:7]))
    assert {step.place for step in again} == {("packed", 3, 0, 1)}
    last = again[-1].finished
    assert last[:7] == results[:7]
    assert (last[7].accuracy, last[7].loss) == (results[7].accuracy, results[7].loss)  # from the images that were there


@pytest.mark.slow
def test_large_benchmarks_are_rendered_when_first_needed(parts, benchmark, tmp_path, monkeypatch):
    from hyperface.evaluation.rendered import drawing

    def take(studio, conditions, people, shots, seed):
        import io

        from PIL import Image

        pictures = {}
        for shot in shots:
            buffer = io.BytesIO()
            noise = np.random.default_rng(shot.number).integers(0, 256, (112, 112, 3), np.uint8)
            Image.fromarray(noise).save(buffer, "JPEG")
            pictures[shot.number] = buffer.getvalue()
        return pictures

    monkeypatch.setenv("HYPERFACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(drawing, "_take", take)
    plan = tiny(benchmark, pairs=20)
    assert len(plan.unrendered) == 5
    steps = list(packed_vs_random(tmp_path / "sets", *parts, plan=plan, arms=("random",), draws=1))
    assert steps[0].stage == "render"
    assert steps[-1].finished[0].accuracy.keys() == {"noise", *plan.large}
    assert len(list((tmp_path / "cache").rglob("*.bin"))) == 5
    assert np.diff([step.share for step in steps]).min() > -1e-9
    drawn_first = next(step for step in steps if step.stage == "draw")
    assert drawn_first.share > 0.6  # rendering takes longer than the only trial
    assert plan.unrendered == []
    again = packed_vs_random(tmp_path / "other sets", *parts, plan=plan, arms=("random",), draws=1)
    assert next(step for step in again if step.stage == "draw").share < 0.2
    rest = packed_vs_random(
        tmp_path / "more sets", *parts, plan=plan, arms=("random",), draws=2, finished=steps[-1].finished
    )
    assert next(rest).share >= 0.5  # so that what is left is told by the pace of what is done from here


@pytest.mark.slow
def test_requests_are_corrected_once_for_all_trainings(parts, benchmark, tmp_path, monkeypatch):
    from hyperface import realization

    calls, met = [], []
    monkeypatch.setattr(parts[1], "meet", lambda identities: met.append(len(identities)))
    corrected = realization.corrected
    monkeypatch.setattr(
        realization,
        "corrected",
        lambda *values, **wish: calls.append((wish["rounds"], met[-1])) or corrected(*values, **wish),
    )
    plan = tiny(benchmark, correct=1)
    steps = list(packed_vs_random(tmp_path, *parts, plan=plan, arms=("random",), draws=1, seeds=2))
    assert calls == [(1, 6)]  # by a generator that knows who there is
    kept = np.load(tmp_path / "random-6-0.npy")
    asked = ARMS["random"](parts[0], plan, 6, 0)
    assert kept.shape == asked.shape
    assert not np.array_equal(kept, asked.numpy())
    card = json.loads((tmp_path / "random-6-0" / "dataset.json").read_bytes())
    assert card["complete"]
    assert len(steps[-1].finished) == 2


def test_a_gallery_of_another_recognizer_is_refused(parts, benchmark, tmp_path):
    with pytest.raises(InputError, match="another"):
        packed_vs_random(tmp_path, replace(parts[0], recognizer="another"), parts[1], plan=tiny(benchmark))


def test_plans_that_cannot_work(parts, benchmark, tmp_path):
    for wish, error in (
        ({"arms": ("random", "paked")}, InputError),
        ({"seeds": 0}, InputError),
        ({"draws": 0}, InputError),
        ({"plan": tiny(benchmark, identities=(1,))}, InputError),
        ({"plan": tiny(benchmark, identities=(6, 200))}, InputError),  # 24 images in all
        ({"plan": tiny(benchmark, pairs=21)}, InputError),
        ({"plan": tiny(benchmark, correct=-1)}, InputError),
        ({"plan": tiny(benchmark, benchmarks=())}, InputError),
        ({"plan": tiny(benchmark, epochs=0)}, InputError),
        ({"plan": tiny(benchmark, batch_size=1)}, InputError),
        ({"plan": tiny(benchmark, batch_size=25)}, InputError),  # of 24 images
        ({"plan": tiny(benchmark, identities=(6, 5), batch_size=21)}, InputError),  # 5 × 4 images
        ({"plan": tiny(benchmark, learning_rate=-1.0)}, InputError),
        ({"plan": tiny(benchmark, input_size=33)}, InputError),
        ({"plan": tiny(benchmark, alpha=-1.0)}, InputError),
        ({"plan": tiny(benchmark, span=100_000)}, InputError),
        ({"plan": tiny(benchmark, packing_steps=-1)}, InputError),
        ({"plan": tiny(benchmark, beta=float("inf"))}, InputError),
        ({"plan": tiny(benchmark, pairs=20, pairs_seed=-1)}, InputError),
        ({"plan": tiny(benchmark, backbone="nope")}, UnknownNameError),
        ({"plan": tiny(benchmark, head="nope")}, UnknownNameError),
        ({"plan": tiny(benchmark, optimizer="nope")}, UnknownNameError),
        ({"plan": tiny("nowhere")}, UnknownNameError),
    ):
        with pytest.raises(error):
            packed_vs_random(tmp_path, *parts, **wish)


def test_what_is_left_is_not_compared_with_other_pairs(parts, benchmark, tmp_path):
    plan = tiny(benchmark, pairs=20)
    old = dict.fromkeys(("noise", "rendered_everyday-20-1-0123456789"), 0.5)
    first = Trial("random", 6, 0, 0, old, old, 0.0, 0.0)
    with pytest.raises(InputError, match="another version"):
        packed_vs_random(tmp_path, *parts, plan=plan, draws=1, finished=[first])
    whole = [first, replace(first, arm="packed")]
    assert list(packed_vs_random(tmp_path, *parts, plan=plan, draws=1, finished=whole)) == []
    same = replace(first, accuracy=dict.fromkeys(("noise", *plan.large), 0.5))
    packed_vs_random(tmp_path, *parts, plan=plan, draws=1, finished=[same]).close()


def test_a_study_can_be_continued_from_anywhere(benchmark, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(study, "begin", lambda job, make, arguments, console: asked.append(make(tmp_path / "run")))
    monkeypatch.chdir(benchmark.parent)
    weights = benchmark.parent / "weights.pth"
    weights.touch()
    assert (
        main(["study", "--benchmarks", benchmark.name, "rendered_everyday", "--generator", "vec2face:weights.pth"]) == 0
    )
    assert asked[0].options["benchmarks"] == [str(benchmark), "rendered_everyday"]
    assert asked[0].options["generator"] == f"vec2face:{weights}"


@pytest.mark.slow
def test_the_verb_writes_a_report_and_is_continued(benchmark, tmp_path, capsys):
    options = ["--identities", "6", "--images-per-identity", "4", "--epochs", "1", "--batch-size", "8", "--input-size"]
    options += ["32", "--span", "8", "--draws", "2", "--pairs", "0", "--benchmarks", str(benchmark)]
    assert main(["study", "packed-vs-random", *options, "--run", str(tmp_path / "study")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("about ")
    run = open_run(tmp_path / "study")
    results = run.results()
    assert [(trial["arm"], trial["draw"]) for trial in results["trials"]] == [
        ("random", 0), ("packed", 0), ("random", 1), ("packed", 1),
    ]  # fmt: skip
    assert results["tables"][0] in printed
    assert "standard deviation" in printed
    assert "noise" in (run.path / "report.html").read_text(encoding="utf-8")
    assert (run.path / "difference.svg").read_text(encoding="utf-8").startswith("<svg")


def test_studies_of_earlier_versions_go_on_as_they_were_begun(tmp_path):
    from hyperface import runs

    old = {"experiment": "packed-vs-random", "seeds": 3, "arms": ["random", "packed"], "identities": None}
    options, plan = _asked(runs.create("study", old, title="old", slug="old", path=tmp_path / "old"))
    assert (options.draws, options.seeds) == (3, 1)
    assert (plan.identities, plan.images_per_identity, plan.epochs, plan.pairs) == ((300,), 20, 10, 0)
    assert plan.learning_rate == 0.05  # of that time; a backbone has its own now
    entry = {"arm": "packed", "seed": 2, "accuracy": {"a": 0.5}, "auc": {"a": 0.5}, "nearest_cosine": 0.1, "loss": 1.0}
    assert _trial(json.loads(json.dumps(entry)), plan).place == ("packed", 300, 2, 0)
    newer = {"experiment": "packed-vs-random", "draws": 10, "epochs": None}
    options, plan = _asked(runs.create("study", newer, title="newer", slug="newer", path=tmp_path / "newer"))
    assert (options.draws, plan.epochs, plan.learning_rate, plan.optimizer) == (10, 15, 0.05, "sgd")
    last = {**newer, "learning_rate": None}
    _, plan = _asked(runs.create("study", last, title="last", slug="last", path=tmp_path / "last"))
    assert (plan.epochs, plan.learning_rate, plan.optimizer) == (12, None, "sgd")


def test_the_help_tells_the_plans_defaults():
    parser = argparse.ArgumentParser()
    study.add_arguments(parser)
    told = {action.dest: re.search(r"default (\S+?)\)?$", action.help or "") for action in parser._actions}
    told = {name: found[1] for name, found in told.items() if found}
    plan = Plan()
    names = {"images_per_identity", "epochs", "backbone", "head", "batch_size", "alpha", "pairs", "pairs_seed"}
    assert {name: told[name] for name in names} == {name: str(getattr(plan, name)) for name in names}
    assert told["identities"] == str(plan.identities[0])
