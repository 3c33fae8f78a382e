"""The renderer's version changes with what draws, however deep it lies, and with nothing else."""

import shutil
from pathlib import Path

import pytest

from hyperface import heads
from hyperface.heads import version


@pytest.fixture
def copy(monkeypatch, tmp_path):
    """A copy of the package, which the version is then of."""
    folder = tmp_path / "heads"
    shutil.copytree(Path(heads.__path__[0]), folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(version, "_FOLDER", folder)
    yield folder
    version.renderer_version.cache_clear()


def told() -> str:
    version.renderer_version.cache_clear()
    return version.renderer_version()


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_copy_is_the_same_renderer(copy):
    here = told()
    assert len(here) == 10
    shutil.move(copy, copy.parent / "elsewhere")
    assert told() != here  # nothing draws there


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("render.py", "0.0004", "0.0005"),
        ("light/lamps.py", "0.36, 0.37, 0.39", "0.36, 0.37, 0.38"),
        ("photo/darkroom.py", "side, dtype=np.float32", "side, dtype=np.float64"),
        ("numerics/compiled.py", "fastmath=True", "fastmath=False"),
    ],
)
def test_code_counts(copy, file, old, new):
    before = told()
    change(copy / file, old, new)
    assert told() != before


def test_a_module_that_draws_counts_by_being_imported(copy):
    before = told()
    (copy / "photo" / "blots.py").write_text("BLOTS = 3\n")
    assert told() == before
    change(copy / "photo" / "camera.py", "import math", "import math\nfrom hyperface.heads.photo import blots")
    with_blots = told()
    assert with_blots != before
    (copy / "photo" / "blots.py").write_text("BLOTS = 4\n")
    assert told() != with_blots


def test_comments_docstrings_layout_and_words_do_not_count(copy):
    before = told()
    for path in copy.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(
            "# A remark.\n" + text.replace('"""', '"""Moreover: ', 1) + "\n\n# The end.\n", encoding="utf-8"
        )
    change(copy / "render.py", "SMALLEST, LARGEST = 32, 1024", "(SMALLEST,\n LARGEST) = (32, 1_024)  # pixels")
    change(copy / "words.py", "import", "import os\nimport")
    assert told() == before


def test_another_head_model_is_another_renderer(monkeypatch, tmp_path):
    before = told()
    (tmp_path / "head.safetensors").write_bytes(b"other shapes")
    monkeypatch.setattr(version, "asset", lambda name: tmp_path / "head.safetensors")
    assert told() != before
    version.renderer_version.cache_clear()


def test_texts_count_where_something_is_done_with_them(tmp_path):
    path = tmp_path / "code.py"

    def meaning(text: str) -> str:
        path.write_text(text)
        return version.meaning(path)

    assert meaning('def f():\n    """Says."""\n    return "a"\n') == meaning('def f(): return "a" # more')
    assert meaning('a = "x"') != meaning('a = "y"')
    assert meaning("a = None") != meaning("a = 0") != meaning("a = False")
    assert meaning("a = []") != meaning("a = [[]]")
    assert meaning("def f(): 'only this'") == meaning("def f(): 'or that'")
