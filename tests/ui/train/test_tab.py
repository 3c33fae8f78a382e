import json
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest

from hyperface import runs
from hyperface.errors import InputError
from hyperface.jobs import train
from hyperface.runs import Worker
from hyperface.ui.parts.context import AppContext
from hyperface.ui.train import tab as train_tab
from hyperface.ui.train.estimates import NEW, TYPICAL_TRAINING, measured_estimate, training_estimate
from hyperface.ui.train.view import train_news

TRAINING = {"epochs": 2, "backbone": "small", "head": "adaface", "schedule": "cosine", "batch": 8, "seed": 0}


@pytest.fixture(scope="module")
def packing(runs_folder):
    """A packing in the server's folder, so that the tab has something to draw a dataset of."""
    from hyperface.cli import main

    path = runs_folder / "pack-for-training"
    options = ["--identities", "8", "--span", "10", "--steps", "4", "--frames", "0"]
    assert main(["pack", *options, "--run", str(path)]) == 0
    return runs.open_run(path)


@pytest.mark.browser
def test_a_dataset_is_made_and_trained_on(packing, page, open_tab, set_number, runs_folder, expect):
    before = {run.name for run in runs.list_runs([runs_folder])}
    choose(page, "#packing-picker", packing.title)
    panel = open_tab(page, "Train")
    set_number(panel, "Identities", 8)
    set_number(panel, "Images of each", 4)
    set_number(panel, "Epochs", 2)
    panel.get_by_role("button", name="More").click()
    set_number(panel, "Batch", 8)
    page.get_by_text("32 images, 2 times").wait_for()
    panel.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function(
        "title => document.querySelector('.hf-train-lineage')?.innerText.includes(title)"
        " && document.querySelector('#train-view .hf-progress-state').textContent === 'Finished'",
        arg=packing.title,
        timeout=180_000,
    )
    made = {run.verb: run for run in runs.list_runs([runs_folder]) if run.name not in before}
    assert set(made) == {"generate", "train"}
    assert made["train"].parents == (made["generate"].name,)
    assert made["generate"].parents == (packing.name,)
    assert made["train"].file("recognizer.safetensors").stat().st_size > 10_000
    results = made["train"].results()
    expect(page.locator(".hf-loss")).to_have_text(f"{results['loss']:.3f}")
    share = Decimal(100 * results["accuracy"]).quantize(Decimal("0.1"), ROUND_HALF_UP)  # as a browser rounds
    expect(page.locator(".hf-accuracy")).to_have_text(f"{share} %")
    page.locator(".hf-train-lineage", has_text=made["train"].title).wait_for()
    lineage = page.locator(".hf-train-lineage").inner_text()
    assert lineage.index(packing.title) < lineage.index(made["generate"].title) < lineage.index(made["train"].title)
    page.wait_for_function("document.querySelector('.hf-loss-chart').data?.[0].y.length > 2")

    page.reload()  # the curves are where they were
    open_tab(page, "Train")
    page.wait_for_function(
        "text => document.querySelector('.hf-loss')?.textContent === text", arg=f"{results['loss']:.3f}"
    )


@pytest.mark.browser
def test_six_pairs_are_guessed_while_it_trains(page, open_tab, runs_folder, expect):
    run = runs.create("train", {"epochs": 2}, title="guessing", folder=runs_folder)
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (6, 2, 112, 112, 3), dtype=np.uint8)
    np.savez(run.path / train.PAIRS, pictures=pictures, same=np.arange(6) < 3)
    with Worker(run).working() as worker:
        worker.log({"step": 0, "epoch": 0, "guesses": [0.9] * 6, "line": 0.95})
        page.reload()
        open_tab(page, "Train")
        choose(page, "#training-picker", "guessing")
        said, items = page.locator(".hf-train-pairs-said"), page.locator(".hf-train-pairs-list li")
        said.get_by_text("Before it has learnt anything: 3 of 6 right.").wait_for()
        expect(items).to_have_count(6)
        expect(items.locator("img")).to_have_count(12)
        worker.log({"step": 9, "epoch": 1, "guesses": [0.8, 0.7, 0.6, 0.3, 0.2, 0.1], "line": 0.5})
        said.get_by_text("In epoch 1, after 9 steps: 6 of 6 right.").wait_for()  # by itself
        items.first.get_by_text("It says: one person, 80 % alike – right").wait_for()
        items.last.get_by_text("It says: two people, 10 % alike – right").wait_for()


