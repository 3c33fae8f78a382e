"""Every control of a panel that starts work changes the options of the run that is started, and only as it says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio.blocks import Block

from hyperface import runs
from hyperface.defaults import EMBEDDED_GENERATORS, GALLERY, GENERATOR
from hyperface.jobs import generate, separate
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext

ANOTHER_GALLERY = "another"
DEVICE = "Compute on"
GALLERY_CONTROLS = {"Faces drawn by", "Seen by", "Faces"}  # of the panel inside the Pack tab's

# label → (value that it is set to, option, value that the run is to have)
PACK = {
    "Identities": (480, "identities", 480),
    "Stay where faces can be drawn": (17, "span", 17),
    "Keep face-like": (0.15, "alpha", 0.15),
    "Steps": (120, "steps", 120),
    "Optimise": ("paper", "objective", "paper"),
    "Gallery": (ANOTHER_GALLERY, "gallery", ANOTHER_GALLERY),
    "Learning rate": (0.07, "learning_rate", 0.07),
    "Seed": (5, "seed", 5),
    "Draw umap-learn's map as well": (True, "umap", True),
    DEVICE: ("cuda", "device", "cuda"),
}
DATASET = {
    "Identities": (7, "identities", 7),
    "Images of each": (9, "images_per_identity", 9),
    "β: spread": ("0.006", "beta", 0.006),
    "Seed": (11, "seed", 11),
    "Also write as": ("webdataset", "also", "webdataset"),
    "Check every image in the end": (True, "validate", True),
}
LOOP = {"Identities": (6, "identities", 6), "Rounds": (3, "rounds", 3)}
TRAINING = {
    "Epochs": (3, "epochs", 3),
    "Backbone": ("ir_34", "backbone", "ir_34"),
    "Margin head": ("cosface", "head", "cosface"),
    "Learning rate": ("step", "schedule", "step"),
    "Batch": (24, "batch_size", 24),
    "Seed": (3, "seed", 3),
    DEVICE: ("cuda", "device", "cuda"),
}
DRAWN_BY = ("Drawn by", next(name for name in EMBEDDED_GENERATORS if name != GENERATOR))  # of the whole Identities tab
NEW_DATASET = {"Identities": (12, "identities", 12), "Images of each": (6, "images_per_identity", 6)}


@pytest.fixture(scope="module")
def context(tmp_path_factory) -> Iterator[AppContext]:
    """An app without a worker: what is started stays a folder. Its one packing has 20 identities."""
    folder = tmp_path_factory.mktemp("controls")
    context = AppContext(runs_folder=folder / "runs", demo_folder=folder / "none")
    shipped = context.gallery()
    run = runs.create("pack", {"identities": 20, "gallery": GALLERY}, title="Twenty", folder=context.runs_folder)
    with runs.Worker(run).working():
        np.save(run.path / "embeddings.npy", np.eye(20, 128, dtype=np.float32))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "start", lambda context, run: run)
        patch.setattr(context, "gallery", lambda name: shipped)
        yield context


@pytest.fixture(scope="module")
def page(context, in_a_loop) -> gr.Blocks:
    """The whole page, on which a packing and no dataset can be chosen."""
    from hyperface.ui.app import build

    return in_a_loop(build, context)


# Gradio gives `Blocks.blocks` and `Blocks.fns` without documenting them: here they are what a visitor sees and presses.


def all_of(page: gr.Blocks, kind: Any) -> list[Any]:
    return [block for block in page.blocks.values() if isinstance(block, kind)]


def button_of(page: gr.Blocks, text: str) -> gr.Button:
    (found,) = [button for button in all_of(page, gr.Button) if button.value == text]
    return found


def panel_of(block: Block) -> Block:
    """The column or accordion that a component is in."""
    parent = block.parent
    return parent if isinstance(parent, gr.Column | gr.Accordion) else panel_of(parent)


def is_in(block: Block, container: Block) -> bool:
    return block.parent is not None and (block.parent is container or is_in(block.parent, container))


def controls_beside(page: gr.Blocks, button: str) -> dict[str, Any]:
    """What can be set in the panel of the button with this text, by its label."""
    panel = panel_of(button_of(page, button))
    kinds = (gr.Slider, gr.Number, gr.Textbox, gr.Dropdown, gr.Radio, gr.Checkbox, gr.CheckboxGroup)
    return {block.label: block for block in all_of(page, kinds) if is_in(block, panel)}


def press(page: gr.Blocks, button: str, changed: dict[Any, Any]) -> None:
    """Call the handler of the button with this text as the page does, with these values of changed components."""
    (event,) = [event for event in page.fns.values() if (button_of(page, button)._id, "click") in event.targets]
    given = {component: changed.get(component, component.value) for component in event.inputs}
    event.fn(given) if event.inputs_as_dict else event.fn(*given.values())


def started(context: AppContext, page: gr.Blocks, button: str, changed: dict[Any, Any]) -> dict[str, dict[str, Any]]:
    """Options of the runs that pressing the button begins, by their verbs. Their folders are deleted."""
    before = {run.name for run in context.runs()}
    press(page, button, changed)
    made = [run for run in context.runs() if run.name not in before]
    options = {run.verb: json.loads((run.path / "config.json").read_text())["options"] for run in made}
    assert len(options) == len(made) > 0
    for run in made:
        shutil.rmtree(run.path)
    return options


def check(
    context: AppContext, page: gr.Blocks, button: str, verb: str, expected: dict[str, Any], first: dict[str, Any]
) -> None:
    """Each expected control changes its option of the verb's run, and nothing else. first: values to begin with."""
    offered = controls_beside(page, button)
    start = {offered[label]: value for label, value in first.items()}
    before = started(context, page, button, start)[verb]
    for label, (value, option, meant) in expected.items():
        assert before[option] != meant, f"{label}: it would be so without the control"
        after = started(context, page, button, start | {offered[label]: value})[verb]
        assert after == {**before, option: meant}, label


