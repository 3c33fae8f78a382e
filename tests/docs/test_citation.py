"""CITATION.cff says what the paper and the package say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import hyperface

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def citation():
    return yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_has_what_version_1_2_of_the_format_requires(citation):
    assert citation["cff-version"] == "1.2.0"
    for work in (citation, citation["preferred-citation"]):
        assert work["title"]
        for author in work["authors"]:
            assert set(author) in ({"family-names", "given-names"}, {"name"})
    assert citation["message"]
    assert citation["type"] == "software"
    assert citation["preferred-citation"]["type"] == "conference-paper"


def test_agrees_with_the_package_and_the_readme(citation):
    assert str(citation["version"]) == hyperface.__version__
    paper = citation["preferred-citation"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"title +=\s+\{(.+)\},", readme)[1] == paper["title"]
    assert f"year      = {{{paper['year']}}}" in readme
    assert [author["family-names"] for author in paper["authors"]] == ["Otroshi Shahreza", "Marcel"]


def test_the_versions_are_in_the_changes():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {hyperface.__version__}" in changes
