"""What the strip tells of a packing's story, without a browser."""

import json
from functools import partial

import pytest

from hyperface import runs
from hyperface.errors import RunError
from hyperface.ui.parts import worker as starting
from hyperface.ui.parts.remembered import restored
from hyperface.ui.story.chain import chain_of, landing_run, pictures_to_make
from hyperface.ui.story.stages import accuracies
from hyperface.ui.story.strip import make_pictures, story_news


def made(context, verb: str, parent: str | None = None, work: bool = True, results=None, **options) -> runs.Run:
    """A run of the verb that has come to this state; None: it has only been created."""
    parents = [] if parent is None else [parent]
    run = runs.create(verb, options, title=f"a {verb}", parents=parents, folder=context.runs_folder)
    if work:
        with runs.Worker(run).working() as worker:
            worker.log({"step": 0, "min_angle": 38.8, "bound_angle": 82.0, "validation": 0.6})
            worker.log({"step": 1, "min_angle": 77.1, "validation": 0.9})
            worker.write_results(results or {})
    return run


def news(context, run: runs.Run | None, cursor=None) -> dict:
    return json.loads(json.dumps(story_news(context, {"run": run and run.name, "cursor": cursor}), allow_nan=False))


def test_a_story_goes_from_each_run_to_the_newest_made_of_it(context, packing):
    old, new = (made(context, "generate", packing.name) for _ in range(2))
    training = made(context, "train", new.name)
    made(context, "train", old.name)
    test = made(context, "evaluate", training.name)
    chain = chain_of(context, packing.name)
    assert [run.name for run in chain.runs] == [packing.name, new.name, training.name, test.name]
    assert chain_of(context, training.name) is None  # no packing
    assert chain_of(context, "pack-gone") is None
    assert chain_of(context, None) is None


def test_each_stage_says_what_it_came_to(context):
    packing = made(context, "pack", identities=1000, gallery="gone")
    data = made(context, "generate", packing.name, results={"images": 4000})
    training = made(context, "train", data.name)
    entry = {
        "model": f"/elsewhere/{training.name}",
        "benchmark": "rendered_everyday",
        "scores": "scores/0.npz",
        "accuracy": 0.688,
    }
    test = made(context, "evaluate", training.name, results={"evaluations": [{**entry, "model": "dlib"}, entry]})
    told = news(context, packing)
    assert {stage["title"]: stage["figure"] for stage in told["stages"]} == {
        "Random faces": "",
        "Sphere": "1,000 people, 39° apart",
        "Pushed apart": "77° apart",
        "Faces": "4,000 pictures",
        "Train": "90 % on people like these",
        "Test": "69 % right",
    }
    assert accuracies(training, test) == [("rendered_everyday", 0.688)]
    assert told["captions"]["last"] == "Every pair is now at least 77° apart; nobody can do better than 82°."
    assert [run["name"] for run in told["runs"]] == [packing.name, data.name, training.name, test.name]


def test_a_test_of_several_benchmarks_says_how_often_it_is_right_on_average(context, packing):
    data = made(context, "generate", packing.name)
    training = made(context, "train", data.name)
    asked = {"everyday": 0.92, "frontal_profile": 0.7}
    entries = [
        {"model": training.name, "benchmark": name, "scores": "scores/0.npz", "accuracy": share}
        for name, share in asked.items()
    ]
    made(context, "evaluate", training.name, results={"evaluations": entries})
    assert news(context, packing)["stages"][-1]["figure"] == "81 % right on average"
    other = made(context, "train", data.name)  # the story goes by the newest
    entries += [{**entry, "model": other.name, "accuracy": 0.5} for entry in entries]
    made(context, "evaluate", other.name, results={"evaluations": [*entries, 1, {"model": other.name}]})
    assert news(context, packing)["stages"][-1]["figure"] == "50 % right on average"
    made(context, "evaluate", other.name, results={"evaluations": 3})
    assert news(context, packing)["stages"][-1]["figure"] == ""


