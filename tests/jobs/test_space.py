"""Making a Space of this checkout: what is written, and what arrives at a stand-in hub. test_placement starts it."""

import fnmatch
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hyperface.cli import main
from hyperface.jobs import space

sys.path.insert(0, str(Path(__file__).parents[1]))
from hub_stand_in import OLD_WAY, serving

ROOT = Path(__file__).parents[2]
UNWANTED = r"^(tests|runs|benchmarks|scripts)/|(^|/)(node_modules|__pycache__|\.[^/]*)(/|$)|\.pyc$"

pytestmark = pytest.mark.filterwarnings(OLD_WAY)


@pytest.fixture
def hub(monkeypatch):
    yield from serving(monkeypatch)


@pytest.fixture
def refused(capsys):
    """The sentence that a command ends with."""

    def told(*words: str) -> str:
        assert main(["space", "create", *words]) == 2
        return capsys.readouterr().err

    return told


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_pushed_is_what_is_written_and_stands_in_this_checkout(hub, tmp_path, capsys):
    index = "https://example.org/cpu"
    assert main(["space", "create", "me/faces", "--torch-index", index, "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert main(["space", "create", "--output", str(tmp_path / "tree"), "--torch-index", index]) == 0
    written, pushed = content(tmp_path / "tree"), hub.repos["me/faces"]
    assert pushed == written
    assert events[-1]["output"] == f"{hub.url}/spaces/me/faces"
    assert (events[-1]["files"], events[-1]["bytes"]) == (len(pushed), sum(map(len, pushed.values())))
    assert hub.commits == {"me/faces": 1}  # so it is built once
    assert hub.tokens == {"Bearer hf_secret"}

    assert pushed.pop("pre-requirements.txt").decode() == f"--extra-index-url {index}\ntorch==2.13.0\n"
    rules = pushed.pop(".gitattributes").decode().splitlines()
    for name, bytes_there in pushed.items():
        assert bytes_there == (ROOT / name).read_bytes(), name
    assert not [name for name in pushed if re.search(UNWANTED, name)]
    assert {"README.md", "app.py", "requirements.txt", "hyperface/ui/page.js", "docs/how-to/space.md"} < pushed.keys()
    assert {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "assets").rglob("*") if path.is_file()
    } < pushed.keys()
    large = {name for name, bytes_there in pushed.items() if bytes_there in hub.large.values()}
    patterns = [rule.split()[0] for rule in rules]
    assert large == {name for name in pushed if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)}


def test_what_readme_links_to_comes_along(tmp_path):
    files = space.space_files(ROOT)
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", files["README.md"].read_text(encoding="utf-8"))
    assert len(links) > 10
    assert not [link for link in links if link not in files]


@pytest.fixture
def small(tmp_path, monkeypatch) -> Path:
    """A checkout of a few files, to be pushed in place of this one."""
    root = tmp_path / "checkout"
    names = (
        "hyperface/__init__.py",
        "hyperface/ui/b.js",
        "assets/c.bin",
        "hyperface/__pycache__/a.pyc",
        "docs/.e/d.md",
    )
    for name in (*names, *space.FILES):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"\0\xff" if name.endswith("bin") else name.encode())
    monkeypatch.setattr(space, "checkout", lambda: root)
    return root


def test_a_new_one_is_private_and_has_what_was_asked_for(hub, small):
    words = ["--hardware", "zero-a10g", "--bucket", "me/kept"]
    assert main(["space", "create", "me/faces", *words]) == 0
    made = hub.made["me/faces"]
    assert (made["type"], made["sdk"], made["visibility"]) == ("space", "gradio", "private")
    assert made["hardware"] == "zero-a10g"
    assert made["variables"] == [{"key": "HYPERFACE_RUNS", "value": "/data/runs"}]
    (volume,) = made["volumes"]
    assert (volume["type"], volume["source"], volume["mountPath"]) == ("bucket", "me/kept", "/data")
    assert "pre-requirements.txt" not in hub.repos["me/faces"]
    assert main(["space", "create", "me/open", "--public"]) == 0
    assert not hub.private["me/open"]


def test_one_that_is_there_is_brought_up_to_date_and_another_is_left_alone(hub, small, capsys, refused):
    ours = {"hyperface/__init__.py": b"old", "hyperface/gone.py": b"old", "notes.txt": b"its owner's"}
    hub.repos = {"me/faces": dict(ours), "me/chat": {"app.py": b"theirs", "README.md": b""}}
    assert main(["space", "create", "me/faces", "--public"]) == 0
    assert "stay as they are" in capsys.readouterr().out
    assert "me/faces" not in hub.made
    assert "hyperface/gone.py" not in hub.repos["me/faces"]
    assert hub.repos["me/faces"]["notes.txt"] == b"its owner's"
    assert hub.repos["me/faces"]["hyperface/__init__.py"] != b"old"
    assert "me/chat is another Space already" in refused("me/chat")
    assert hub.repos["me/chat"] == {"app.py": b"theirs", "README.md": b""}


def test_what_cannot_be_is_refused_in_one_sentence(hub, refused, tmp_path, monkeypatch):
    index = "https://example.org/cpu"
    assert "one of the two" in refused()
    assert "one of the two" in refused("me/faces", "--output", str(tmp_path / "new"))
    assert "owner/name" in refused("faces")
    assert "cannot use the shared GPU" in refused("me/faces", "--hardware", "zero-a10g", "--torch-index", index)
    for bad in ("http://example.org", "https://me:secret@example.org", "https://example.org\n-e ."):
        assert "begins with https://" in refused("me/faces", "--torch-index", bad)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    assert "is there already" in refused("--output", str(tmp_path / "full"))
    hub.refuses, hub.status = True, 402
    assert "--hardware zero-a10g" in refused("me/faces")
    hub.status = 403
    assert re.search("does not let you write to me/faces.*HF_TOKEN", refused("me/faces"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    assert "cannot be reached" in refused("me/faces")
    assert hub.repos == {}
    monkeypatch.setattr(space.hyperface, "__file__", str(tmp_path / "site-packages" / "hyperface" / "__init__.py"))
    assert "made of a checkout" in refused("me/faces")


def test_what_git_does_not_know_is_left_out(small):
    everything = {*space.FILES, "hyperface/__init__.py", "hyperface/ui/b.js", "assets/c.bin"}
    assert space.space_files(small).keys() == everything  # not under Git
    git = ["git", "-C", str(small)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "hyperface", "docs"], check=True)
    assert space.space_files(small).keys() == everything - {"assets/c.bin"}