def test_every_control_of_a_packing_reaches_it(context, page):
    check(context, page, "Pack", "pack", PACK, {})
    assert set(controls_beside(page, "Pack")) == {*PACK, *GALLERY_CONTROLS}


def test_every_control_of_a_dataset_reaches_it(context, page):
    check(context, page, "Generate the dataset", "generate", DATASET, {"Identities": 5})
    offered = controls_beside(page, "Generate the dataset")
    assert set(offered) == {*DATASET, DEVICE}
    few = {offered["Identities"]: 5}
    for device, precision in (("cpu", "float32"), ("cuda", "fastest")):
        options = started(context, page, "Generate the dataset", few | {offered[DEVICE]: device})["generate"]
        assert (options["device"], options["precision"]) == (device, precision)


def test_every_control_of_the_closed_loop_reaches_it(context, page):
    check(context, page, "Separate", "separate", LOOP, {})
    assert set(controls_beside(page, "Separate")) == set(LOOP)


def test_the_generator_of_the_tab_draws_what_is_started_there(context, page, monkeypatch):
    label, name = DRAWN_BY
    (choice,) = [box for box in all_of(page, gr.Dropdown) if box.label == label]
    assert [value for _, value in choice.choices] == list(EMBEDDED_GENERATORS)
    monkeypatch.setattr(context, "artist_name", lambda space, chosen=None: chosen)  # all can all
    for job in (generate, separate):
        monkeypatch.setattr(job, "generator_of", lambda space, chosen: chosen)
    for button, verb in (("Generate the dataset", "generate"), ("Separate", "separate")):
        few = {controls_beside(page, button)["Identities"]: 5}
        assert started(context, page, button, few)[verb]["generator"] == GENERATOR
        assert started(context, page, button, few | {choice: name})[verb]["generator"] == name