def test_one_button_leads_on_from_each_stage(context, packing):
    def step(tab: str) -> tuple[str, str]:
        found = news(context, packing)["next"].get(tab, {})
        return found.get("label", ""), found.get("action", "")

    assert step("pack") == ("See these people →", "")
    assert step("identities") == ("Make 120 pictures →", "make")
    assert step("train") == ("", "")
    data = made(context, "generate", packing.name, work=False)
    assert news(context, packing)["next"]["identities"]["waiting"]
    with runs.Worker(data).working():
        pass
    assert step("identities") == ("Train on them →", "train")
    made(context, "train", data.name)
    assert step("train") == ("Test it →", "test")


def test_what_has_been_told_is_not_told_again(context, packing, monkeypatch):
    monkeypatch.setattr(type(context), "once_there", lambda *_: None)  # faces that come later are other news
    told = news(context, packing)
    again = news(context, packing, told["cursor"])
    assert again == {"cursor": told["cursor"], "same": True}
    made(context, "generate", packing.name)
    changed = news(context, packing, told["cursor"])
    assert changed["listing"] != told["listing"]  # there is a run that the page does not list


def test_a_page_begins_with_what_it_asks_for_else_with_the_ready_made(tmp_path, context, packing):
    context.demo_folder = tmp_path / "none"
    assert landing_run(context, []) == packing.name
    made(context, "pack", work=False)  # newer, at step 0, and somebody's
    assert landing_run(context, []) == packing.name
    ready = runs.create("pack", {}, title="ready", folder=context.demo_folder)
    assert landing_run(context, []) == ready.name
    assert landing_run(context, ["pack-gone", packing.name]) == packing.name


def test_one_press_makes_pictures_of_all_who_are_there(context, packing, monkeypatch):
    monkeypatch.setattr(starting, "start", lambda context, run: run)
    assert pictures_to_make(packing) == (6, 20)
    run = make_pictures(context, packing.name)
    assert (run.options["identities"], run.options["images_per_identity"]) == (6, 20)
    assert run.parents == (packing.name,)


def test_runs_are_renamed_and_deleted_but_not_those_that_ship(context, packing):
    starting.rename(context, packing.name, "  My \n people ")
    assert context.run(packing.name).title == "My people"
    assert context.run(packing.name).options == packing.options
    with pytest.raises(RunError, match="needs a name"):
        starting.rename(context, packing.name, "  ")
    ready = runs.create("pack", {}, title="ready", folder=context.demo_folder)
    for change in (starting.stop, starting.resume, starting.delete, partial(starting.rename, title="mine")):
        with pytest.raises(RunError, match="ships"):
            change(context, ready.name)
    assert [entry.name for entry in ready.path.iterdir()] == ["config.json"]
    starting.delete(context, packing.name)
    assert context.runs("pack") == [ready]


def test_controls_are_as_they_were_left_where_that_can_still_be(lay_out):
    from dataclasses import make_dataclass

    import gradio as gr

    def build(blocks):
        fields = {
            "people": gr.Slider(10, 100, 50),
            "kind": gr.Radio([("One", "one"), ("Two", "two")], value="one"),
            "seed": gr.Number(0),
            "later": gr.Dropdown([]),  # filled when its tab is opened
        }
        return make_dataclass("Controls", fields)(**fields)

    controls = lay_out(build)

    def values(kept) -> dict:
        return {component: update["value"] for component, update in restored(controls, kept).items()}

    assert values({"people": 70, "kind": "two", "seed": None}) == {
        controls.people: 70, controls.kind: "two", controls.seed: None,
    }  # fmt: skip
    assert values({"people": 700, "kind": "gone", "seed": "x", "later": 3}) == {}
    assert values({"later": "pairs"}) == {controls.later: "pairs"}
    assert values("nonsense") == {}
