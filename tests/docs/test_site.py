"""The documentation site: it builds without a warning, is whole, and loads nothing from elsewhere."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hyperface.cli import build_parser

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import docs_site
from docs_site import ROOT

MANY = 5  # parameters, from which on a docstring lists them


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    return folder


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(site):
    loads = re.compile(r"""<(?:script|img|iframe|source)[^>]+src="([^"]+)"|<link[^>]+href="([^"]+)"|url\(([^)]+)\)""")
    for page in [*site.rglob("*.html"), *site.rglob("stylesheets/*.css")]:
        for found in loads.findall(page.read_text(encoding="utf-8")):
            address = next(filter(None, found))
            assert not re.match(r"""["']?(https?:)?//""", address), f"{page.relative_to(site)} loads {address}"


@pytest.mark.slow
def test_every_option_is_in_the_reference(site):
    page = (site / "reference" / "command_line" / "index.html").read_text(encoding="utf-8")
    for name, verb in docs_site.verbs_of(build_parser()).items():
        assert f'id="{name}"' in page
        for action in verb._actions:
            for option in action.option_strings:
                assert option == "-h" or f"<code>{option}" in page or option == "--help", f"{name} {option}"


@pytest.mark.slow
@pytest.mark.parametrize("package", docs_site.PACKAGES)
def test_every_public_name_is_in_the_reference(site, package):
    page = (site / "reference" / package.rpartition(".")[2] / "index.html").read_text(encoding="utf-8")
    names = docs_site.public_names(package)
    assert names
    for name, home in names.items():
        assert f'id="{home}"' in page, f"{package}.{name}"


@pytest.mark.slow
def test_drawings_take_the_colors_of_the_page(site):
    page = (site / "explanation" / "architecture" / "index.html").read_text(encoding="utf-8")
    assert '<svg role="img" aria-label="Random faces and photos become embeddings' in page
    assert "architecture.svg" not in page


@pytest.mark.parametrize("package", docs_site.PACKAGES)
def test_functions_of_many_parameters_name_them_one_by_one(package):
    for name, home in docs_site.public_names(package).items():
        module, _, own_name = home.rpartition(".")
        path = ROOT / module.replace(".", "/")
        source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        for node in ast.parse(source.read_text(encoding="utf-8")).body:
            overloads = [*map(ast.unparse, getattr(node, "decorator_list", []))]
            if isinstance(node, ast.FunctionDef) and node.name == own_name and "overload" not in overloads:
                parameters = [argument.arg for argument in [*node.args.args, *node.args.kwonlyargs]]
                text = ast.get_docstring(node) or ""
                assert text, f"{package}.{name} has no docstring"
                if len(parameters) >= MANY:
                    for heading in ("Args:", "Returns:", "Raises:"):
                        assert f"\n{heading}\n" in text, f"{package}.{name} has no {heading}"
                    for parameter in parameters:
                        assert re.search(rf"^ +{parameter}: ", text, re.MULTILINE), f"{package}.{name}: {parameter}"


def test_links_of_files_from_elsewhere_are_turned():
    card = docs_site.included("assets/generators/README.md", "reference/model_card.md")
    assert "](../explanation/closed_loop.md)" in card
    assert "../../docs" not in card
