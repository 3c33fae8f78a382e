"""What a Hugging Face Space reads of this repository: the block on top of README.md, and requirements.txt."""

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import gradio
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from hyperface.cli import main
from hyperface.hub import RELEASED, HubName

yaml = pytest.importorskip("yaml", reason="PyYAML comes with huggingface_hub")

ROOT = Path(__file__).parents[1]
# docs/hub/spaces-zerogpu.md of huggingface/hub-docs, its list as of pull request 2763 (September 2026).
ZERO_GPU_TORCH = ("2.8.0", "2.9.1", "2.10.0", "2.11.0", "2.12.1", "2.13.0")
ZERO_GPU_PYTHON = ("3.10.13", "3.12.12")
LONGEST_DESCRIPTION = 60  # letters that the Hub takes
# docs/hub/spaces-config-reference.md of huggingface/hub-docs at 242f4a1 (August 2026), what a Gradio Space may say.
KNOWN = """
title emoji colorFrom colorTo sdk python_version sdk_version suggested_hardware suggested_storage app_file base_path
fullWidth header short_description models datasets tags thumbnail pinned hf_oauth hf_oauth_scopes
hf_oauth_expiration_minutes hf_oauth_authorized_org disable_embedding startup_duration_timeout custom_headers
preload_from_hub license"""  # the last is of every repository's card
COLORS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
BUILD = "HYPERFACE_SPACE_ENVIRONMENT"  # 1: build it, with gigabytes to download; or an index with torch for CPUs


@pytest.fixture(scope="module")
def front() -> dict:
    return yaml.safe_load((ROOT / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def test_the_space_starts_what_is_here_with_the_framework_that_is_tested(front):
    assert front["sdk"] == "gradio"
    assert Version(front["sdk_version"]) == Version(gradio.__version__)
    assert (ROOT / front["app_file"]).is_file()
    assert 0 < len(front["short_description"]) <= LONGEST_DESCRIPTION
    assert re.fullmatch(r"\d+[mh]", front["startup_duration_timeout"])


def test_nothing_is_said_that_the_hub_does_not_know(front):
    assert front.keys() <= set(KNOWN.split())
    assert {front["colorFrom"], front["colorTo"]} <= COLORS
    assert not front["emoji"].isascii()
    assert all(isinstance(front[name], str) for name in ("python_version", "sdk_version", "startup_duration_timeout"))
    for line in front["preload_from_hub"]:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+( [\w./-]+(,[\w./-]+)*( [0-9a-f]{40})?)?", line)


def test_zero_gpu_lists_the_python_and_the_torch_of_the_space(front):
    assert front["python_version"] in ZERO_GPU_PYTHON
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    torch = next(one for one in map(Requirement, (line for line in lines if line[0] != "#")) if one.name == "torch")
    assert any(version in torch.specifier for version in ZERO_GPU_TORCH)


def test_what_is_loaded_beforehand_and_linked_is_what_the_code_takes(front):
    repositories = {each.repo for each in RELEASED.values()}
    assert set(front["models"]) <= repositories
    for line in front["preload_from_hub"]:
        repo, file = line.split()
        assert any((each.repo, each.file) == (repo, file) for each in RELEASED.values())
        assert HubName.parse(f"hf:{repo}").repo == repo


def python_312() -> str:
    """A Python 3.12 of this machine."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for found in filter(None, [shutil.which("python3.12"), *map(str, sorted(pyenv.glob("3.12*/bin/python3.12")))]):
        if subprocess.run([found, "-c", "import ssl, venv"], capture_output=True).returncode == 0:
            return found
    pytest.skip("there is no Python 3.12 on this machine")


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get(BUILD), reason=f"some gigabytes are downloaded and built with {BUILD}=1 alone")
def test_its_environment_is_built_as_the_hub_builds_it_and_starts(front, tmp_path):
    """Python 3.12; pre-requirements.txt first; then requirements.txt with the named Gradio (hub-docs,
    docs/hub/spaces-dependencies.md); then app_file, at the address where the Hub looks for it."""
    told = os.environ[BUILD]
    index = ["--torch-index", told] if told.startswith("https://") else []
    assert main(["space", "create", "--output", str(tmp_path / "space"), *index]) == 0
    space, python = tmp_path / "space", tmp_path / "environment" / "bin" / "python"
    subprocess.run([python_312(), "-m", "venv", tmp_path / "environment"], check=True)
    install = [python, "-m", "pip", "install", "-q"]
    if index:
        subprocess.run([*install, "-r", space / "pre-requirements.txt"], check=True)
    subprocess.run([*install, "-r", space / "requirements.txt", f"gradio=={front['sdk_version']}"], check=True)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HYPERFACE_", "PYTHONPATH"))}
    kept |= {"SPACE_ID": "me/faces", "GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": port}
    with subprocess.Popen([python, front["app_file"]], cwd=space, env=kept) as server:
        try:
            assert "HyperFace" in _page(f"http://127.0.0.1:{port}/", server)
        finally:
            server.terminate()


def _page(address: str, server: subprocess.Popen) -> str:
    """What is served there, as soon as something is; the test fails when the server ends before."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=10) as response:
                return response.read().decode()
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The app ended with status {server.returncode} before it served a page.")