def choose(page, picker: str, title: str) -> None:
    page.locator(f"{picker} input").click()
    page.get_by_role("option", name=title).first.click()


@pytest.fixture
def context(tmp_path):
    return AppContext(runs_folder=tmp_path, demo_folder=tmp_path / "demo")


def test_the_backbones_and_heads_offered_are_there():
    from hyperface.recognizers.backbones import build_backbone
    from hyperface.training import HEADS

    assert {name for _, name in train_tab.HEADS} == set(HEADS)
    assert build_backbone("small").dimension > 0
    assert set(TYPICAL_TRAINING) == {name for _, name in train_tab.BACKBONES}


def test_news_of_a_training(context):
    run = runs.create("train", {"epochs": 3}, title="<m>", folder=context.runs_folder)
    with Worker(run).working() as worker:
        worker.log({"step": 0, "epoch": 0, "loss": None, "accuracy": 0.0, "validation": 0.5, "images_per_second": 0.0})
        worker.log({"step": 1, "epoch": 1, "loss": 3.5, "accuracy": 0.25, "validation": None, "images_per_second": 9.0})
    news = json.loads(json.dumps(train_news(context, {"run": run.name, "cursor": None}), allow_nan=False))
    assert news["metrics"]["loss"] == [None, 3.5]
    assert news["metrics"]["validation"] == [0.5, None]
    assert news["epochs"] == 3
    assert "&lt;m&gt;" in news["lineage"]
    again = train_news(context, {"run": run.name, "cursor": news["cursor"]})
    assert again["metrics"]["step"] == []
    assert "lineage" not in again


def test_watched_benchmarks_are_told_from_where_they_are_measured(context):
    run = runs.create("train", {"epochs": 1}, title="t", folder=context.runs_folder)
    with runs.Worker(run).working() as worker:
        worker.log({"step": 0, "loss": 1.0})
        plain = train_news(context, {"run": run.name, "cursor": None})
        assert not [name for name in plain["metrics"] if name.startswith("watched/")]
        worker.log({"step": 1, "loss": 0.5, "watched": {"lfw": 0.75, "agedb_30": 0.5}})
        worker.log({"step": 2, "loss": 0.25})
    told = train_news(context, {"run": run.name, "cursor": plain["cursor"]})["metrics"]
    assert (told["step"], told["watched/lfw"], told["watched/agedb_30"]) == ([1, 2], [0.75, None], [0.5, None])


def test_pairs_are_told_once_and_what_is_said_of_them_each_time(context):
    run = runs.create("train", {"epochs": 3}, title="m", folder=context.runs_folder)

    def ask(cursor=None) -> dict:
        return json.loads(json.dumps(train_news(context, {"run": run.name, "cursor": cursor}), allow_nan=False))

    with Worker(run).working() as worker:
        worker.log({"step": 0, "epoch": 0, "guesses": [0.9, 0.8], "line": 0.85})
        assert ask()["pairs"] is None  # older than its pictures
        pictures = np.arange(2 * 2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 2, 4, 4, 3)
        np.savez(run.path / train.PAIRS, pictures=pictures, same=np.array([True, False]))
        first = ask()
        worker.log({"step": 1, "epoch": 1, "guesses": [0.7, 0.2], "line": 0.5})
        worker.log({"step": 2, "epoch": 1})
        later = ask(first["cursor"])
        worker.log({"step": 3, "epoch": 1})
    assert [pair["same"] for pair in first["pairs"]] == [True, False]
    assert all(image.startswith("data:image/") for pair in first["pairs"] for image in pair["images"])
    assert later["guesses"] == {"cosines": [0.7, 0.2], "line": 0.5, "step": 1, "epoch": 1}
    assert "pairs" not in later
    assert ask(later["cursor"])["guesses"] is None


