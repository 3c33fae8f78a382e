"""Titles, messages and labels of runs with markup, quotes, newlines and right-to-left marks: text, wherever shown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
MARKUP = (
    "<img src=x onerror=\"window.executed='@'\">'\"><script>window.executed='@'</script>&amp;\u202eevil\n{{7*7}}${7*7}"
)
VERBS = ("pack", "generate", "train", "evaluate", "study")
SHOWN = {  # when a tab shows what it is about
    "pack": "document.querySelector('.hf-sphere')?.sphere?.scene.count > 0",
    "identities": "document.querySelectorAll('#identities-grid img').length > 0",
    "train": "document.querySelector('.hf-loss-chart')?.data?.[0].y.length > 0",
    "evaluate": "document.querySelectorAll('#evaluate-overview tbody tr').length > 0",
    "learn": "document.querySelectorAll('.hf-lesson').length > 0",
}
# Where words of a run can come to lie, as elements or as attributes that a browser runs.
EXECUTABLE = "[...document.querySelectorAll('*')].filter(one => one.matches('img[src=x]') || [...one.attributes].some("
EXECUTABLE += "each => each.name.startsWith('on') && each.value.includes('executed'))).map(one => one.outerHTML)"


def hostile(where: str) -> str:
    return MARKUP.replace("@", where)


@pytest.fixture
def hostile_runs(runs_folder):
    """One run of each kind, as nobody's own app would have written it; shown first, as the newest."""
    made = []
    for verb in VERBS:
        path = runs_folder / f"{verb}-20990101-000000-hostile"
        shutil.copytree(ROOT / "assets" / "demo" / f"{verb}-demo", path)
        made.append(path)
        config = json.loads((path / "config.json").read_text())
        config["title"] = hostile(f"title of {verb}")
        config["parents"] = [*config["parents"], hostile(f"parent of {verb}")]
        (path / "config.json").write_text(json.dumps(config))
        status = json.loads((path / "status.json").read_text())
        (path / "status.json").write_text(json.dumps({**status, "message": hostile(f"message of {verb}")}))
    results = json.loads((made[VERBS.index("evaluate")] / "results.json").read_text())
    for entry in results["evaluations"]:
        entry["label"], entry["title"] = hostile("label of a model"), hostile("title of a benchmark")
    (made[VERBS.index("evaluate")] / "results.json").write_text(json.dumps(results))
    yield made
    for path in made:
        shutil.rmtree(path)


@pytest.mark.parametrize("tab", SHOWN)
def test_words_of_runs_are_shown_as_text(hostile_runs, page, app_url, tab):
    page.goto(f"{app_url}?tab={tab}&run={hostile_runs[VERBS.index('pack')].name}")
    page.wait_for_function(SHOWN[tab])
    words = "document.body.innerText + [...document.querySelectorAll('input')].map(one => one.value).join()"
    page.wait_for_function(f"({words}).includes('<img src=x onerror=')")
    assert page.evaluate(EXECUTABLE) == []
    assert page.evaluate("window.executed") is None
