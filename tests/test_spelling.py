"""Identifiers are spelled the American way, as those of the libraries they stand beside; prose is free."""

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("hyperface", "tests", "scripts", "benchmarks", "examples")

BRITISH = re.compile(
    r"""
    (?:colour|favour|honour|behaviour|neighbour|labour|rumour|vapour|flavour|harbour).*
    | (?:en|un|re)?(?:centre[sd]?|centring)
    | (?:metre|litre|fibre|theatre|calibre)s?
    | grey.*
    | (?:un|mis|re)?(?:label|model|cancel|travel|level|channel|signal|marshal|fuel|dial)l(?:ed|ing|er|ers)
    | (?:cata|dia|ana)logues?
    | (?:de|of)fence | artefacts? | judgement | programme | (?:mis)?spelt | learnt | burnt
    | (?:para|ana)lys(?:e|ed|es|ing)
    | (?P<stem>[a-z]{3,})is(?:e|ed|es|er|ers|ing|able|ation|ations)
    """,
    re.VERBOSE,
)
# What precedes -ise in words that are no British -ize.
ISE = re.compile(
    "adv|appra|bru|chastr|compr|comprom|conc|cru|dem|deno|dev|disgu|enterpr|exerc|expert|franch|improv|merchand|para|"
    "parad|pra|prec|prem|prom|superv|surm|surpr|telev|torto|treat|turquo|.*w"
)
# `licence` is a key of cards in files, and the fields that hold it are named like it.


def british(identifier: str) -> list[str]:
    """The words in it, parted at capitals and all but letters, that an American would spell otherwise."""
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)]
    found = [(word, match["stem"] or "") for word in words if (match := BRITISH.fullmatch(word))]
    return [word for word, stem in found if not ISE.fullmatch(stem)]


def python_identifiers(text: str) -> set[str]:
    return {
        token.string for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.NAME
    }


def javascript_identifiers(text: str) -> set[str]:
    """Names in code: comments and quoted text are left out, what is computed inside of `templates` is not."""
    text = re.sub(r"/\*.*?\*/|(?<![:\\])//[^\n]*", "", text, flags=re.DOTALL)
    text = re.sub(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"", "''", text)
    templates = re.findall(r"`(?:\\.|[^`\\])*`", text)
    inside = " ".join(part for template in templates for part in re.findall(r"\$\{([^}]*)\}", template))
    return set(re.findall(r"[A-Za-z_$][\w$]*", re.sub(r"`(?:\\.|[^`\\])*`", "", text) + " " + inside))


def style_names(text: str) -> set[str]:
    """Classes, ids and properties of one's own in a style sheet; classes and ids in a page."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    quoted = " ".join(re.findall(r"\b(?:class|id)=\"([^\"]*)\"", text))
    return {*re.findall(r"(?:[.#]|--)([A-Za-z][\w-]*)", text), *quoted.split()}


READERS = {
    ".py": python_identifiers,
    ".js": javascript_identifiers,
    ".css": style_names,
    ".html": style_names,
}


def files() -> list[Path]:
    return [
        path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in READERS and "node_modules" not in path.parts
    ]


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("LabelledImages", ["labelled"]),
        ("test_the_recognisers_neighbour_is_centred", ["recognisers", "neighbour", "centred"]),
        ("--grey-normalised", ["grey", "normalised"]),
        ("RGBColour", ["colour"]),
        ("nearest_centers", []),
        ("pairwise_noise_of_precise_otherwise_raised_promise", []),
        ("analysis_basis_emphasis_realism_labels", []),
    ],
)
def test_british_words_are_told(identifier, words):
    assert british(identifier) == words


def test_identifiers_are_read_and_prose_is_not():
    assert "colour" not in python_identifiers('color = "colour"  # the colour')
    assert "colour" in python_identifiers("def paint(colour): ...")
    script = "// a colour\nconst shade = 'colour' + \"colour\" + `the colour ${scale(grey)} /* colour */`; /* colour */"
    assert javascript_identifiers(script) == {"const", "shade", "scale", "grey"}
    assert style_names('.grey-card { color: var(--tint); } /* .colour */ <p class="centre">') == {
        "grey-card",
        "tint",
        "centre",
    }


def test_identifiers_are_american():
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in files()
        for name in {path.stem, *READERS[path.suffix](path.read_text(encoding="utf-8"))}
        if british(name)
    }
    assert sorted(found) == []
    assert len(files()) > 200
