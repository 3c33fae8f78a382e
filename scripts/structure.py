"""Print what the package is made of: for each folder its modules, lines, imports to other folders, and circles.

    python scripts/structure.py                    # this checkout
    python scripts/structure.py ../an-older-one    # another, such as `git worktree add ../an-older-one v1`

A circle is a group of siblings, modules or packages of one folder, that import each other in a ring; imports inside
functions and for type checking count.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import grimp

PACKAGE = "hyperface"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", nargs="?", type=Path, default=Path(__file__).resolve().parents[1])
    root = parser.parse_args().checkout.resolve()
    sys.path.insert(0, str(root))
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    print(f"{'folder':28}{'modules':>8}{'lines':>8}{'longest':>9}  imports from")
    total = 0
    for folder in [PACKAGE, *sorted(name for name in graph.find_children(PACKAGE) if is_folder(root, name))]:
        files = modules_of(root, folder)
        lines = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in files}
        total += sum(lines.values())
        others = sorted(name.removeprefix(f"{PACKAGE}.") for name in imported(graph, folder))
        told = "" if folder == PACKAGE else ", ".join(others)
        print(f"{folder:28}{len(files):8}{sum(lines.values()):8}{max(lines.values()):9}  {told}")
    print(f"{total:,} lines")
    found = list(circles(graph, PACKAGE))
    for parent, members in found:
        print(f"circle in {parent}: {' ↔ '.join(name.removeprefix(f'{parent}.') for name in members)}")
    print(f"{len(found)} circles")


def is_folder(root: Path, name: str) -> bool:
    return (root / Path(*name.split("."))).is_dir()


def modules_of(root: Path, folder: str) -> list[Path]:
    """Of the package itself only what lies in no folder of its own."""
    path = root / Path(*folder.split("."))
    return sorted(path.glob("*.py") if folder == PACKAGE else path.rglob("*.py"))


def imported(graph: grimp.ImportGraph, folder: str) -> set[str]:
    """The siblings that anything in the folder imports."""
    inside = {folder} | graph.find_descendants(folder)
    found = {target for module in inside for target in graph.find_modules_directly_imported_by(module)}
    return {".".join(target.split(".")[:2]) for target in found - inside if "." in target}


def circles(graph: grimp.ImportGraph, parent: str) -> Iterator[tuple[str, list[str]]]:
    """(package, the siblings in it that reach each other), of a package and all below it."""
    children = sorted(graph.find_children(parent))
    depth = parent.count(".") + 2
    edges: dict[str, set[str]] = defaultdict(set)
    for child in children:
        for module in {child} | graph.find_descendants(child):
            for target in graph.find_modules_directly_imported_by(module):
                sibling = ".".join(target.split(".")[:depth])
                if sibling != child and sibling in children:
                    edges[child].add(sibling)
    reach = {child: reached(edges, child) for child in children}
    seen: set[str] = set()
    for child in children:
        ring = sorted(other for other in reach[child] if child in reach[other])
        if ring and child not in seen:
            seen.update(ring)
            yield parent, ring
        yield from circles(graph, child)


def reached(edges: dict[str, set[str]], start: str) -> set[str]:
    """Whatever can be come to from `start`; itself only by a ring."""
    found: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += edges[name]
    return found


if __name__ == "__main__":
    main()