def test_every_control_of_a_gallery_reaches_it(context, page, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.delenv("HYPERFACE_WEIGHTS", raising=False)
    offered = controls_beside(page, "Make the gallery")
    assert set(offered) == GALLERY_CONTROLS
    usual = started(context, page, "Make the gallery", {})["gallery"]
    assert (usual["generator"], usual["recognizer"], usual["count"]) == ("heads", "dlib-heads", 1000)
    changed = {offered["Faces drawn by"]: "dcgan", offered["Seen by"]: "rendered-heads", offered["Faces"]: 50}
    made = started(context, page, "Make the gallery", changed)["gallery"]
    assert (made["generator"], made["recognizer"], made["count"]) == ("dcgan", "rendered-heads", 50)
    device = {controls_beside(page, "Pack")[DEVICE]: "cuda"}
    made = started(context, page, "Make the gallery", device)["gallery"]
    assert (made["device"], made["precision"]) == ("cuda", "fastest")
    with pytest.warns(UserWarning, match="Latent diffusion.* cannot be used here"):  # its weights are not here
        press(page, "Make the gallery", {offered["Faces drawn by"]: "diffusion"})


@pytest.fixture
def datasets(context) -> list[runs.Run]:
    """Two datasets that a training can take."""
    return [runs.create("generate", {}, title=title, folder=context.runs_folder) for title in "ab"]


def test_every_control_of_a_training_reaches_it(context, page, datasets):
    check(context, page, "Train", "train", TRAINING, {"Dataset": datasets[0].name})
    assert set(controls_beside(page, "Train")) == {*TRAINING, *NEW_DATASET, "Dataset", "Against"}


def test_a_new_dataset_is_as_large_as_the_controls_say(context, page):
    check(context, page, "Train", "generate", NEW_DATASET, {"Identities": 15})


def test_the_dataset_and_the_one_against_it_are_those_chosen(context, page, datasets):
    first, second = datasets
    offered = controls_beside(page, "Train")
    chosen = {offered["Dataset"]: first.name}
    assert started(context, page, "Train", chosen)["train"]["dataset"] == str(first.path)
    before = {run.name for run in context.runs("train")}
    press(page, "Train", chosen | {offered["Against"]: second.name})
    made = [run for run in context.runs("train") if run.name not in before]
    assert {run.options["dataset"] for run in made} == {str(first.path), str(second.path)}


def test_the_packing_is_the_one_chosen_in_the_header(context, page):
    other = runs.create("pack", {"identities": 30, "gallery": GALLERY}, title="Thirty", folder=context.runs_folder)
    with runs.Worker(other).working():
        np.save(other.path / "embeddings.npy", np.eye(30, 128, dtype=np.float32))
    (picker,) = [box for box in all_of(page, gr.Dropdown) if box.label == "Packing"]
    few = {controls_beside(page, button)["Identities"]: 5 for button in ("Generate the dataset", "Train", "Separate")}
    for button, verb in (("Generate the dataset", "generate"), ("Train", "generate"), ("Separate", "separate")):
        made = started(context, page, button, few | {picker: other.name})[verb]
        assert str(other.path) in made.values(), button


def test_every_control_of_an_audit_reaches_it(context, page, datasets):
    first, second = datasets
    check(context, page, "Audit", "audit", {"The line": (0.05, "fpir", 0.05)}, {"Dataset": first.name})
    offered = controls_beside(page, "Audit")
    assert set(offered) == {"Dataset", "The line"}
    assert started(context, page, "Audit", {offered["Dataset"]: second.name})["audit"]["dataset"] == str(second.path)


def test_the_models_and_the_benchmark_that_are_chosen_are_evaluated(context, page):
    offered = controls_beside(page, "Evaluate")
    assert set(offered) == {"Models", "Benchmark"}
    chosen = {offered["Models"]: ["dlib"], offered["Benchmark"]: "rendered_cross_age"}
    options = started(context, page, "Evaluate", chosen)["evaluate"]
    assert (options["models"], options["benchmarks"]) == (["dlib"], ["rendered_cross_age"])
    options = started(context, page, "Evaluate on all benchmarks", chosen)["evaluate"]
    assert options["models"] == ["dlib"]
    assert len(options["benchmarks"]) > 3


def test_what_was_chosen_is_remembered_in_the_browser(page):
    kept = [block for block in page.blocks.values() if isinstance(block, gr.BrowserState)]
    assert {state.storage_key for state in kept} == {
        f"hyperface-{name}" for name in ("pack", "dataset", "train", "train-size", "evaluate", "photos")
    }
    for state in kept:  # what is remembered changes with each control, and comes back when the page is loaded
        written = [event for event in page.fns.values() if state in event.outputs]
        read = [event for event in page.fns.values() if state in event.inputs]
        assert len(written) == len(read) == 1
        assert {"load"} == {name for _, name in read[0].targets}
        assert {name for _, name in written[0].targets} == {"change"}
        assert set(written[0].inputs) == set(read[0].outputs)
