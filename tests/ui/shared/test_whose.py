"""Two strangers at one server: each finds the ready-made runs and their own, whatever they ask for and however."""

import hashlib
import json
from pathlib import Path

import pytest

from hyperface import runs
from hyperface.jobs import places
from hyperface.serving.owners import OWNER, owner_of
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext

MISSING = "pack-20200101-000000-gone"
FUNCTIONS_LEAST, EVENTS_LEAST = 40, 40  # as many as the page has today, about: fewer would mean they were not found


@pytest.fixture(autouse=True)
def nothing_is_started(monkeypatch):
    """What is started stays a folder."""
    monkeypatch.setattr(places, "start", lambda run, **options: None)


def digest(folder: Path) -> str:
    """Of all files of a folder, their names and contents."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(repr([(path.name, path.read_bytes()) for path in files]).encode()).hexdigest()


def functions(visitor) -> list[tuple[dict, str]]:
    """Every server function of the page."""
    return [
        (component, name)
        for component in visitor.config["components"]
        for name in component["props"].get("server_fns") or component["props"].get("server_functions") or []
    ]


def questions(name: str) -> list[dict]:
    """Questions that every server function understands one of."""
    common = {
        "part": 0,
        "identity": 0,
        "first": 0,
        "second": 1,
        "title": "Bobs",
        "cursor": None,
        "number": 0,
        "seen": 0,
    }
    return [
        {**common, "run": name, "packing": name, "name": name, "value": name},
        {**common, "run": name, "value": [name]},
    ]


def test_no_server_function_knows_anothers_run(alice, bob, hers):
    before, tried = digest(hers.path), 0
    strip = alice.component("story")
    assert hers.title in json.dumps(alice.ask(strip, "news", {"run": hers.name}))  # it is there for her
    for component, name in functions(bob):
        for asked, unknown in zip(questions(hers.name), questions(MISSING), strict=True):
            told = json.dumps(bob.ask(component, name, asked))
            assert told.replace(hers.name, "@") == json.dumps(bob.ask(component, name, unknown)).replace(MISSING, "@")
            assert hers.title not in told
        tried += 1
    assert tried >= FUNCTIONS_LEAST
    assert digest(hers.path) == before


def test_no_event_tells_or_changes_anything_of_anothers_run(alice, bob, hers, shared_context):
    before, tried = digest(hers.path), 0
    nameable = {"dropdown", "html", "checkboxgroup", "state"}
    kinds = {component["id"]: component["type"] for component in bob.config["components"]}
    for event in bob.config["dependencies"]:
        places_of_names = [i for i, number in enumerate(event["inputs"]) if kinds[number] in nameable]
        if not places_of_names or not event["backend_fn"]:
            continue
        data = bob.values_of(event)
        for place in places_of_names:
            number = event["inputs"][place]
            data[place] = [hers.name] if kinds[number] == "checkboxgroup" else hers.name
        told = json.dumps(bob.raise_event(event, data))
        assert hers.title not in told
        assert alice.mark not in told
        tried += 1
    assert tried >= EVENTS_LEAST
    assert digest(hers.path) == before
    for run in runs.list_runs([shared_context.runs_folder]):
        assert owner_of(run.path) == alice.mark if run.name == hers.name else hers.name not in json.dumps(run.options)


def test_it_is_not_found_by_the_address_of_the_page_either(alice, bob, hers):
    for client, found in ((alice, True), (bob, False)):
        event = client.event_of("story", "opened")
        body = {
            "data": [],
            "fn_index": event["id"],
            "session_hash": client.session,
            "event_data": {"runs": [hers.name]},
        }
        assert client.http.post("/gradio_api/queue/join", json=body).status_code == 200
        with client.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": client.session}) as lines:
            told = next(line for line in lines.iter_lines() if "process_completed" in line)
        assert (hers.name in told) is found
        assert (hers.title in told) is found
        listed = client.http.get("/").text + json.dumps(client.config)  # what was built when the server began
        assert hers.name not in listed
        assert hers.title not in listed


@pytest.mark.parametrize("name", [OWNER, "config.json", "embeddings.npy", "log.txt"])
def test_no_route_gives_a_file_of_a_run(alice, bob, hers, name):
    for client in (alice, bob):
        for route in ("/gradio_api/file=", "/file=", "/gradio_api/file/", "/static/", "/assets/", "/gradio_api/proxy="):
            answer = client.http.get(f"{route}{hers.path / name}")
            assert answer.status_code >= 400
            assert hers.title not in answer.text
            assert alice.mark not in answer.text


def test_her_own_she_renames_and_deletes_and_one_that_ships_nobody(alice, bob, hers, shared_context):
    strip = alice.component("story")
    assert alice.ask(strip, "rename", {"run": hers.name, "title": "Her people"}) == {}
    assert runs.open_run(hers.path).title == "Her people"
    ready = shared_context.runs("pack")[0]
    before = digest(ready.path)
    for client in (alice, bob):
        for component, name in functions(client):
            if name in ("stop", "resume", "rename", "remove"):
                told = client.ask(component, name, {"run": ready.name, "title": "mine"})
                assert "ships with HyperFace" in told["error"]
    assert digest(ready.path) == before
    assert alice.ask(strip, "remove", {"run": hers.name}) == {}
    assert not hers.path.exists()


def test_what_is_started_is_the_visitors_who_pressed(alice, bob, shared_context):
    event = alice.event_of("pack-begin")
    known = {run.name for run in runs.list_runs([shared_context.runs_folder])}
    alice.raise_event(event, alice.values_of(event))
    (made,) = [run for run in runs.list_runs([shared_context.runs_folder]) if run.name not in known]
    assert owner_of(made.path) == alice.mark
    assert "error" in bob.ask(bob.component("pack-view"), "stop", {"run": made.name})
    assert alice.ask(alice.component("pack-view"), "stop", {"run": made.name}) == {}
    assert (made.path / "stop").exists() or not made.status().active  # one that still waited is taken back


def test_the_server_itself_finds_what_ships_and_a_laptop_everything(shared_context, hers):
    assert {run.path.parent for run in shared_context.runs()} == {shared_context.demo_folder}
    own = AppContext(runs_folder=shared_context.runs_folder)
    assert hers.name in {run.name for run in own.runs()}
    assert own.run(hers.name).title == hers.title


def test_a_damaged_run_is_named_to_whose_it_is(alice, bob, hers):
    (hers.path / "config.json").write_text("{")
    for client, told in ((alice, True), (bob, False)):
        answer = json.dumps(client.ask(client.component("story"), "news", {"run": hers.name}))
        number = client.component("story")["id"]
        listed = [each for each in client.config["dependencies"] if [number, "listed"] in each["targets"]]
        event = next(each for each in listed if len(each["inputs"]) == 1)  # of the picker in the header
        assert (hers.name in json.dumps(client.raise_event(event, client.values_of(event)))) is told
        assert "readable" not in answer


def test_presses_beyond_what_may_be_at_work_wait_in_sight_and_are_taken_back(alice, bob, shared_context):
    """One of hers may be at work, and three may wait: the fourth to wait is refused in a sentence."""
    known = {run.name for run in runs.list_runs([shared_context.runs_folder])}
    event = alice.event_of("pack-begin")
    told = [json.dumps(alice.raise_event(event, alice.values_of(event))) for _ in range(5)]
    made = [run for run in runs.list_runs([shared_context.runs_folder]) if run.name not in known]
    assert sorted(run.status().state for run in made) == ["starting"] + ["waiting"] * 3
    assert "wait for their turn already" in told[-1]
    view = alice.component("pack-view")
    last, _, first, _ = made  # newest first
    news = {run.name: alice.ask(view, "news", {"run": run.name})["status"] for run in made}
    assert (news[last.name]["title"], news[last.name]["text"]) == ("Waiting", "2 before it")
    assert (news[first.name]["text"], news[first.name]["active"]) == ("next in turn", True)
    assert "no run" in bob.ask(bob.component("pack-view"), "stop", {"run": last.name})["error"]
    assert alice.ask(view, "stop", {"run": last.name}) == {}
    after = alice.ask(view, "news", {"run": last.name})["status"]
    assert (after["title"], after["can_continue"]) == ("Stopped", True)
    for run in made:
        worker.turns(shared_context).leave(run)


def test_what_is_larger_than_allowed_is_refused_and_leaves_nothing(alice, shared_context):
    known = {run.name for run in runs.list_runs([shared_context.runs_folder])}
    event = alice.event_of("pack-begin")
    place = event["inputs"].index(
        next(each["id"] for each in alice.config["components"] if each["props"].get("label") == "Identities")
    )
    values = alice.values_of(event)
    values[place] = 5000
    assert "at most 2,000 people; 5,000 were asked for" in json.dumps(alice.raise_event(event, values))
    assert {run.name for run in runs.list_runs([shared_context.runs_folder])} == known
