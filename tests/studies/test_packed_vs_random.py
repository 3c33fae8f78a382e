import argparse
import itertools
import re

import numpy as np
import pytest
import torch

from hyperface import evaluation, gallery, generators
from hyperface.cli import main
from hyperface.commands import study
from hyperface.errors import InputError, UnknownNameError
from hyperface.runs import open_run
from hyperface.studies import ARMS, Plan, packed_vs_random
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
    values = {"identities": 6, "images_per_identity": 4, "epochs": 1, "batch_size": 8, "input_size": 32, "span": 8}
    return Plan(**{**values, "packing_steps": 20, "benchmarks": (str(benchmark),), **changes})


@pytest.fixture(scope="module")
def parts():
    return gallery.load(), generators.load()


@pytest.mark.slow
def test_arms_start_alike_and_packing_spreads(parts, benchmark):
    plan = tiny(benchmark)
    random, packed = (ARMS[arm](parts[0], plan, 3) for arm in ("random", "packed"))
    assert random.shape == packed.shape == (6, parts[0].embeddings.shape[1])
    assert torch.equal(random, ARMS["random"](parts[0], plan, 3))
    assert not torch.equal(random, ARMS["random"](parts[0], plan, 4))
    nearest = [(points @ points.T - 2 * torch.eye(6)).amax(dim=1).mean() for points in (random, packed)]
    assert nearest[1] < nearest[0]
    centered = packed @ torch.linalg.svd(parts[0].embeddings, full_matrices=False).Vh[:8].T
    assert centered.norm(dim=1).min() > 0.999  # inside the span


@pytest.mark.slow
def test_every_trial_has_the_same_budget_and_a_result(parts, benchmark, tmp_path):
    steps = list(packed_vs_random(tmp_path, *parts, plan=tiny(benchmark), seeds=1))
    results = steps[-1].finished
    assert [(trial.arm, trial.seed) for trial in results] == [("random", 0), ("packed", 0)]
    assert results[1].nearest_cosine < results[0].nearest_cosine
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert [name for name, _ in itertools.groupby(step.stage for step in steps)] == [*STAGES, *STAGES]
    for arm in ("random", "packed"):
        assert len(list((tmp_path / f"{arm}-0").glob("*/*.jpg"))) == 24
        assert sum(step.stage == "train" for step in steps if step.arm == arm) == 1 + 24 // 8

    again = list(packed_vs_random(tmp_path, *parts, plan=tiny(benchmark), seeds=1, finished=results[:1]))
    assert {step.arm for step in again} == {"packed"}
    assert again[-1].finished == results  # from the images that were there already


def test_plans_that_cannot_work(parts, benchmark, tmp_path):
    for wish, error in (
        ({"arms": ("random", "paked")}, InputError),
        ({"seeds": 0}, InputError),
        ({"plan": tiny(benchmark, identities=1)}, InputError),
        ({"plan": tiny("nowhere")}, UnknownNameError),
    ):
        with pytest.raises(error):
            packed_vs_random(tmp_path, *parts, **wish)


@pytest.mark.slow
def test_the_verb_writes_a_report_and_is_continued(benchmark, tmp_path, capsys):
    options = ["--identities", "6", "--images-per-identity", "4", "--epochs", "1", "--batch-size", "8", "--input-size"]
    options += ["32", "--span", "8", "--seeds", "1", "--benchmarks", str(benchmark)]
    assert main(["study", "packed-vs-random", *options, "--run", str(tmp_path / "study")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("about ")
    run = open_run(tmp_path / "study")
    results = run.results()
    assert [trial["arm"] for trial in results["trials"]] == ["random", "packed"]
    assert results["tables"][0] in printed
    assert "noise" in (run.path / "report.html").read_text(encoding="utf-8")


def test_the_help_tells_the_plans_defaults():
    parser = argparse.ArgumentParser()
    study.add_arguments(parser)
    told = {action.dest: re.search(r"default (\S+?)\)?$", action.help or "") for action in parser._actions}
    told = {name: found[1] for name, found in told.items() if found}
    plan = Plan()
    names = {"identities", "images_per_identity", "epochs", "backbone", "head", "batch_size", "span"}
    assert {name: told[name] for name in names} == {name: str(getattr(plan, name)) for name in names}
