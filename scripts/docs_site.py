"""What MkDocs is told beyond mkdocs.yml: pages that are made from the code and from files outside docs/.

The reference is written each time the site is built, so that it cannot be out of date: the command line's from the
argument parser, a package's from the names in its `__all__`. The model card, CONTRIBUTING.md and CHANGELOG.md stay
where people look for them and appear on the site, too; drawings (.svg) are put into the page itself, where they take
the page's colours.
"""

from __future__ import annotations

import argparse
import ast
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface.cli import build_parser

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
INCLUDED = {  # file below the repository's root → page of the site
    "assets/generators/README.md": "reference/model_card.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
}
PACKAGES = tuple(
    f"hyperface.{name}"
    for name in (
        "gallery", "packing", "sphere", "bounds", "recognizers", "faces", "generators", "datasets", "training",
        "evaluation", "evaluation.rendered", "closed_loop", "realization", "projection", "studies", "runs", "errors",
        "steps",
    )
)  # fmt: skip
COMMAND_LINE = "reference/command_line.md"
LINK = re.compile(r"(!?)\[([^\]]+)\]\(([^)\s]+)\)")
DRAWING = re.compile(r'<img alt="([^"]*)" src="([^"]+\.svg)"\s*/?>')


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Add the pages that have no file below docs/."""
    from mkdocs.structure.files import File

    pages = {page: included(source, page) for source, page in INCLUDED.items()}
    pages |= {f"reference/{package.rpartition('.')[2]}.md": package_page(package) for package in PACKAGES}
    pages[COMMAND_LINE] = command_line()
    for page, content in pages.items():
        files.append(File.generated(config, page, content=content))
    return files


def on_page_content(html: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Put drawings into the page in place of links to them."""

    def inline(match: re.Match[str]) -> str:
        source = posixpath.normpath(posixpath.join(posixpath.dirname(page.url + "x"), match[2]))
        drawing = (Path(config.docs_dir) / source).read_text(encoding="utf-8")
        return drawing.replace("<svg ", f'<svg role="img" aria-label="{match[1]}" ', 1)

    return DRAWING.sub(inline, html)


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turn links to files outside docs/, which lead somewhere in the repository, to their pages on the site."""
    return relinked(markdown, f"docs/{page.file.src_uri}", page.file.src_uri) if page.file.abs_src_path else markdown


def included(source: str, page: str) -> str:
    """The text of a file of the repository as a page."""
    return relinked((ROOT / source).read_text(encoding="utf-8"), source, page)


def relinked(text: str, source: str, page: str) -> str:
    """The text of `source` with links that lead to the same places from a page; those to code become words."""

    def relink(match: re.Match[str]) -> str:
        picture, words, target = match.groups()
        if re.match(r"[a-z]+:|#", target):
            return match[0]
        path, mark, anchor = target.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if path not in INCLUDED and not path.startswith("docs/"):
            return words
        there = INCLUDED.get(path) or path.removeprefix("docs/")
        return f"{picture}[{words}]({posixpath.relpath(there, posixpath.dirname(page))}{mark}{anchor})"

    return LINK.sub(relink, text)


def package_page(package: str) -> str:
    """The page of a package, in mkdocstrings' words: functions first, then classes, then what is a constant."""
    order = sorted(public_names(package).items(), key=lambda item: (item[0].isupper(), item[0][0].isupper()))
    parts = [f"# {package}", f"::: {package}\n    options:\n      members: []"]
    for name, home in order:
        options = [f"heading: {name}", f"toc_label: {name}", "show_root_heading: true", "show_root_toc_entry: true"]
        parts.append("\n      ".join([f"::: {home}\n    options:", *options]))
    return "\n\n".join(parts) + "\n"


def public_names(package: str) -> dict[str, str]:
    """What a package offers: name → where it is defined. Read from the source, so that nothing heavy is imported.

    A package offers its `__all__`; a module without one, its classes and functions without an underscore.
    """
    path = ROOT / package.replace(".", "/")
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    body = ast.parse(source.read_text(encoding="utf-8")).body
    homes = {node.name: f"{package}.{node.name}" for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    public = [name for name in homes if not name.startswith("_")]
    for node in body:
        if isinstance(node, ast.ImportFrom):
            homes |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and target.id == "__all__":
                    assert node.value is not None
                    public = ast.literal_eval(node.value)
                elif isinstance(target, ast.Name):
                    homes[target.id] = f"{package}.{target.id}"
    return {name: homes[name] for name in public}


def command_line() -> str:
    """The page of all verbs and options, in Markdown."""
    parser = build_parser()
    verbs = verbs_of(parser)
    parts = [
        "# Command line",
        "`hyperface VERB …`, or `python -m hyperface VERB …` where the package is not installed. This page is made "
        "from what `--help` prints.",
        "| verb | what it does |\n|---|---|\n"
        + "\n".join(f"| [`{name}`](#{name}) | {helps[name]} |" for helps in [_helps(parser)] for name in verbs),
        "Exit status: 0 done, 2 an error whose message says what to do, 130 stopped with Ctrl-C (what was finished is "
        "kept).",
    ]
    for name, verb in verbs.items():
        parts += [f"## {name} {{ #{name} }}", _prose(verb.description or "")]
        parts += [f"```\n{_usage(name, verb)}\n```"]
        for group in verb._action_groups:
            actions = [action for action in group._group_actions if not isinstance(action, argparse._HelpAction)]
            if actions:
                title = group.title or ""
                parts.append(f"**{title[:1].upper()}{title[1:]}**")
                parts += [_option(verb, action) for action in actions]
    return "\n\n".join(parts) + "\n"


def verbs_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Verb → its own parser, in the order of `--help`. argparse has no public way to ask."""
    (action,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return dict(action.choices)


def _helps(parser: argparse.ArgumentParser) -> dict[str, str]:
    (action,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return {choice.dest: choice.help or "" for choice in action._choices_actions}


def _usage(name: str, verb: argparse.ArgumentParser) -> str:
    """One line: the positional and the required arguments; the options are listed below it."""
    words = [
        action.metavar if not action.option_strings else f"{action.option_strings[0]} {action.metavar}"
        for action in verb._actions
        if action.required
    ]
    return " ".join(["hyperface", name, *map(str, words), "[options]"])


def _option(verb: argparse.ArgumentParser, action: argparse.Action) -> str:
    """A term and its meaning."""
    value = "" if action.nargs == 0 else action.metavar or action.dest.upper()
    if action.choices and not action.metavar:
        value = "|".join(map(str, action.choices))
    names = action.option_strings or [str(value)]
    term = ", ".join(
        f"`{name}`" for name in [*names[:-1], f"{names[-1]} {value}".strip() if action.option_strings else names[-1]]
    )
    meaning = verb._get_formatter()._expand_help(action) if action.help else ""
    return f"{term}\n:   {_escaped(meaning[:1].upper() + meaning[1:])}"


def _prose(description: str) -> str:
    """A module's docstring as Markdown: its words stay, angle brackets are no tags."""
    return _escaped(description.strip())


def _escaped(text: str) -> str:
    """Angle brackets outside of code spans as they are read."""
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in re.split(r"(`[^`]*`)", text))
