"""Where weights are: a file, a folder, the hub; and what they are called."""

from pathlib import Path

import pytest

from hyperface.errors import CheckpointError
from hyperface.generators import weights
from hyperface.generators.weights import place


class Stored:
    """A repository of the hub, as `hyperface.hub.Repository` shows it."""

    def __init__(self, name: str) -> None:
        self.repo, _, revision = name.removeprefix("hf:").partition("@")
        self.commit = f"commit-of-{revision or 'main'}"
        self.names = ("unet/model.bin", "arcface.onnx")

    def may_have(self, name: str) -> bool:
        return name in self.names

    def file(self, name: str) -> Path:
        return Path("/cache") / name


def test_a_folder_is_laid_out_as_the_repository(tmp_path):
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "model.bin").write_bytes(b"weights")
    (tmp_path / "arcface.onnx").write_bytes(b"recogniser")
    there = place(tmp_path)
    assert there.file("unet/model.safetensors", "unet/model.bin") == tmp_path / "unet" / "model.bin"
    assert there.find("vae/model.bin") is None
    name = there.name
    assert name.startswith(f"{tmp_path.name}#")
    assert there.recognizer("arcface.onnx").startswith("arcface#")
    assert there.recognizer("other.onnx") is None
    with pytest.raises(CheckpointError, match=r"has no vae/model\.bin or vae/model\.pt"):
        there.file("vae/model.bin", "vae/model.pt")
    (tmp_path / "unet" / "model.bin").write_bytes(b"others")
    again = place(tmp_path)
    again.file("unet/model.bin")
    assert again.name != name


def test_a_file_is_taken_whatever_it_is_called(tmp_path):
    path = tmp_path / "mine.pth"
    path.write_bytes(b"weights")
    there = place(path)
    assert there.file("weights/theirs.pth") == path
    assert there.name.startswith("mine#")
    assert there.recognizer("weights/beside.pth") is None
    (tmp_path / "beside.pth").write_bytes(b"recogniser")
    assert there.recognizer("weights/beside.pth").startswith("beside#")
    with pytest.raises(CheckpointError, match="no file or folder"):
        place(tmp_path / "nothing")


def test_on_the_hub_the_name_is_pinned(monkeypatch):
    monkeypatch.setattr(weights, "Repository", Stored)
    there = place("hf:a/b@v1")
    assert there.name == "hf:a/b@commit-of-v1"
    assert there.file("unet/model.safetensors", "unet/model.bin") == Path("/cache/unet/model.bin")
    assert there.find("vae/model.bin") is None
    assert there.recognizer("arcface.onnx") == "hf:a/b/arcface.onnx@commit-of-v1"
    assert there.recognizer("other.pth", "iresnet100") is None
    assert place("hf:a/b").recognizer("arcface.onnx", "iresnet100") == "iresnet100:hf:a/b/arcface.onnx@commit-of-main"
    one = place("hf:a/b/unet/model.bin")
    assert one.name == "hf:a/b/unet/model.bin@commit-of-main"
    assert one.file("anything.pth") == Path("/cache/unet/model.bin")
    assert "commit commit-of-main" in one.source
