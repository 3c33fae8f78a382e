"""What a Hugging Face Space reads of this repository: the block on top of README.md, and requirements.txt."""

import re
from pathlib import Path

import gradio
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from hyperface.hub import RELEASED, HubName

yaml = pytest.importorskip("yaml", reason="PyYAML comes with huggingface_hub")

ROOT = Path(__file__).parents[1]
# docs/hub/spaces-zerogpu.md of huggingface/hub-docs, its list as of pull request 2763 (September 2026).
ZERO_GPU_TORCH = ("2.8.0", "2.9.1", "2.10.0", "2.11.0", "2.12.1", "2.13.0")
ZERO_GPU_PYTHON = ("3.10.13", "3.12.12")
LONGEST_DESCRIPTION = 60  # letters that the Hub takes


@pytest.fixture(scope="module")
def front() -> dict:
    return yaml.safe_load((ROOT / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def test_the_space_starts_what_is_here_with_the_framework_that_is_tested(front):
    assert front["sdk"] == "gradio"
    assert Version(front["sdk_version"]) == Version(gradio.__version__)
    assert (ROOT / front["app_file"]).is_file()
    assert 0 < len(front["short_description"]) <= LONGEST_DESCRIPTION
    assert re.fullmatch(r"\d+[mh]", front["startup_duration_timeout"])


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