def test_the_estimate_learns_from_this_machine(context):
    def minutes() -> str:
        return training_estimate(context, NEW, 100, 10, "", 6, "small")

    assert "1,000 images, 6 times" in minutes()
    run = runs.create("train", {"backbone": "small"}, title="m", folder=context.runs_folder)
    with Worker(run).working() as worker:
        for step in range(3):
            worker.log({"step": step, "images_per_second": 10.0})
    assert "about 10 minutes" in minutes()
    assert training_estimate(context, "gone", 0, 0, "", 1, "small") == ""


def test_a_dataset_needs_a_packing_that_is_whole(context):
    with pytest.raises(InputError, match="no packing yet"):
        train_tab.new_dataset(context, None, 10, 10)
    run = runs.create("pack", {"identities": 5}, title="p", folder=context.runs_folder)
    with Worker(run).working(), pytest.raises(InputError, match="still at work"):
        train_tab.new_dataset(context, run.name, 10, 10)
    (run.path / "embeddings.npy").write_bytes(b"")
    with pytest.raises(InputError, match="has 5 identities; 10 were asked for"):
        train_tab.new_dataset(context, run.name, 10, 10)
    assert runs.list_runs([context.runs_folder], "generate") == []


@pytest.mark.parametrize("seed", [None, -1])
def test_an_empty_seed_is_told(seed):
    with pytest.raises(InputError, match="seed"):
        train_tab.training_options(**{**TRAINING, "seed": seed})


def test_news_of_a_against_b(context):
    first, second = (runs.create("generate", {}, title=title, folder=context.runs_folder) for title in "ab")
    options = train_tab.training_options(**{**TRAINING, "schedule": "step"})
    a = train_tab.create_training(context, first, second, options)
    b = train.partner_of(a)
    assert b.options["schedule"] == "step"
    for pair, loss in ((a, 1.0), (b, 2.0)):
        with Worker(pair).working() as worker:
            worker.log({"step": 1, "epoch": 1, "loss": loss})
    news = json.loads(json.dumps(train_news(context, {"run": b.name, "cursor": None}), allow_nan=False))
    assert news["metrics"]["loss"] == [2.0]
    assert news["against"]["metrics"]["loss"] == [1.0]
    assert news["against"]["status"]["state"] == runs.DONE
    again = train_news(context, {"run": b.name, "cursor": news["cursor"]})
    assert again["metrics"]["step"] == again["against"]["metrics"]["step"] == []


def test_two_datasets_take_twice_as_long_at_the_smaller_ones_size(context):
    names = []
    for images in (1000, 400):
        run = runs.create("generate", {}, title=str(images), folder=context.runs_folder)
        with Worker(run).working() as worker:
            worker.write_results({"images": images})
        names.append(run.name)
    told = training_estimate(context, names[0], 0, 0, names[1], 3, "small", speed=10.0)
    assert "400 images, 3 times on each of the two: about 4 minutes" in told
    offered = [name for _, name in train_tab.against_choices(context)]
    assert offered == [train_tab.NONE, *reversed(names)]


def test_the_speed_is_measured_where_no_run_has_shown_it(context, monkeypatch):
    asked = []
    monkeypatch.setattr("hyperface.training.measure_speed", lambda **options: asked.append(options) or 5.0)
    for _ in range(2):
        assert "about 20 minutes" in measured_estimate(context, NEW, 100, 10, "", 6, "ir_34")
    assert [options["backbone"] for options in asked] == ["ir_34"]
