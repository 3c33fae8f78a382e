"""What the documentation tells people to type works, and prints what it says."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from hyperface.cli import build_parser

sys.path.insert(0, str(Path(__file__).parent))
from documentation import ROOT, Session, blocks, check_output, commands, pages, read, script_commands

TUTORIAL = "docs/tutorial.md"
OF_THEIR_OWN = {TUTORIAL, "CONTRIBUTING.md"}
WITH_PYTHON = [page for page in pages() if page not in OF_THEIR_OWN and any(block.runs for block in blocks(read(page)))]
TESTS = re.compile(r"python -m pytest( [^`\n]*tests/[^`\n]*)")
EXTRAS = re.compile(r'pip install (?:-e )?"[^"\[]*?(\w+|\.)\[([\w,]+)\]"')
OF_OUR_OWN = {"GRADIO_ANALYTICS_ENABLED"}  # set, not read
SCRIPTS = re.compile(r"\b(?:benchmarks|scripts)/\w+\.py\b")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def execute(page: str, folder: Path) -> None:
    session = Session(folder)
    for block in blocks(read(page)):
        if block.runs:
            printed = session.run(block)
            if block.expected is not None:
                check_output(block.expected, printed)


@pytest.mark.slow
def test_tutorial(tmp_path):
    execute(TUTORIAL, tmp_path)
    assert (tmp_path / "people.jpg").is_file()
    assert (tmp_path / "runs" / "evaluation" / "report.html").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_PYTHON)
def test_code_of_a_page(page, tmp_path):
    execute(page, tmp_path)


def test_the_pages_with_code_are_found():
    assert {"README.md", "docs/how-to/photos.md", "docs/explanation/architecture.md"} <= set(WITH_PYTHON)


@pytest.mark.parametrize("page", [page for page in pages() if any(commands(read(page)))])
def test_commands_of_a_page_are_understood(page, capsys):
    parser = build_parser()
    for words in commands(read(page)):
        try:
            parser.parse_args(words)
        except SystemExit:
            pytest.fail(f"hyperface {' '.join(words)}: {capsys.readouterr().err}")


def test_a_misspelled_command_would_be_seen(capsys):
    (words,) = script_commands("HYPERFACE_RUNS=x torchrun --nproc-per-node 8 -m -- hyperface pack \\\n --identites 3")
    assert words == ["pack", "--identites", "3"]
    with pytest.raises(SystemExit):
        build_parser().parse_args(words)
    assert "--identites" in capsys.readouterr().err


@pytest.mark.parametrize("page", pages())
def test_links_between_files_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", read(page), flags=re.DOTALL)
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:|#", target):
            continue
        path = ((ROOT / page).parent / target.partition("#")[0]).resolve()
        made = path.parent == ROOT / "docs" / "reference" and page.startswith("docs/")  # the site's test looks at those
        assert path.exists() or made, f"{page} links to {target}"


@pytest.mark.parametrize("page", [page for page in pages() if TESTS.search(read(page))])
def test_tests_that_a_page_names_are_there(page):
    for words in TESTS.findall(read(page)):
        for named in re.findall(r"tests/\S+", words):
            path, _, test = named.partition("::")
            assert (ROOT / path).exists(), f"{page} names {named}"
            if test:
                assert f"\ndef {test}(" in (ROOT / path).read_text(encoding="utf-8"), f"{page} names {named}"


@pytest.mark.parametrize("page", [page for page in pages() if EXTRAS.search(read(page))])
def test_extras_that_a_page_names_are_there(page):
    known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for place, names in EXTRAS.findall(read(page)):
        assert place in (".", "whl"), f"{page}: there is no {place} to install extras of"
        assert set(names.split(",")) <= set(known), f"{page} names {names}"


def test_every_setting_is_on_its_page():
    page = read("docs/how-to/settings.md")
    for path in (ROOT / "hyperface").rglob("*.py"):
        for name in re.findall(r"\b(?:HYPERFACE|GRADIO|HF|TORCH)_[A-Z_]+\b", path.read_text(encoding="utf-8")):
            assert f"`{name}" in page or name in OF_OUR_OWN, f"{path.name} reads {name}"


def test_every_module_is_on_the_page_about_the_architecture():
    page = read("docs/explanation/architecture.md")
    for path in (ROOT / "hyperface").iterdir():
        if not path.name.startswith(("_", "py.typed")):
            assert f"`{path.name}/`" in page or f"`{path.stem}`" in page, path.name


@pytest.mark.parametrize("page", [page for page in pages() if SCRIPTS.search(read(page))])
def test_scripts_that_a_page_names_are_there(page):
    for script in SCRIPTS.findall(read(page)):
        assert (ROOT / script).is_file(), f"{page} names {script}"


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("accuracy 0.900\n", "accuracy 0.930\n", True),
        ("accuracy 0.900\n", "accuracy 0.600\n", False),
        ("accuracy 0.900\n", "precision 0.900\n", False),
        ("one\ntwo\n", "one\n", False),
    ],
)
def test_outputs_are_compared(expected, printed, same):
    if same:
        check_output(expected, printed)
    else:
        with pytest.raises(AssertionError):
            check_output(expected, printed)
