import re
import subprocess
from pathlib import Path

import pytest

from hyperface.drawing import COLORS, COLORS_ON_DARK
from hyperface.ui.parts import scripts
from hyperface.ui.parts.scripts import component_script, head_script
from hyperface.ui.parts.theme import STYLE_SHEETS, VARIABLES


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """`modules(name=text, …)` writes modules of which the last is the entry."""

    def write(**texts: str) -> None:
        for name, text in texts.items():
            (tmp_path / f"{name}.js").write_text(text)
        monkeypatch.setattr(scripts, "FOLDER", tmp_path)
        monkeypatch.setattr(scripts, "ENTRY", tmp_path / f"{list(texts)[-1]}.js")

    return write


def test_modules_are_joined_in_the_order_that_they_need_each_other(modules, node):
    modules(
        low="const called = [];\nfunction note(name) {\n  called.push(name);\n}\nexport { called, note };\n",
        one="import { note } from './low.js';\nconst same = 1;\nnote(`one${same}`);\nexport { same };\n",
        two="import { note } from './low.js';\nconst same = 2;\nnote(`two${same}`);\nexport { };\n",
        page="import { called } from './low.js';\nimport { same } from './one.js';\nimport { } from './two.js';\n"
        "const told = () => [PLACE, same, ...called].join();\nexport { told };\n",
    )
    joined = head_script(PLACE='a"b')
    script = f"const window = {{}};\n{joined}\nconsole.log(window.hyperface.told());"
    ran = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True, timeout=60)
    said = ran.stdout.strip()
    assert said == 'a"b,1,one1,two2'  # each ran once, and their names do not meet


def test_modules_that_cannot_be_joined_are_told(modules):
    modules(one="import { b } from './two.js';\nexport { b };\n", two="import { b } from './one.js';\nexport { b };\n")
    with pytest.raises(ValueError, match="imports itself"):
        head_script()
    for text in ("export const a = 1;\n", "import a from 'b';\nexport { a };\n", "const a = 1;\n"):
        modules(page=text)
        with pytest.raises(ValueError, match="does not import and export"):
            head_script()


def test_every_module_reaches_the_page():
    joined = head_script(PLOTLY_PATH="/plotly.js")
    names = [path.relative_to(scripts.FOLDER).as_posix() for path in scripts.FOLDER.rglob("*.js")]
    assert [name for name in names if f'modules["{name}"] = ' not in joined] == []
    assert "</script" not in joined


def test_components_call_what_the_page_offers_and_their_events_are_raised():
    offered = re.search(r"export \{([^}]*)\}", scripts.ENTRY.read_text())[1].replace(",", " ").split()
    text = "".join(path.read_text() for path in scripts.FOLDER.rglob("*.js"))
    called = []
    for path in scripts.FOLDER.rglob("*.py"):
        for name, rest in re.findall(r'(?:component_script|figure_block)\(\s*"(\w+)"([^)]*)\)', path.read_text()):
            called.append(name)
            for event in re.findall(r'"(\w+)"', rest):
                assert f"trigger('{event}'" in text, f"{event} of {path.name}"
    assert sorted({*called, "heard"}) == sorted(offered)


def test_gradio_finds_the_events_and_the_settings_are_json():
    script = component_script("photoPicker", events=("submit",), settings={"most": 12, "text": "a'b"})
    assert script.startswith(
        "hyperface.photoPicker({ element, props, server: hyperface.heard(server), trigger, watch }, "
    )
    assert '{"most": 12, "text": "a\'b"}' in script
    assert "'submit'" in script


def test_every_color_that_is_used_has_one_home():
    assert f"--hf-series-2: {COLORS[1]};" in VARIABLES.splitlines()[0]
    assert f"--hf-series-muted: {COLORS_ON_DARK[-1]};" in VARIABLES.splitlines()[1]
    defined = set(re.findall(r"(--hf-[\w-]+):", VARIABLES))
    used = set()
    for path in [*STYLE_SHEETS, *scripts.FOLDER.rglob("*.js")]:
        used |= set(re.findall(r"--hf-[a-z]+(?:-\w+)?(?=[,)' ])", Path(path).read_text()))
    assert used <= defined
    assert [path.parent.name for path in STYLE_SHEETS][:2] == ["parts", "parts"]
    assert {path.parent.name for path in STYLE_SHEETS} == {
        "parts",
        "story",
        "learn",
        "pack",
        "identities",
        "photos",
        "train",
        "evaluate",
    }
