"""Which renderer this is: what was drawn by another one is not the same picture."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

from hyperface.assets import asset
from hyperface.heads.shape.model import FILE

_PACKAGE, _ENTRANCE = "hyperface.heads", "hyperface.heads.render"
_FOLDER = Path(__file__).parent


@cache
def renderer_version() -> str:
    """Ten letters that change with the code that draws heads, or with the head model.

    The code is that of `render` and of all that it imports of `hyperface.heads`. Comments and docstrings draw nothing.
    """
    digest = hashlib.sha256()
    for name, tree in sorted(_imported(_ENTRANCE).items()):
        digest.update(f"{name}\0{_told(tree)}\0".encode())
    digest.update(asset(FILE).read_bytes())
    return digest.hexdigest()[:10]


def meaning(path: Path) -> str:
    """What a file of Python tells the computer: the same for two that differ in comments, docstrings and layout.

    It is the syntax tree in words; unlike `ast.dump`, it is the same in every Python that the product runs on.
    """
    return _told(_parsed(path))


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imported(entrance: str) -> dict[str, ast.Module]:
    """The modules of the package that a module imports, directly or not, and itself."""
    found: dict[str, ast.Module] = {}
    waiting = [entrance]
    while waiting:
        name = waiting.pop()
        path = _path(name)
        if name in found or path is None:
            continue
        found[name] = _parsed(path)
        for node in ast.walk(found[name]):
            if isinstance(node, ast.ImportFrom):  # of a module its names, of a package perhaps its modules
                waiting += [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
    return found


def _path(name: str) -> Path | None:
    """The file of a module of the package; None if it is none."""
    if not f"{name}.".startswith(f"{_PACKAGE}."):
        return None
    place = _FOLDER.joinpath(*name.split(".")[2:])
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def _told(part: object) -> str:
    if isinstance(part, ast.AST):
        fields = [f"{name}={_told(value)}" for name, value in ast.iter_fields(part) if value not in (None, [])]
        return f"{type(part).__name__}({', '.join(fields)})"
    if isinstance(part, list):
        return f"[{', '.join(_told(item) for item in part if not _is_text(item))}]"
    return repr(part)


def _is_text(statement: object) -> bool:
    """Whether it is a docstring, or another text that nothing is done with."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
